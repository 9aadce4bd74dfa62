"""The rules of a contract, each with its name, its reason and its place in the file.

A *row rule* is a test (``row_tests``) that each row keeps or breaks; rows that break one go to quarantine with the reason.
A *batch rule* compares one number about the whole batch, its *measure*; a batch that breaks one is not published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from interline.contracts.model.row_tests import Constant, Direction, RowTest
from interline.contracts.model.yaml_path import YamlPath


@dataclass(frozen=True)
class RowRule:
    """A demand on every row. ``name`` is unique in the contract; ``column`` is None for several columns."""

    name: str
    column: str | None
    test: RowTest
    reason: str
    """What people read about a row that breaks the rule; begins with the column's name."""
    place: YamlPath = ()
    """Where in the contract it stands."""


@dataclass(frozen=True)
class RowCount:
    """How many rows the batch has."""


@dataclass(frozen=True)
class Breaking:
    """How many rows break a test that the contract tolerates up to a limit."""

    column: str
    test: RowTest


@dataclass(frozen=True)
class Duplicates:
    """How many rows are too many for these columns to be unique; rows with a null in one do not count."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """One number by a Redshift query of the contract; ``${object}`` in it stands for the batch."""

    sql: str


@dataclass(frozen=True)
class HoursOld:
    """Hours from the newest value of a column to the end of the data day; null in an empty batch."""

    column: str


Measure: TypeAlias = "RowCount | Breaking | Duplicates | Query | HoursOld"


@dataclass(frozen=True)
class Limit:
    """How a measured number is compared: ``operator`` is one of =, <>, <, <=, >, >=, between, not between.

    Both bounds are outside of ``between``: ODCS v3.2.0, "Valid properties for operator", says that ``mustBeBetween`` is
    ``mustBeGreaterThan`` and ``mustBeLessThan``. SQL's own BETWEEN has them inside, so it is never used for a limit.
    """

    operator: str
    low: Constant
    high: Constant | None = None

    def holds(self, value: float | int) -> bool:
        """Say whether the number keeps the limit."""
        low = float(self.low)
        high = float(self.high) if self.high is not None else low
        verdicts = {
            "=": value == low,
            "<>": value != low,
            "<": value < low,
            "<=": value <= low,
            ">": value > low,
            ">=": value >= low,
            "between": low < value < high,
            "not between": not low < value < high,
        }
        return verdicts[self.operator]

    def moved_to(self, new: Limit) -> Direction:
        """Say how the demand moved when this limit was replaced.

        Limits change their answer only at their bounds, so numbers at, between and around all bounds tell everything.
        """
        both = (self.low, self.high, new.low, new.high)
        bounds = sorted({float(bound) for bound in both if bound is not None})
        between = [(low + high) / 2 for low, high in pairwise(bounds)]
        return _accepting(self.holds, new.holds, [bounds[0] - 1, *bounds, *between, bounds[-1] + 1])

    def __str__(self) -> str:
        if self.high is not None:
            return f"{self.operator} {self.low} and {self.high}"
        return f"{self.operator} {self.low}"


@dataclass(frozen=True)
class BatchRule:
    """A demand on the batch. With ``percent`` the number is a share of the rows, times 100."""

    name: str
    measure: Measure
    limit: Limit
    description: str
    percent: bool = False
    fails: bool = True
    """False: a breach is reported as a warning and the batch goes on."""
    place: YamlPath = ()
    """Where in the contract it stands."""


def _accepting(
    old: Callable[[float], bool], new: Callable[[float], bool], numbers: Iterable[float]
) -> Direction:
    answers = [(old(number), new(number)) for number in numbers]
    looser = any(after and not before for before, after in answers)
    tighter = any(before and not after for before, after in answers)
    if looser and tighter:
        return "changed"
    if looser:
        return "loosened"
    return "tightened" if tighter else "same"
