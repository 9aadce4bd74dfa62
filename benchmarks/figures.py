"""A measured figure beside its peer, and whether the promise about it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table


class BenchmarkError(Exception):
    """What was to be measured did not work."""


@dataclass(frozen=True)
class Promise:
    """A figure that must not be exceeded."""

    subject: str
    measured: float
    limit: float
    unit: str

    @property
    def fulfilled(self) -> bool:
        return self.measured <= self.limit

    def __str__(self) -> str:
        verdict = "kept" if self.fulfilled else "BROKEN"
        return f"{verdict}: {self.subject} {self.measured:.2f}{self.unit}, promised at most {self.limit:g}{self.unit}"


def show(
    console: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], note: str = ""
) -> None:
    """Print a table; the first column is text, the others are numbers."""
    table = Table(
        title=title, caption=note or None, box=SIMPLE_HEAD, title_justify="left", caption_justify="left"
    )
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if position else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def verdicts(console: Console, promises: Iterable[Promise]) -> bool:
    """Print whether each promise is kept; returns whether all are."""
    promises = list(promises)
    for promise in promises:
        console.print(f"  [{'green' if promise.fulfilled else 'bold red'}]{promise}[/]", highlight=False)
    return all(promise.fulfilled for promise in promises)
