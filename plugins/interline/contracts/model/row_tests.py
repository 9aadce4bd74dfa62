"""What a contract can demand of the values in each row: one class a test, with everything there is to say about it.

A class says how a row breaks the test, in Redshift SQL (``breaks``); how a test of the same kind with other bounds
compares with it (``moved_within_kind``: does the new one allow less, or more?); and what people read (``argument``,
``reason``). Nothing else asks which kind a test is to answer these questions, and a class that lacks one of the answers
cannot be made: mypy says so, and Python at the first contract. ``docs/adding-a-row-test.md`` adds one.

Rules about a value say nothing about its absence: null keeps every test but ``Present`` and ``NotBlank``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal, Protocol, Self, TypeAlias

Constant: TypeAlias = "str | int | float | bool"
"""A value that a contract compares with."""
Direction: TypeAlias = Literal["same", "tightened", "loosened", "changed"]
"""How a demand moved: whether it now allows the same values, fewer, more, or others."""

_MOST_SHOWN = 8


class RowSql(Protocol):
    """The row that a test looks at, in Redshift SQL."""

    @property
    def value(self) -> str:
        """The tested column of the row."""

    @property
    def physical_type(self) -> str:
        """The Redshift type of the tested column."""

    def constant(self, value: Constant) -> str:
        """Return a constant as a literal of the tested column's type."""

    def column(self, name: str) -> str:
        """Return another column of the row."""

    def expression(self, text: str) -> str:
        """Return a boolean expression that a person wrote over the row's columns, qualified.

        Raises:
            ValueError: it is no single boolean expression over the columns.
        """

    def referenced(self, test: ExistsIn) -> str:
        """Return what the row's key was found as in the relation that a test refers to: null where it was not."""


class RowTest(ABC):
    """One test of a row."""

    @abstractmethod
    def breaks(self, row: RowSql) -> str:
        """Return a predicate that is true exactly for rows that break the test; null counts as kept."""

    @property
    @abstractmethod
    def argument(self) -> str:
        """What the test compares with, as people write it: ``0``, ``^[A-Z]+$``, ``a, b``; empty if with nothing."""

    @abstractmethod
    def reason(self, column: str) -> str:
        """Return what is said about a row that breaks the test; it begins with the column's name."""

    @abstractmethod
    def moved_within_kind(self, new: Self) -> Direction:
        """Say how the demand moved when this test was replaced by another one of its kind, which is not equal to it."""

    def moved_to(self, new: RowTest) -> Direction:
        """Say how the demand moved when this test was replaced; ``changed`` where neither allows all that the other does."""
        if self == new:
            return "same"
        if isinstance(self, AllOf) or isinstance(new, AllOf):
            return _all_moved(self, new)
        if isinstance(new, type(self)):
            return self.moved_within_kind(new)
        return "changed"


@dataclass(frozen=True)
class Present(RowTest):
    """The column is not null."""

    def breaks(self, row: RowSql) -> str:
        return f"{row.value} is null"

    @property
    def argument(self) -> str:
        return ""

    def reason(self, column: str) -> str:
        return f"{column} is missing"

    def moved_within_kind(self, new: Self) -> Direction:
        return "same"


@dataclass(frozen=True)
class NotBlank(RowTest):
    """The column is neither null nor one of the spellings of nothing."""

    spellings: tuple[str, ...] = ("",)

    def breaks(self, row: RowSql) -> str:
        if not row.physical_type.startswith("varchar"):
            return f"{row.value} is null"
        listed = ", ".join(row.constant(spelling) for spelling in ("", *self.spellings))
        return f"({row.value} is null or trim({row.value}) in ({listed}))"

    @property
    def argument(self) -> str:
        return _listed(self.spellings)

    def reason(self, column: str) -> str:
        return f"{column} is missing"

    def moved_within_kind(self, new: Self) -> Direction:
        return _sets_moved({"", *new.spellings}, {"", *self.spellings})


@dataclass(frozen=True)
class AtLeast(RowTest):
    """The column is not below a bound."""

    bound: Constant
    exclusive: bool = False

    def breaks(self, row: RowSql) -> str:
        return f"{row.value} {'<=' if self.exclusive else '<'} {row.constant(self.bound)}"

    @property
    def argument(self) -> str:
        return str(self.bound)

    def reason(self, column: str) -> str:
        return f"{column} is {'not above' if self.exclusive else 'below'} {self.bound}"

    def moved_within_kind(self, new: Self) -> Direction:
        return _bound_moved(self, new, "tightened", "loosened")


@dataclass(frozen=True)
class AtMost(RowTest):
    """The column is not above a bound."""

    bound: Constant
    exclusive: bool = False

    def breaks(self, row: RowSql) -> str:
        return f"{row.value} {'>=' if self.exclusive else '>'} {row.constant(self.bound)}"

    @property
    def argument(self) -> str:
        return str(self.bound)

    def reason(self, column: str) -> str:
        return f"{column} is {'not below' if self.exclusive else 'above'} {self.bound}"

    def moved_within_kind(self, new: Self) -> Direction:
        return _bound_moved(self, new, "loosened", "tightened")


@dataclass(frozen=True)
class MultipleOf(RowTest):
    """The column divides by a number without remainder."""

    divisor: int | float

    def breaks(self, row: RowSql) -> str:
        divisor = row.constant(self.divisor)
        return f"mod(cast({row.value} as decimal(38, 10)), cast({divisor} as decimal(38, 10))) <> 0"

    @property
    def argument(self) -> str:
        return str(self.divisor)

    def reason(self, column: str) -> str:
        return f"{column} is no multiple of {self.divisor}"

    def moved_within_kind(self, new: Self) -> Direction:
        if _divides(self.divisor, new.divisor):
            return "tightened"
        return "loosened" if _divides(new.divisor, self.divisor) else "changed"


