"""The types of expressions in a contract's SQL, as far as a rule has to know them.

Sources: Amazon Redshift Database Developer Guide, "Type compatibility and conversion" and "Computations with numeric values".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from interline.contracts.model.column_types import LONGEST_VARCHAR, MOST_DIGITS, base_type

INTEGER, DECIMAL, FLOAT, TEXT, BOOLEAN = "integer", "decimal", "float", "text", "boolean"
DATE, TIMESTAMP, TIMESTAMPTZ, INTERVAL, UNKNOWN = "date", "timestamp", "timestamptz", "interval", "unknown"
NUMBERS: Final = frozenset({INTEGER, DECIMAL, FLOAT})
MOMENTS: Final = frozenset({DATE, TIMESTAMP, TIMESTAMPTZ})
_FAMILIES: Final = {"varchar": TEXT, "bigint": INTEGER, "real": FLOAT, "double precision": FLOAT}
_SHORT, _LONG = 10, 19
"""Digits of INTEGER and BIGINT."""


@dataclass(frozen=True, slots=True)
class SqlType:
    """What values an expression can have."""

    family: str
    digits: int = 0
    """Of numbers without exponent: how many digits a value can have in all."""
    scale: int = 0
    """How many of them are decimals."""
    is_long: bool = False
    """Whether a whole number is a BIGINT."""
    length: int = 0
    """Bytes of a text."""
    constant: str | int | None = None
    """The value of a literal text or whole number."""
    is_aggregate: bool = False
    """Whether it is about many rows, or a constant beside such a value."""

    @property
    def is_number(self) -> bool:
        """Whether Redshift reckons with it."""
        return self.family in NUMBERS

    @property
    def is_moment(self) -> bool:
        """Whether it is a date or a timestamp."""
        return self.family in MOMENTS

    @property
    def word(self) -> str:
        """How a message names it."""
        words = {INTEGER: "a whole number", DECIMAL: "a number", FLOAT: "a number", TEXT: "a text"}
        words |= {BOOLEAN: "true or false", UNKNOWN: "null", INTERVAL: "an interval"}
        if self.family == UNKNOWN and self.constant is not None:
            return "a text"
        return words.get(self.family) or f"a {self.family}"

    def varying(self) -> SqlType:
        """Return the type without the value of a literal."""
        return replace(self, constant=None)


BOOL: Final = SqlType(BOOLEAN)
DOUBLE: Final = SqlType(FLOAT)
WHOLE: Final = SqlType(INTEGER, _SHORT)
BIG: Final = SqlType(INTEGER, _LONG, is_long=True)
ANY_TEXT: Final = SqlType(TEXT, length=LONGEST_VARCHAR)
NULL: Final = SqlType(UNKNOWN)


def type_of(physical_type: str) -> SqlType:
    """Return the type of a column, or of what is cast to it."""
    base = base_type(physical_type)
    if base == "integer":
        return WHOLE
    if base == "bigint":
        return BIG
    if base == "varchar":
        return SqlType(TEXT, length=int(physical_type[len("varchar(") : -1]))
    if base == "decimal":
        digits, scale = physical_type[len("decimal(") : -1].split(",")
        return SqlType(DECIMAL, int(digits), int(scale))
    return SqlType(_FAMILIES.get(base, base))


def number_literal(text: str) -> SqlType:
    """Return the type of a number as it is written."""
    if "e" in text.lower():
        return DOUBLE
    whole, _, decimals = text.partition(".")
    if decimals or "." in text:
        return SqlType(DECIMAL, max(len(whole.lstrip("0")), 1) + len(decimals), len(decimals))
    value = int(text)
    if value < 2**31:
        return SqlType(INTEGER, len(str(value)), constant=value)
    if value < 2**63:
        return SqlType(INTEGER, len(str(value)), is_long=True, constant=value)
    return SqlType(DECIMAL, len(str(value)))


def comparable(left: SqlType, right: SqlType) -> bool:
    """Say whether Redshift compares two types with each other."""
    if UNKNOWN in (left.family, right.family) or left.family == right.family:
        return True
    return (left.is_number and right.is_number) or (left.is_moment and right.is_moment)


def common(left: SqlType, right: SqlType) -> SqlType | None:
    """Return the type of a column that has values of both, as in CASE and COALESCE; None if there is none."""
    if left.family == UNKNOWN:
        return right.varying()
    if right.family == UNKNOWN:
        return left.varying()
    is_aggregate = left.is_aggregate or right.is_aggregate
    if left.is_number and right.is_number:
        if FLOAT in (left.family, right.family):
            return replace(DOUBLE, is_aggregate=is_aggregate)
        scale = max(left.scale, right.scale)
        digits = min(max(left.digits - left.scale, right.digits - right.scale) + scale, MOST_DIGITS)
        family = DECIMAL if DECIMAL in (left.family, right.family) else INTEGER
        is_long = left.is_long or right.is_long
        return SqlType(family, digits, scale, is_long, is_aggregate=is_aggregate)
    if left.is_moment and right.is_moment:
        order = (DATE, TIMESTAMP, TIMESTAMPTZ)
        return SqlType(max(left.family, right.family, key=order.index), is_aggregate=is_aggregate)
    if left.family != right.family:
        return None
    return replace(left.varying(), length=max(left.length, right.length), is_aggregate=is_aggregate)
