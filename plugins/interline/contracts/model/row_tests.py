"""What a contract can demand of the values in each row: one class a test, with everything there is to say about it.

A class says how a row breaks the test, in Redshift SQL (``breaks``); how a test of the same kind with other bounds
compares with it (``moved_within_kind``: does the new one allow less, or more?); and what people read (``argument``,
``reason``). Nothing else asks which kind a test is to answer these questions, and a class that lacks one of the answers
cannot be made: mypy says so, and Python at the first contract. ``docs/adding-a-row-test.md`` adds one.

Rules about a value say nothing about its absence: null keeps every test but ``Present`` and ``NotBlank``.

The SQL of a test has an answer for every value that its column's type can hold, also not-a-number, the infinities and the
largest number: all rows are tested in one statement, so one row that made it fail would hold up all the others. A value of
which a test cannot tell whether it keeps it breaks it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, Protocol, Self, TypeAlias

Constant: TypeAlias = "str | int | float | bool"
"""A value that a contract compares with."""
Direction: TypeAlias = Literal["same", "tightened", "loosened", "changed"]
"""How a demand moved: whether it now allows the same values, fewer, more, or others."""

_MOST_SHOWN = 8
_DIGITS = 38
"""Digits of Redshift's longest DECIMAL."""
_FLOAT_DECIMALS = 10
"""Decimals of a float that count when it is divided: 0.1 + 0.2 is a multiple of 0.1."""
MOST_DECIMALS = 30
"""Decimals that the divisor of ``MultipleOf`` may have: with more there is no room for whole numbers."""


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
        return _beyond(row, "<=" if self.exclusive else "<", self.bound)

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
        return _beyond(row, ">=" if self.exclusive else ">", self.bound)

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
        divisor = Decimal(str(self.divisor))
        if _is_float(row):
            return _float_leaves_rest(row.value, divisor)
        digits, scale = _digits_of(row.physical_type)
        # in units of the column's last decimal every value is a whole number, so the test is one of whole numbers: k is a
        # multiple of a/b in lowest terms if a divides it
        units = (Fraction(divisor) * 10**scale).numerator
        if units >= 10**digits:
            return f"{row.value} <> 0"
        whole, decimals = divmod(units, 10**scale)
        step = f"cast({whole}.{decimals:0{scale}d} as {row.physical_type})" if scale else str(units)
        return f"mod({row.value}, {step}) <> 0"

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


def _is_float(row: RowSql) -> bool:
    return row.physical_type in ("real", "double precision")


def _beyond(row: RowSql, operator: str, bound: Constant) -> str:
    """Return a comparison with a bound that what is no number is always beyond.

    PostgreSQL takes NaN for equal to itself and above all numbers, IEEE 754 for unequal to everything; the Redshift guide says
    neither, so that either finds it here.
    """
    beyond = f"{row.value} {operator} {row.constant(bound)}"
    if not _is_float(row):
        return beyond
    not_a_number = f"cast('NaN' as {row.physical_type})"
    return f"({beyond} or {row.value} <> {row.value} or {row.value} = {not_a_number})"


def _digits_of(physical_type: str) -> tuple[int, int]:
    """Return how many digits a number without exponent may have, and how many of them are decimals."""
    if not physical_type.startswith("decimal"):
        return (10 if physical_type == "integer" else 19), 0
    digits, scale = physical_type[len("decimal(") : -1].split(",")
    return int(digits), int(scale)


def _float_leaves_rest(value: str, divisor: Decimal) -> str:
    """Return whether a float divided by a number of at most ``MOST_DECIMALS`` decimals leaves a rest.

    What is not finite, or too large for its decimals to be told, counts as such.
    """
    written = f"{divisor:f}"
    decimals = max(_FLOAT_DECIMALS, len(written.partition(".")[2]))
    whole = _DIGITS - decimals - 1
    if divisor >= 10**whole:
        return f"{value} <> 0"
    # a float times 10^decimals would be rounded, so what is before the point is read apart from what is behind it
    before = f"cast(trunc({value}) as decimal({whole}, 0))"
    behind = f"cast({value} - trunc({value}) as decimal({decimals + 1}, {decimals}))"
    rest = f"mod({before} + {behind}, cast({written} as decimal({_DIGITS}, {decimals}))) <> 0"
    return f"case when abs({value}) < 1e{whole} then {rest} else {value} is not null end"


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