@dataclass(frozen=True)
class Longest(RowTest):
    """The text has at most so many characters."""

    characters: int

    def breaks(self, row: RowSql) -> str:
        return f"len({row.value}) > {int(self.characters)}"

    @property
    def argument(self) -> str:
        return str(self.characters)

    def reason(self, column: str) -> str:
        return f"{column} has more than {self.characters} characters"

    def moved_within_kind(self, new: Self) -> Direction:
        return "tightened" if new.characters < self.characters else "loosened"


@dataclass(frozen=True)
class Shortest(RowTest):
    """The text has at least so many characters."""

    characters: int

    def breaks(self, row: RowSql) -> str:
        return f"len({row.value}) < {int(self.characters)}"

    @property
    def argument(self) -> str:
        return str(self.characters)

    def reason(self, column: str) -> str:
        return f"{column} has fewer than {self.characters} characters"

    def moved_within_kind(self, new: Self) -> Direction:
        return "tightened" if new.characters > self.characters else "loosened"


@dataclass(frozen=True)
class Matches(RowTest):
    """A regular expression is found in the text; ``^`` and ``$`` in it mean the text's ends."""

    pattern: str

    def breaks(self, row: RowSql) -> str:
        return f"{row.value} !~ {row.constant(self.pattern)}"

    @property
    def argument(self) -> str:
        return self.pattern

    def reason(self, column: str) -> str:
        return f"{column} does not look like {self.pattern}"

    def moved_within_kind(self, new: Self) -> Direction:
        return "changed"  # which of two expressions allows more, nobody can say in general


@dataclass(frozen=True)
class OneOf(RowTest):
    """The column has one of these values."""

    values: tuple[Constant, ...]

    def breaks(self, row: RowSql) -> str:
        listed = ", ".join(row.constant(value) for value in self.values)
        return f"{row.value} not in ({listed})"

    @property
    def argument(self) -> str:
        return _listed(self.values)

    def reason(self, column: str) -> str:
        return f"{column} is none of {self.argument}"

    def moved_within_kind(self, new: Self) -> Direction:
        return _sets_moved(set(self.values), set(new.values))


@dataclass(frozen=True)
class ExistsIn(RowTest):
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

    def breaks(self, row: RowSql) -> str:
        values = [row.value, *(row.column(own) for own, _ in self.more)]
        present = " and ".join(f"{value} is not null" for value in values)
        return f"({present} and {row.referenced(self)} is null)"

    @property
    def argument(self) -> str:
        return f"{self.relation}.{', '.join(self.columns)}"

    def reason(self, column: str) -> str:
        named = " and ".join((column, *(own for own, _ in self.more)))
        return f"{named} {'are' if self.more else 'is'} not in {self.argument}"

    def moved_within_kind(self, new: Self) -> Direction:
        return "changed"  # another relation holds other keys


@dataclass(frozen=True)
class Holds(RowTest):
    """A boolean expression in Redshift SQL over the row's columns is true."""

    expression: str

    def breaks(self, row: RowSql) -> str:
        return f"coalesce(not ({row.expression(self.expression)}), true)"

    @property
    def argument(self) -> str:
        return self.expression

    def reason(self, column: str) -> str:
        return f"{self.expression} does not hold"

    def moved_within_kind(self, new: Self) -> Direction:
        return "changed"  # which of two expressions allows more, nobody can say in general


@dataclass(frozen=True)
class AllOf(RowTest):
    """Every one of these tests of the column holds."""

    tests: tuple[RowTest, ...]

    def breaks(self, row: RowSql) -> str:
        return "(" + " or ".join(test.breaks(row) for test in self.tests) + ")"

    @property
    def argument(self) -> str:
        return "; ".join(test.argument for test in self.tests)

    def reason(self, column: str) -> str:
        return f"{column} is not valid"

    def moved_within_kind(self, new: Self) -> Direction:
        return _all_moved(self, new)


def _all_moved(old: RowTest, new: RowTest) -> Direction:
    """Say how tests that must hold together moved: further ones allow less, missing ones more."""
    before: list[RowTest] = list(old.tests) if isinstance(old, AllOf) else [old]
    after: list[RowTest] = list(new.tests) if isinstance(new, AllOf) else [new]
    moved: set[Direction] = set()
    for test in before:
        same = next((other for other in after if type(other) is type(test)), None)
        moved.add("loosened" if same is None else test.moved_to(same))
        if same is not None:
            after.remove(same)
    if after:
        moved.add("tightened")
    moved.discard("same")
    return moved.pop() if len(moved) == 1 else "changed" if moved else "same"


def _bound_moved(
    old: AtLeast | AtMost, new: AtLeast | AtMost, if_higher: Direction, if_lower: Direction
) -> Direction:
    if old.bound == new.bound:
        return "same" if old.exclusive == new.exclusive else "tightened" if new.exclusive else "loosened"
    try:
        higher = new.bound > old.bound  # type: ignore[operator]  # a text and a number do not compare
    except TypeError:
        return "changed"
    return if_higher if higher else if_lower


def _sets_moved(old: set[Constant], new: set[Constant]) -> Direction:
    """Say how a list of allowed values moved."""
    if old == new:
        return "same"
    if new < old:
        return "tightened"
    return "loosened" if new > old else "changed"


def _divides(divisor: float, number: float) -> bool:
    quotient = number / divisor
    return abs(quotient - round(quotient)) < 1e-9


def _listed(values: tuple[Constant, ...]) -> str:
    more = ", …" if len(values) > _MOST_SHOWN else ""
    return ", ".join(str(value) for value in values[:_MOST_SHOWN]) + more
