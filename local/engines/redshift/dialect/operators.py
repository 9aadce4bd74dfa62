"""Arithmetic, concatenation and bit operators, intervals, AT TIME ZONE."""

from __future__ import annotations

from sqlglot import exp

from local.engines.redshift import errors, types
from local.engines.redshift.dialect import casts, numbers
from local.engines.redshift.dialect.comparisons import operator_missing
from local.engines.redshift.dialect.expressions import Translator, translate, translates
from local.engines.redshift.dialect.scope import Scope
from local.engines.redshift.dialect.typed import Typed
from local.engines.redshift.errors import SqlError, unsupported


def _arithmetic(operator: str) -> Translator:
    def arithmetic(node: exp.Expr, scope: Scope) -> Typed:
        left, right = translate(node.this, scope), translate(node.args["expression"], scope)
        return numbers.arithmetic(left, operator, right)

    return arithmetic


for _class, _operator in ((exp.Add, "+"), (exp.Sub, "-"), (exp.Mul, "*"), (exp.Mod, "%"), (exp.Pow, "^")):
    translates(_class, "this", "expression")(_arithmetic(_operator))


translates(exp.Div, "this", "expression", "typed", "safe")(_arithmetic("/"))


@translates(exp.Neg, "this")
def _negative(node: exp.Expr, scope: Scope) -> Typed:
    value = translate(node.this, scope)
    if value.type.name == "unknown" and isinstance(value.constant, str):
        value = casts.cast(value, types.DOUBLE)
    if not value.type.is_number and value.type.name != "interval":
        raise SqlError(errors.UNDEFINED_FUNCTION, f"operator does not exist: - {value.type.family}")
    constant = -value.constant if isinstance(value.constant, int) else None
    return Typed(f"(-{value.sql})", value.type, constant, name=value.name)


@translates(exp.DPipe, "this", "expression", "safe")
def _concatenate(node: exp.Expr, scope: Scope) -> Typed:
    operands: list[Typed] = []
    current: exp.Expr = node
    while isinstance(current, exp.DPipe):
        operands.append(translate(current.expression, scope))
        current = current.this
    operands.append(translate(current, scope))
    return concatenate(operands[::-1])


def concatenate(operands: list[Typed]) -> Typed:
    """Text joined with ||: null when any operand is null."""
    length = sum(casts.text_length(each.type) for each in operands)
    sql = " || ".join("CAST(NULL AS VARCHAR)" if each.is_null else casts.text_of(each) for each in operands)
    return Typed(f"({sql})", types.varchar(length))


def _bitwise(operator: str) -> Translator:
    def bitwise(node: exp.Expr, scope: Scope) -> Typed:
        left, right = translate(node.this, scope), translate(node.args["expression"], scope)
        if not (left.type.is_integer and right.type.is_integer):
            raise operator_missing(left.type, operator, right.type)
        return Typed(f"({left.sql} {operator} {right.sql})", types.promote(left.type, right.type))

    return bitwise


translates(exp.BitwiseAnd, "this", "expression")(_bitwise("&"))
translates(exp.BitwiseOr, "this", "expression")(_bitwise("|"))
translates(exp.BitwiseLeftShift, "this", "expression")(_bitwise("<<"))
translates(exp.BitwiseRightShift, "this", "expression")(_bitwise(">>"))


_UNITS = {
    "microsecond": "microsecond", "microseconds": "microsecond", "us": "microsecond",
    "millisecond": "millisecond", "milliseconds": "millisecond", "ms": "millisecond", "second": "second",
    "seconds": "second", "sec": "second", "s": "second", "minute": "minute", "minutes": "minute", "min": "minute",
    "mins": "minute", "hour": "hour", "hours": "hour", "h": "hour", "hr": "hour", "day": "day", "days": "day",
    "d": "day", "week": "week", "weeks": "week", "w": "week", "month": "month", "months": "month", "mon": "month",
    "quarter": "quarter", "quarters": "quarter", "year": "year", "years": "year", "y": "year", "yr": "year",
}  # fmt: skip


@translates(exp.Interval, "this", "unit")
def _interval(node: exp.Expr, scope: Scope) -> Typed:
    if not isinstance(node.this, exp.Literal):
        raise unsupported("interval that is not a literal")
    text = node.this.this.strip()
    unit = node.args.get("unit")
    if unit is not None and not isinstance(unit, exp.Var):
        raise unsupported("interval range qualifier")
    words = text.split() + ([unit.name] if unit is not None else [])
    if len(words) % 2:
        raise SqlError(errors.INVALID_DATETIME, f'invalid input syntax for type interval: "{text}"')
    parts = []
    for amount, name in zip(words[::2], words[1::2], strict=True):
        known = _UNITS.get(name.lower().rstrip(","))
        try:
            float(amount)
        except ValueError:
            known = None
        if known is None:
            raise SqlError(errors.INVALID_DATETIME, f'invalid input syntax for type interval: "{text}"')
        parts.append(f"INTERVAL '{amount} {known}'" if "." not in amount else _fraction(float(amount), known))
    return Typed("(" + " + ".join(parts) + ")", types.INTERVAL, name="interval")


def _fraction(amount: float, unit: str) -> str:
    seconds = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}.get(unit)
    if seconds is None:
        raise unsupported(f"fraction of a {unit} in an interval")
    return f"to_microseconds({round(amount * seconds * 1_000_000)})"


@translates(exp.AtTimeZone, "this", "zone")
def _at_time_zone(node: exp.Expr, scope: Scope) -> Typed:
    value, zone = translate(node.this, scope), translate(node.args["zone"], scope)
    value = casts.unknown_to(value, types.TIMESTAMP)
    if value.type.name == "timestamptz":
        return Typed(f"timezone({zone.sql}, {value.sql})", types.TIMESTAMP, name="timezone")
    return Typed(f"timezone({zone.sql}, CAST({value.sql} AS TIMESTAMP))", types.TIMESTAMPTZ, name="timezone")
