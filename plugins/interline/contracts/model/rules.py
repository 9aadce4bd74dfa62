"""What a contract demands of a batch, apart from any language that could test it.

A *row rule* holds or fails for each row; rows that fail go to quarantine with the reason. A *batch rule*
compares one number about the whole batch; a batch that breaks one is not published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from interline.contracts.model.location import Place

Literal: TypeAlias = "str | int | float | bool"


@dataclass(frozen=True)
class Present:
    """The column is not null."""


@dataclass(frozen=True)
class NotBlank:
    """The column is neither null nor one of the spellings of nothing."""

    spellings: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class AtLeast:
    """The column is not below a bound."""

    bound: Literal
    exclusive: bool = False


@dataclass(frozen=True)
class AtMost:
    """The column is not above a bound."""

    bound: Literal
    exclusive: bool = False


@dataclass(frozen=True)
class MultipleOf:
    """The column divides by a number without remainder."""

    divisor: int | float


@dataclass(frozen=True)
class Longest:
    """The text has at most so many characters."""

    characters: int


@dataclass(frozen=True)
class Shortest:
    """The text has at least so many characters."""

    characters: int


@dataclass(frozen=True)
class Matches:
    """A regular expression is found in the text; ``^`` and ``$`` in it mean the text's ends."""

    pattern: str


@dataclass(frozen=True)
class OneOf:
    """The column has one of these values."""

    values: tuple[Literal, ...]


@dataclass(frozen=True)
class ExistsIn:
    """The value exists in a column of an input port (``product``) or of a landing source (``source``)."""

    relation: str
    column: str
    is_source: bool
    more: tuple[tuple[str, str], ...] = ()
    """For a key of several columns: further columns of the row, each with the one it has to meet in the same row there."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read there."""
        return (self.column, *(there for _, there in self.more))


@dataclass(frozen=True)
class Holds:
    """A boolean expression in Redshift SQL over the row's columns is true."""

    expression: str


@dataclass(frozen=True)
class AllOf:
    """Every one of these tests of the column holds."""

    tests: tuple[RowTest, ...]


RowTest: TypeAlias = "AllOf | Present | NotBlank | AtLeast | AtMost | MultipleOf | Longest | Shortest | Matches | OneOf | ExistsIn | Holds"


@dataclass(frozen=True)
class RowRule:
    """A demand on every row. ``name`` is unique in the contract; ``column`` is None for several columns."""

    name: str
    column: str | None
    test: RowTest
    reason: str
    """What is told about a row that breaks the rule; begins with the column's name."""
    place: Place = ()
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
    """How a measured number is compared: ``operator`` is one of =, <>, <, <=, >, >=, between, not between."""

    operator: str
    low: Literal
    high: Literal | None = None

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
            "between": low <= value <= high,
            "not between": not low <= value <= high,
        }
        return verdicts[self.operator]

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
    place: Place = ()
    """Where in the contract it stands."""
