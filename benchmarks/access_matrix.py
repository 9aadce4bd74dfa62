"""The figure: how many cells of the access matrix were asked for, denials included, and how many differ."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from testkit.access_matrix.cells import ENGINES, Cell, Matrix, differences
from testkit.access_matrix.generated_roles import EXPIRY, write_mesh
from testkit.access_matrix.worker import world_of

ROOT = Path(__file__).resolve().parents[1]
_SHOWN_DIFFERENCES = 20


def measure(console: Console) -> bool:
    """Print the access matrix of this repository and of a mesh with roles of every kind; whether every cell is equal."""
    started = time.monotonic()
    table = Table("mesh", "engine", "cells", "seen", "denied", "differ", title="access matrix")
    wrong: list[str] = []
    total = 0
    with tempfile.TemporaryDirectory(prefix="interline-access-matrix-") as folder:
        generated = Path(folder) / "generated"
        write_mesh(generated)
        for name, root, day in (
            ("repository", ROOT, datetime.now(UTC).date()),
            ("every kind of role", generated, date.fromisoformat(EXPIRY)),
        ):
            with world_of(root, Path(folder) / name.replace(" ", "-")) as worker:
                expected, observed = worker.matrices(day)
            for engine in ENGINES:
                promised, found = _of(engine, expected), _of(engine, observed)
                counts = (
                    len(found.cells), len(found.seen), found.denied, len(promised.seen ^ found.seen),
                )  # fmt: skip
                table.add_row(name, engine, *(f"{count:,}" for count in counts))
            total += len(observed.cells)
            wrong += differences(expected, observed)
    console.print(table)
    console.print(
        f"{total:,} cells expected from the contracts and observed by queries in {time.monotonic() - started:.0f} s: "
        + ("[green]all equal[/]" if not wrong else f"[bold red]{len(wrong)} differences[/]")
    )
    for line in wrong[:_SHOWN_DIFFERENCES]:
        console.print(escape(f"  {line}"))
    return not wrong


def _of(engine: str, matrix: Matrix) -> Matrix:
    def mine(cells: frozenset[Cell]) -> frozenset[Cell]:
        return frozenset(cell for cell in cells if cell.engine == engine)

    return Matrix(mine(matrix.cells), mine(matrix.seen))
