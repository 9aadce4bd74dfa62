"""What the Amazon Redshift Database Developer Guide says of values, in plain Python.

Nothing here comes from an engine: numbers are `decimal.Decimal`, dates are `datetime`, texts are `str`, null is None.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from functools import reduce

EXACT = Context(prec=200)
Truth = bool | None
LIMIT = 38
INTEGERS = {"smallint": (5, 2**15), "integer": (10, 2**31), "bigint": (19, 2**63)}


class Overflow(Exception):
    """22003: a value exceeds its type."""


class DivisionByZero(Exception):
    """22012."""


class Unsaid(Exception):
    """The documentation leaves the answer open."""


@dataclass(frozen=True)
class Number:
    """A number and its type: smallint, integer, bigint, or a numeric of a precision and scale."""

    value: Decimal | None
    name: str
    precision: int = 0
    scale: int = 0

    @property
    def digits(self) -> tuple[int, int]:
        """(precision, scale) in a computation of decimals."""
        return (self.precision, self.scale) if self.name == "numeric" else (INTEGERS[self.name][0], 0)

    @property
    def type(self) -> str:
        """The type's name."""
        return f"numeric({self.precision},{self.scale})" if self.name == "numeric" else self.name

    @property
    def text(self) -> str | None:
        """The value as it is shown."""
        return None if self.value is None else f"{fixed(self.value, self.scale):f}"


def fixed(value: Decimal, scale: int, rounding: str = ROUND_DOWN) -> Decimal:
    """A value with so many digits after the point."""
    shown = value.quantize(Decimal(1).scaleb(-scale), rounding=rounding, context=EXACT)
    return abs(shown) if shown == 0 else shown


def numeric(value: Decimal | None, precision: int, scale: int) -> Number:
    """A decimal of a type.

    Raises:
        Overflow: when it has more digits before the point ("Overflow conditions").
        Unsaid: at the edge of the 64 bits that hold up to 19 digits.
    """
    precision = min(LIMIT, precision)
    if not 0 <= scale <= precision:
        raise Unsaid
    if value is not None:
        units = value.scaleb(scale, EXACT).copy_abs()
        if units >= Decimal(10) ** precision:
            raise Overflow
        if precision == 19 and units >= 2**63:
            raise Unsaid
    return Number(value, "numeric", precision, scale)


def integer(value: Decimal | None, name: str) -> Number:
    """An integer of a type. Raises Overflow."""
    limit = INTEGERS[name][1]
    if value is not None and not -limit <= value < limit:
        raise Overflow
    return Number(value, name)


def compute(left: Number, operator: str, right: Number) -> Number:
    """left operator right, by "Computations with numeric values"."""
    if left.name != "numeric" and right.name != "numeric":
        return _integers(left, operator, right)
    (p1, s1), (p2, s2) = left.digits, right.digits
    if operator in "+-":
        scale = max(s1, s2)
        precision = max(p1 - s1, p2 - s2) + 1 + scale
    elif operator == "*":
        scale, precision = s1 + s2, p1 + p2 + 1
    else:
        scale = max(4, s1 + p2 - s2 + 1)
        precision = p1 - s1 + s2 + scale
        if scale > 100:
            precision, scale = precision - (scale - 100), 100
        if precision > LIMIT:
            scale = max(LIMIT + scale - precision, 4)
    one, other = left.value, right.value
    if one is None or other is None:
        return numeric(None, precision, scale)
    if operator == "/":
        if other == 0:
            raise DivisionByZero
        # "which apply to both intermediate and final result sets": the dividend at the scale of the quotient.
        if one.scaleb(scale + s2, EXACT).copy_abs() >= Decimal(10) ** LIMIT:
            numeric(fixed(EXACT.divide(one, other), scale), precision, scale)
            raise Unsaid
        return numeric(fixed(EXACT.divide(one, other), scale), precision, scale)
    value = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}[operator](one, other)
    result = numeric(value, precision, scale)
    if (
        max(one.copy_abs(), other.copy_abs()).scaleb(scale if operator != "*" else 0, EXACT)
        >= Decimal(10) ** LIMIT
    ):
        raise Unsaid
    return result


def _integers(left: Number, operator: str, right: Number) -> Number:
    name = max(left.name, right.name, key=lambda each: INTEGERS[each][1])
    one, other = left.value, right.value
    if one is None or other is None:
        return Number(None, name)
    if operator == "/":
        if other == 0:
            raise DivisionByZero
        return integer(fixed(EXACT.divide(one, other), 0), name)
    value = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}[operator](one, other)
    return integer(value, name)


def _sum(values: Sequence[Decimal]) -> Decimal:
    return reduce(EXACT.add, values, Decimal(0))


def total(values: Sequence[Number], like: Number) -> Number:
    """SUM ("SUM function": the type of the result)."""
    known = [each.value for each in values if each.value is not None]
    value = _sum(known) if known else None
    if like.name == "numeric":
        return numeric(value, LIMIT, like.scale)
    return numeric(value, LIMIT, 0) if like.name == "bigint" else integer(value, "bigint")


