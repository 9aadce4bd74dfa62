"""The access matrix: what the contracts promise is what every role sees, cell by cell, and changes exactly where they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from testkit.access_matrix.cells import ENGINES, Cell, Matrix, differences
from testkit.access_matrix.generated_roles import COLUMNS, DOMAINS, EXPIRY, write_mesh
from testkit.access_matrix.probes import ROWS
from testkit.access_matrix.worker import Worker, world_of

REPOSITORY = Path(__file__).resolve().parents[3]
DAY = date.fromisoformat(EXPIRY)
PORTS = 2
NAMES = [name for name, *_ in COLUMNS]
QUERIES, VENDED = ENGINES[:2], ENGINES[2]


class Mesh:
    """A mesh with roles of every kind, whose contracts a test changes."""

    def __init__(self, root: Path, worker: Worker) -> None:
        self.root = root
        self._worker = worker
        self.first = self.seen(DAY)

    def seen(self, today: date) -> frozenset[Cell]:
        """The cells that are seen on a day: they are those that the contracts promise."""
        expected, observed = self._worker.matrices(today)
        assert expected.cells == observed.cells
        assert differences(expected, observed) == []
        return observed.seen

    def changed(self, port: str, change: Callable[[dict[str, Any]], None]) -> tuple[set[Cell], set[Cell]]:
        """The cells that were lost and won by a change of a contract; the change is undone."""
        path = self.root / "domains" / port.replace(".", "/") / "contract.yaml"
        before = path.read_text()
        contract = yaml.safe_load(before)
        change(contract)
        path.write_text(yaml.safe_dump(contract, sort_keys=False))
        try:
            after = self.seen(DAY)
        finally:
            path.write_text(before)
        return set(self.first - after), set(after - self.first)


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    root = tmp_path_factory.mktemp("roles")
    write_mesh(root, PORTS)
    with world_of(root, tmp_path_factory.mktemp("access-matrix")) as worker:
        yield Mesh(root, worker)


def cells(
    role: str, port: str, columns: list[str], rows: Any = range(ROWS), engines: Any = ENGINES
) -> set[Cell]:
    return {Cell(role, port, column, row, engine) for column in columns for row in rows for engine in engines}


def role_of(contract: dict[str, Any], reader: str) -> dict[str, Any]:
    return next(role for role in contract["roles"] if role["role"] == reader)


def column_of(contract: dict[str, Any], name: str) -> dict[str, Any]:
    return next(column for column in contract["schema"][0]["properties"] if column["name"] == name)


def test_every_cell_of_a_mesh_with_roles_of_every_kind(mesh):
    total = len(DOMAINS) * len(DOMAINS) * PORTS * len(COLUMNS) * ROWS * len(ENGINES)
    assert 0 < len(mesh.first) < total == 4608
    # each kind of role is there: some rows, some columns, everything, nothing
    rows = {cell.row for cell in mesh.first if cell[:3] == ("west", "south.port1", "id")}
    assert 0 < len(rows) < ROWS
    assert cells("east", "south.port1", NAMES) <= mesh.first
    assert not cells("north", "east.port0", NAMES) & mesh.first
    assert cells("west", "east.port0", ["id"], engines=QUERIES) <= mesh.first
    assert not cells("west", "east.port0", NAMES, engines=[VENDED]) & mesh.first


def test_every_cell_of_this_repository(tmp_path):
    with world_of(REPOSITORY, tmp_path) as worker:
        expected, observed = worker.matrices(DAY)
    assert differences(expected, observed) == []
    assert len(observed.cells) > 4000
    assert observed.denied > 1000
    assert observed.seen


def test_a_revoked_role_loses_its_port_and_nothing_else_changes(mesh):
    lost, won = mesh.changed("south.port1", lambda contract: contract["roles"].pop(0))
    assert won == set()
    assert lost == cells("east", "south.port1", NAMES)


def test_a_role_is_gone_the_day_after_its_last(mesh):
    after = mesh.seen(DAY + timedelta(days=1))
    expiring = set()
    for path in mesh.root.glob("domains/*/*/contract.yaml"):
        contract = yaml.safe_load(path.read_text())
        for role in contract["roles"]:
            if any(each["property"] == "expires" for each in role["customProperties"]):
                expiring.add((role["role"], contract["id"]))
    assert len(expiring) == 4
    assert after - mesh.first == set()
    assert {(cell.role, cell.port) for cell in mesh.first - after} == expiring
    assert not [cell for cell in after if (cell.role, cell.port) in expiring]


def test_a_column_made_confidential_is_lost_to_lower_clearances(mesh):
    def change(contract: dict[str, Any]) -> None:
        column_of(contract, "departs")["classification"] = "confidential"

    lost, won = mesh.changed("east.port1", change)
    assert won == set()
    # of its readers north and south have clearance for what is public, west for what is internal
    assert lost == cells("west", "east.port1", ["departs"], engines=QUERIES)


def test_a_column_made_public_is_won_by_readers_by_clearance(mesh):
    def change(contract: dict[str, Any]) -> None:
        column_of(contract, "email")["classification"] = "public"

    lost, won = mesh.changed("east.port1", change)
    assert lost == set()
    rows = {cell.row for cell in mesh.first if cell[:3] == ("north", "east.port1", "id")}
    assert 0 < len(rows) < ROWS
    assert won == cells("west", "east.port1", ["email"], engines=QUERIES) | cells(
        "north", "east.port1", ["email"], rows, engines=QUERIES
    )


def test_a_dropped_column_is_lost_to_everybody_but_its_owner(mesh):
    def change(contract: dict[str, Any]) -> None:
        properties = contract["schema"][0]["properties"]
        properties.remove(column_of(contract, "departs"))
        for each in role_of(contract, "north")["customProperties"]:
            if each["property"] == "columns":
                each["value"].remove("departs")

    rows = {cell.row for cell in mesh.first if cell[:3] == ("west", "south.port1", "departs")}
    lost, won = mesh.changed("south.port1", change)
    assert won == set()
    assert lost == (
        cells("east", "south.port1", ["departs"], engines=QUERIES)
        # a table that cannot be read whole any more has no credentials
        | cells("east", "south.port1", NAMES, engines=[VENDED])
        | cells("north", "south.port1", ["departs"], engines=QUERIES)
        | cells("west", "south.port1", ["departs"], rows, engines=QUERIES)
    )


def test_a_row_condition_that_changes_moves_its_rows_alone(mesh):
    def change(contract: dict[str, Any]) -> None:
        for each in role_of(contract, "west")["customProperties"]:
            if each["property"] == "rows":
                each["value"] = "market IS NULL"

    before = {cell.row for cell in mesh.first if cell[:3] == ("west", "south.port1", "id")}
    lost, won = mesh.changed("south.port1", change)
    assert {(cell.role, cell.port, cell.row) for cell in lost} == {
        ("west", "south.port1", row) for row in before
    }
    assert won == cells("west", "south.port1", NAMES, [ROWS - 1], QUERIES)


def test_a_difference_names_role_port_column_rows_and_engine():
    right = Matrix(frozenset(cells("a", "b.c", ["d"])), frozenset(cells("a", "b.c", ["d"], [1])))
    wrong = Matrix(right.cells, frozenset(cells("a", "b.c", ["d"], [2], ["Athena"])))
    assert differences(right, wrong) == [
        "a on b.c.d in Athena: seen, but not promised (rows 2)",
        "a on b.c.d in Athena: promised, but not seen (rows 1)",
        "a on b.c.d in Redshift: promised, but not seen (rows 1)",
        "a on b.c.d in vended credentials: promised, but not seen (rows 1)",
    ]
