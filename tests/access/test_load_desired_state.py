"""The contracts read for an apply: one broken file takes nobody's access away."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from interline.access import ObservedState, as_text, difference
from interline.access.desired_state import load_desired_state, load_desired_state_of_port
from interline.access.state import Table
from interline.contracts import MeshError

REPOSITORY = Path(__file__).resolve().parents[2]
TODAY = date(2027, 1, 31)
RESERVATIONS = Table("222222222222", "bookings_curated", "reservations")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the repository's promises."""
    shutil.copytree(
        REPOSITORY / "domains", tmp_path / "domains", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


def as_it_is(root: Path) -> ObservedState:
    """What AWS says while it agrees with the contracts."""
    said = load_desired_state(root, TODAY)
    tables = {table: frozenset(name for name in tags if name) for table, tags in said.tags.items()}
    parts = ("grants", "filters", "tags", "tag_values", "links", "link_readers")
    return ObservedState(**{name: getattr(said, name) for name in parts}, tables=tables)


def test_every_domain_but_the_platform_has_an_account_to_agree(root: Path) -> None:
    names = [domain.name for domain in load_desired_state(root, TODAY).domains]
    assert "platform" not in names
    assert {"bookings", "shopping", "loyalty"} <= set(names)


@pytest.mark.parametrize("content", ["roles: [", "apiVersion: v3.2.0\n", ""])
def test_a_contract_that_cannot_be_read_leaves_its_port_alone(root: Path, content: str) -> None:
    before = as_it_is(root)
    (root / "domains/bookings/reservations/contract.yaml").write_text(content, encoding="utf-8")
    said = load_desired_state(root, TODAY)
    assert "contract.yaml" in said.left_alone[RESERVATIONS]
    plan = difference(before, said)
    assert not plan
    assert "Left alone: bookings.reservations" in as_text(plan)


def test_an_unreadable_domain_is_not_looked_at_and_loses_nothing(root: Path) -> None:
    before = as_it_is(root)
    (root / "domains/loyalty/domain.yaml").write_text("name: [", encoding="utf-8")
    found = load_desired_state(root, TODAY)
    assert "loyalty" not in [domain.name for domain in found.domains]
    loyalty = "arn:aws:iam::444444444444:role/interline-loyalty"
    changes = difference(before, found).changes
    assert not [change for change in changes if getattr(change, "principal", "") == loyalty]


def test_a_port_needs_only_the_domains_that_its_contract_names(root: Path) -> None:
    shutil.rmtree(root / "domains/shopping/searches")
    (root / "domains/loyalty/members/contract.yaml").write_text("roles: [", encoding="utf-8")
    said = load_desired_state_of_port(root, "bookings.reservations", TODAY)
    assert {table for table, _ in said.grants} == {RESERVATIONS}
    assert len(said.grants) == 2


def test_a_role_of_no_domain_stops_the_grant_of_its_port(root: Path) -> None:
    path = root / "domains/bookings/reservations/contract.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("role: shopping", "role: shoping"), encoding="utf-8"
    )
    with pytest.raises(MeshError, match="shoping"):
        load_desired_state_of_port(root, "bookings.reservations", TODAY)