def average(values: Sequence[Number], like: Number) -> Number:
    """AVG: whole for integers; the scale of decimals stays."""
    known = [each.value for each in values if each.value is not None]
    value = None if not known else fixed(EXACT.divide(_sum(known), Decimal(len(known))), like.scale)
    return numeric(value, LIMIT, like.scale) if like.name == "numeric" else integer(value, "bigint")


def median(values: Sequence[Number]) -> Decimal | None:
    """MEDIAN: the middle value, or the mean of the two."""
    known = sorted(each.value for each in values if each.value is not None)
    if not known:
        return None
    low, high = known[(len(known) - 1) // 2], known[len(known) // 2]
    return EXACT.divide(EXACT.add(low, high), Decimal(2))


# Three-valued logic ("Logical conditions").


def negation(value: Truth) -> Truth:
    """NOT."""
    return None if value is None else not value


def conjunction(values: Iterable[Truth]) -> Truth:
    """AND."""
    seen = list(values)
    return False if False in seen else None if None in seen else True


def disjunction(values: Iterable[Truth]) -> Truth:
    """OR."""
    return negation(conjunction(negation(each) for each in values))


def equal(one: object, other: object) -> Truth:
    """one = other: a null equals nothing, trailing blanks of texts do not count ("Character types")."""
    if one is None or other is None:
        return None
    return key(one) == key(other)


def key(value: object) -> object:
    """What a value is grouped by."""
    return value.rstrip(" ") if isinstance(value, str) else value


def rows_equal(one: Sequence[object], other: Sequence[object]) -> Truth:
    """(a, b) = (x, y)."""
    return conjunction(equal(a, b) for a, b in zip(one, other, strict=True))


def in_rows(one: Sequence[object], rows: Iterable[Sequence[object]]) -> Truth:
    """(a, b) IN (…) ("IN condition")."""
    return disjunction([rows_equal(one, each) for each in rows])


# Dates ("Date and time functions").


def add_months(moment: datetime.datetime, months: int) -> datetime.datetime:
    """So many months later; a day that the month lacks is its last."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def date_add(part: str, amount: int, moment: datetime.datetime) -> datetime.datetime:
    """DATEADD: a year after 29 February is 1 March."""
    years = {"year": 1, "decade": 10, "century": 100}.get(part)
    if years:
        later = add_months(moment, 12 * years * amount)
        return later + datetime.timedelta(days=1) if later.day != moment.day else later
    months = {"month": 1, "quarter": 3}.get(part)
    if months:
        return add_months(moment, months * amount)
    return (
        moment
        + amount
        * {
            "week": datetime.timedelta(weeks=1),
            "day": datetime.timedelta(days=1),
            "hour": datetime.timedelta(hours=1),
            "minute": datetime.timedelta(minutes=1),
            "second": datetime.timedelta(seconds=1),
        }[part]
    )


def extract(part: str, moment: datetime.datetime) -> int:
    """EXTRACT ("Date parts for date or timestamp functions")."""
    return {
        "year": moment.year,
        "quarter": (moment.month + 2) // 3,
        "month": moment.month,
        "day": moment.day,
        "hour": moment.hour,
        "minute": moment.minute,
        "second": moment.second,
        "dow": moment.isoweekday() % 7,
        "doy": moment.timetuple().tm_yday,
        "week": moment.isocalendar()[1],
        "decade": moment.year // 10 + 1,
        "century": (moment.year + 99) // 100,
        "mil": (moment.year + 999) // 1000,
    }[part]


def date_diff(part: str, one: datetime.datetime, other: datetime.datetime) -> int:
    """DATEDIFF: the boundaries between two moments; weeks begin on Sunday."""

    def number(moment: datetime.datetime) -> int:
        if part in ("decade", "century", "mil", "year"):
            return extract(part, moment)
        if part in ("quarter", "month"):
            return moment.year * (4 if part == "quarter" else 12) + extract(part, moment)
        days = moment.date().toordinal()
        if part == "week":
            return days // 7
        seconds = days * 86400 + moment.hour * 3600 + moment.minute * 60 + moment.second
        return seconds // {"day": 86400, "hour": 3600, "minute": 60, "second": 1}[part]

    return number(other) - number(one)


def moment_text(moment: datetime.datetime) -> str:
    """A timestamp as text: a fraction has at least two digits."""
    text = moment.replace(microsecond=0).isoformat(" ")
    fraction = f"{moment.microsecond:06}".rstrip("0")
    return f"{text}.{fraction.ljust(2, '0')}" if fraction else text


def rounded(value: Decimal, scale: int) -> Decimal:
    """A text or literal read as a decimal: the rest is rounded."""
    return fixed(value, scale, ROUND_HALF_UP)


def cut_bytes(text: str, length: int) -> str:
    """CAST to VARCHAR(n): so many bytes, no broken character."""
    return text.encode()[:length].decode(errors="ignore")
