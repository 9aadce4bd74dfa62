"""Arithmetic with Redshift's result types, on numbers and on dates.

Source: "Computations with numeric values" in the Amazon Redshift Database Developer Guide: integers stay integers, and
the precision and scale of DECIMAL results follow from those of the operands. DuckDB has no decimal division, so it is
done on scaled 128-bit integers here.
"""

from __future__ import annotations

from local.engines.redshift import errors, types
from local.engines.redshift.dialect import casts
from local.engines.redshift.dialect.decimals import decimal_operand, divide
from local.engines.redshift.dialect.typed import Typed
from local.engines.redshift.errors import SqlError
from local.engines.redshift.types import Type, numeric

# The widest decimal that DuckDB computes with as a 64-bit integer.
_NARROW = 18


def arithmetic(left: Typed, operator: str, right: Typed) -> Typed:
    """left operator right, for + - * / % ^.

    Raises:
        SqlError: 42883 when Redshift has no such operator for the types.
    """
    if left.type.name == "unknown" and right.type.name == "unknown":
        left, right = casts.cast(left, types.DOUBLE), casts.cast(right, types.DOUBLE)
    if {left.type.name, right.type.name} & {"date", "timestamp", "timestamptz", "interval", "time"}:
        return _temporal(left, operator, right)
    left, right = casts.unknown_to(left, right.type), casts.unknown_to(right, left.type)
    left, right = _from_super(left, right.type), _from_super(right, left.type)
    if not (left.type.is_number and right.type.is_number):
        raise _missing(left.type, operator, right.type)
    if operator == "^":
        return Typed(f"pow(CAST({left.sql} AS DOUBLE), CAST({right.sql} AS DOUBLE))", types.DOUBLE)
    result = types.promote(left.type, right.type)
    if result.name == "numeric":
        return _decimal(left, operator, right)
    one, other = _as(left, result), _as(right, result)
    nonzero = isinstance(right.constant, int) and right.constant != 0
    if operator == "/":
        if result.is_integer:
            sql = f"({one} // {other})" if nonzero else f"rs_divide_integers({one}, {other})"
        else:
            sql = f"({one} / {other})" if nonzero else f"rs_divide_floats({one}, {other})"
    elif operator == "%":
        sql = f"({one} % {other})" if nonzero else f"rs_modulo({one}, {other})"
    else:
        sql = f"({one} {operator} {other})"
    return Typed(sql, result)


def _as(value: Typed, kind: Type) -> str:
    if value.type.name == kind.name and value.constant is None:
        return value.sql
    return f"CAST({value.sql} AS {kind.duckdb})"


def _from_super(value: Typed, other: Type) -> Typed:
    if value.type.name != "super":
        return value
    return casts.cast(value, other if other.is_number else types.DOUBLE)


def _decimal(left: Typed, operator: str, right: Typed) -> Typed:
    (p1, s1), (p2, s2) = types.digits(left.type), types.digits(right.type)
    one, other = decimal_operand(left), decimal_operand(right)
    if operator in "+-":
        scale = max(s1, s2)
        kind = numeric(max(p1 - s1, p2 - s2) + 1 + scale, scale)
        if (kind.precision or 0) > _NARROW:
            # DuckDB brings two decimals of up to 18 digits to one of 18, whatever their scales.
            one, other = f"CAST({one} AS {kind.duckdb})", f"CAST({other} AS {kind.duckdb})"
        return Typed(f"CAST(({one} {operator} {other}) AS {kind.duckdb})", kind)
    if operator == "*":
        kind = numeric(p1 + p2 + 1, s1 + s2)
        # DuckDB multiplies two decimals of up to 18 digits within 18. A product of wide ones is computed at 38 digits;
        # past that it overflows, as Redshift's does.
        if p1 + p2 > _NARROW:
            one = f"CAST({one} AS DECIMAL(38,{s1}))"
        return Typed(f"CAST(({one} * {other}) AS {kind.duckdb})", kind)
    if operator == "%":
        kind = types.common_numeric(left.type, right.type)
        one, other = f"CAST({one} AS {kind.duckdb})", f"CAST({other} AS {kind.duckdb})"
        return Typed(f"CAST(rs_modulo({one}, {other}) AS {kind.duckdb})", kind)
    kind = types.quotient(p1, s1, p2, s2)
    return Typed(divide(one, (p1, s1), other, (p2, s2), kind), kind)


def _missing(left: Type, operator: str, right: Type) -> SqlError:
    return SqlError(
        errors.UNDEFINED_FUNCTION,
        f"operator does not exist: {left.family} {operator} {right.family}",
        hint="No operator matches the given name and argument type(s). You may need to add explicit type casts.",
    )


def _temporal(left: Typed, operator: str, right: Typed) -> Typed:
    one, other = left.type.name, right.type.name
    if one == "unknown":
        left = casts.cast(left, types.TIMESTAMP if other == "interval" else right.type)
    elif other == "unknown":
        right = casts.cast(right, left.type)
    one, other = left.type.name, right.type.name
    if operator == "+" and (right.type.is_integer and one == "date"):
        return Typed(f"({left.sql} + CAST({right.sql} AS INTEGER))", types.DATE)
    if operator == "+" and (left.type.is_integer and other == "date"):
        return Typed(f"({right.sql} + CAST({left.sql} AS INTEGER))", types.DATE)
    if operator == "+" and {one, other} == {"date", "time"}:
        return Typed(f"({left.sql} + {right.sql})", types.TIMESTAMP)
    if operator == "-" and one == "date" and right.type.is_integer:
        return Typed(f"({left.sql} - CAST({right.sql} AS INTEGER))", types.DATE)
    if operator == "-" and one == other == "date":
        return Typed(f"CAST(({left.sql} - {right.sql}) AS INTEGER)", types.INTEGER)
    if (
        operator in "+-"
        and other == "interval"
        and one in ("date", "timestamp", "timestamptz", "interval", "time")
    ):
        kind = types.TIMESTAMP if one == "date" else left.type
        return Typed(f"({left.sql} {operator} {right.sql})", kind)
    if operator == "+" and one == "interval" and other in ("date", "timestamp", "timestamptz", "time"):
        return Typed(f"({right.sql} + {left.sql})", types.TIMESTAMP if other == "date" else right.type)
    if operator == "-" and {one, other} <= {"date", "timestamp", "timestamptz"}:
        return Typed(f"(CAST({left.sql} AS TIMESTAMP) - CAST({right.sql} AS TIMESTAMP))", types.INTERVAL)
    if operator == "*" and "interval" in (one, other) and (left.type.is_number or right.type.is_number):
        number, interval = (left, right) if other == "interval" else (right, left)
        return Typed(f"({interval.sql} * CAST({number.sql} AS DOUBLE))", types.INTERVAL)
    raise _missing(left.type, operator, right.type)
