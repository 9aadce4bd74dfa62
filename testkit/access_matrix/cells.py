"""The access matrix: one cell for every role, port, column, row and engine, and how two matrices differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

ENGINES = ("Athena", "Redshift", "vended credentials")


class Cell(NamedTuple):
    """Whether `role` (a domain) sees one value of a port: `row` is the number of a probe row."""

    role: str
    port: str
    column: str
    row: int
    engine: str


class Matrix(NamedTuple):
    """All cells there are, and those that can be seen."""

    cells: frozenset[Cell]
    seen: frozenset[Cell]

    @property
    def denied(self) -> int:
        """How many cells cannot be seen."""
        return len(self.cells) - len(self.seen)


def differences(expected: Matrix, observed: Matrix) -> list[str]:
    """What is seen and should not be, and what should be seen and is not, one line a role, port, column and engine."""
    lines = []
    for sign, cells in (
        ("seen, but not promised", observed.seen - expected.seen),
        ("promised, but not seen", expected.seen - observed.seen),
    ):
        by_column: dict[tuple[str, str, str, str], list[int]] = {}
        for cell in cells:
            by_column.setdefault((cell.role, cell.port, cell.column, cell.engine), []).append(cell.row)
        lines += [
            f"{role} on {port}.{column} in {engine}: {sign} (rows {_listed(rows)})"
            for (role, port, column, engine), rows in sorted(by_column.items())
        ]
    return lines


def _listed(rows: Iterable[int]) -> str:
    return ", ".join(str(row) for row in sorted(rows))
