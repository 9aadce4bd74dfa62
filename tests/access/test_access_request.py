"""Asking for access: two files get lines, everything else in them stays as it was, and what makes no sense is refused."""

from __future__ import annotations

import difflib
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from interline.contracts import MeshError, load_mesh, load_product
from interline.contracts.yaml.editor import CannotEdit, YamlText
from interline.scaffold.access_request import AccessRequest, FileEdits, InvalidRequest, edits_for

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the repository's promises."""
    shutil.copytree(
        REPOSITORY / "domains", tmp_path / "domains", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


def written(root: Path, request: AccessRequest) -> FileEdits:
    made = edits_for(root, request)
    for path, text in made.texts.items():
        path.write_text(text, encoding="utf-8")
    return made


def changed(path: Path, text: str) -> tuple[list[str], list[str]]:
    """The lines that go and those that come."""
    lines = list(difflib.ndiff(path.read_text(encoding="utf-8").splitlines(), text.splitlines()))
    return [line[2:] for line in lines if line[:1] == "-"], [line[2:] for line in lines if line[:1] == "+"]


def test_a_new_role_and_input_port(root: Path) -> None:
    request = AccessRequest(
        "loyalty.members",
        "bookings",
        "which airports: our members' own",
        "revenue",
        columns=("member_id", "home_airport"),
        rows="home_airport = 'JFK'",
        expires=date(2027, 1, 31),
    )
    contract = root / "domains/loyalty/members/contract.yaml"
    gone, come = changed(contract, edits_for(root, request).texts[contract])
    assert gone == ["version: 1.0.0"]
    assert "version: 1.0.1" in come
    assert len(come) > 10
    written(root, request)
    (role,) = load_product(root, "loyalty.members").contract.roles
    assert (role.domain, role.columns, role.rows) == ("bookings", request.columns, request.rows)
    assert (role.clearance, role.expires, role.purpose) == ("confidential", request.expires, request.purpose)
    mesh = load_mesh(root)
    assert "loyalty.members" in mesh.products["bookings.revenue"].inputs
    assert mesh.products["bookings.revenue"].inputs_by_source["loyalty", "members"] == "loyalty.members"


def test_columns_are_added_to_a_role_that_is_there(root: Path) -> None:
    before = load_product(root, "bookings.reservations").contract.roles[0]
    made = written(
        root,
        AccessRequest("bookings.reservations", "shopping", "prices", "route_demand", ("amount", "origin")),
    )
    assert list(made.texts) == [root / "domains/bookings/reservations/contract.yaml"]
    role = load_product(root, "bookings.reservations").contract.roles[0]
    assert before.columns is not None
    assert role.columns == (*before.columns, "amount")
    assert role.clearance == "confidential"


def test_a_clearance_that_is_raised_says_all_that_it_lets_in(root: Path) -> None:
    members = root / "domains/loyalty/members/contract.yaml"
    text = members.read_text(encoding="utf-8")
    role = "roles:\n  - role: bookings\n    access: read\n    description: All that is internal.\n"
    members.write_text(text.replace("\nslaProperties:\n", f"\n{role}slaProperties:\n"), encoding="utf-8")
    contract = load_product(root, "loyalty.members").contract
    before = contract.readable_by(contract.roles[0])
    made = written(root, AccessRequest("loyalty.members", "bookings", "why", "revenue", ("member_id",)))
    contract = load_product(root, "loyalty.members").contract
    come = [name for name in contract.readable_by(contract.roles[0]) if name not in before]
    assert len(come) > 1
    assert f"bookings asks to read also of loyalty.members: {', '.join(come)}" in made.notes


@pytest.mark.parametrize("written", ["roles: []", "roles:", "roles: [ ]"])
def test_a_comment_beside_an_empty_list_stays(written: str) -> None:
    text = YamlText(f"a: 1\n{written}  # nobody yet; ask Ann\nb: 2\n")
    text.append(("roles",), {"role": "shopping"})
    assert text.text == "a: 1\nroles:  # nobody yet; ask Ann\n  - role: shopping\nb: 2\n"


def test_asking_again_changes_nothing(root: Path) -> None:
    request = AccessRequest("bookings.revenue", "shopping", "prices", "route_demand")
    assert len(written(root, request).texts) == 2
    assert edits_for(root, request).texts == {}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"consumer": "bookings"}, "bookings owns bookings.revenue"),
        ({"product": None}, "which product of shopping will read it"),
        ({"product": "route_demnd"}, "did you mean 'route_demand'"),
        ({"columns": ("orign",)}, "did you mean 'origin'"),
        ({"columns": ("net_amount",), "clearance": "internal"}, "net_amount is confidential, above"),
        ({"rows": "origin like lower('x')"}, "the condition"),
        ({"rows": "origin = 'x'; drop table y"}, "the condition"),
    ],
)
def test_what_makes_no_sense_is_refused(root: Path, fields: dict[str, Any], said: str) -> None:
    usual = {"port": "bookings.revenue", "consumer": "shopping", "purpose": "x", "product": "route_demand"}
    with pytest.raises(InvalidRequest, match=said):
        edits_for(root, AccessRequest(**{**usual, **fields}))


@pytest.mark.parametrize(
    ("port", "consumer", "message"),
    [
        ("bookings.nothing", "shopping", "there is no product 'bookings.nothing'"),
        ("../etc", "shopping", "'../etc' is no address"),
        ("bookings.revenue", "../shopping", "there is no domain '../shopping'"),
    ],
)
def test_what_is_not_there_is_reported(root: Path, port: str, consumer: str, message: str) -> None:
    with pytest.raises(MeshError, match=message):
        edits_for(root, AccessRequest(port, consumer, "x", "route_demand"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\n# of b\nb:\n- x: 1\n\n# the end\n", "a: 1\n# of b\nb:\n- x: 1\n- x: 2\n\n# the end\n"),
        ("b:\n    -   x: 1 # one\nc: 3\n", "b:\n    -   x: 1 # one\n    - x: 2\nc: 3\n"),
        ("b:\n  - x: |\n      text\n\nc: 3", "b:\n  - x: |\n      text\n  - x: 2\n\nc: 3\n"),
        ("a: 1\nb: []\nc: 3\n", "a: 1\nb:\n  - x: 2\nc: 3\n"),
        ("a: 1\nb:\nc: 3\n", "a: 1\nb:\n  - x: 2\nc: 3\n"),
        ("a: 1\n# of c\nc: 3\n", "a: 1\nb:\n  - x: 2\n# of c\nc: 3\n"),
        ("a: 1\n", "a: 1\nb:\n  - x: 2\n"),
    ],
)
def test_an_item_is_added_and_all_else_stays(text: str, expected: str) -> None:
    edited = YamlText(text)
    edited.append(("b",), {"x": 2}, before="c")
    assert edited.text == expected


def test_a_list_in_brackets_is_left_to_people() -> None:
    with pytest.raises(CannotEdit, match="line 2: the list is written in brackets"):
        YamlText("a: 1\nb: [{x: 1}]\n").append(("b",), {"x": 2})


@pytest.mark.parametrize(
    ("text", "expected"), [('v: "1"  # so\n', 'v: "2"  # so\n'), ("v: 1 # so\n", "v: '2' # so\n")]
)
def test_a_value_is_replaced_with_its_quotes(text: str, expected: str) -> None:
    edited = YamlText(text)
    edited.replace(("v",), "2")
    assert edited.text == expected
