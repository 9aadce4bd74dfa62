"""A person adds a product with one command and four files, and no other file is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.mesh.home import Home
from tests.mesh.conftest import Mesh
from tests.mesh.copies import copy_repository, files_of, interline


@pytest.fixture
def copied(tmp_path: Path, own_home: Home) -> Iterator[Mesh]:
    root = tmp_path / "repository"
    copy_repository(root)
    mesh = Mesh(own_home, root)
    try:
        yield mesh
    finally:
        mesh.end()


def test_ancillaries(copied: Mesh) -> None:
    root = copied.root
    before = files_of(root)
    made = interline(root, "new", "product", "bookings.ancillaries", "--reads", "bookings.reservations")
    assert made.returncode == 0, made.stderr
    new = set(files_of(root)) - set(before)
    assert new == {
        "domains/bookings/ancillaries/product.yaml", "domains/bookings/ancillaries/contract.yaml",
        "dags/bookings/ancillaries.py", "dbt/models/bookings/ancillaries.sql",
    }  # fmt: skip
    left = interline(root, "check")
    assert left.returncode == 1
    assert "is still to be filled in" in left.stdout
    for name in new:
        path = root / name
        path.write_text(
            path.read_text()
            .replace("FILL IN:", "Ancillaries:")
            .replace("where true", "where i.passengers > 1")
        )
    filled = interline(root, "check")
    assert filled.returncode == 0, filled.stdout
    run = copied.interline("run", "--days", "1", "--scale", "0.1", "--domain", "bookings")
    assert run.code == 0, run.output
    counted = copied.session("bookings").athena(
        "SELECT count(*) FROM reservations WHERE passengers > 1", "bookings_curated"
    )
    assert int(run.table["bookings.ancillaries"].rows.replace(",", "")) == int(counted[0][0] or 0) > 0
    assert {name: content for name, content in files_of(root).items() if name not in new} == before
