"""Exact decimal arithmetic that DuckDB lacks, on scaled 128-bit integers: division, and cutting digits off."""

from __future__ import annotations

from local.engines.redshift import types
from local.engines.redshift.dialect.typed import Typed
from local.engines.redshift.types import Type


def decimal_operand(value: Typed) -> str:
    """DuckDB SQL of a number as a decimal."""
    if value.type.name == "numeric":
        return value.sql
    precision, scale = types.digits(value.type)
    return f"CAST({value.sql} AS DECIMAL({precision},{scale}))"


def unscaled(sql: str, scale: int) -> str:
    """A decimal as a whole number of its last digit's units."""
    if scale == 0:
        return f"CAST({sql} AS HUGEINT)"
    return f"CAST({sql} * CAST({10**scale} AS DECIMAL({scale + 1},0)) AS HUGEINT)"


def rescaled(sql: str, kind: Type) -> str:
    """A whole number of units back to a decimal of the type."""
    if not kind.scale:
        return f"CAST({sql} AS {kind.duckdb})"
    unit = "0." + "0" * (kind.scale - 1) + "1"
    return f"CAST(CAST({sql} AS DECIMAL(38,0)) * CAST('{unit}' AS DECIMAL({kind.scale},{kind.scale})) AS {kind.duckdb})"


def divide(one: str, s1: int, other: str, s2: int, kind: Type) -> str:
    """Decimal division, cut (not rounded) at the scale of the result."""
    shift = (kind.scale or 0) - s1 + s2
    top, bottom = unscaled(one, s1), unscaled(other, s2)
    if shift >= 0:
        top = f"({top} * CAST({10**shift} AS HUGEINT))"
    else:
        bottom = f"({bottom} * CAST({10**-shift} AS HUGEINT))"
    return rescaled(f"rs_divide_integers({top}, {bottom})", kind)


def cut(sql: str, scale: int, kind: Type) -> str:
    """A decimal of a scale with fewer digits after the point, the rest cut off (not rounded)."""
    digits_left = kind.scale or 0
    units = f"({unscaled(sql, scale)} // CAST({10 ** (scale - digits_left)} AS HUGEINT))"
    return rescaled(units, kind) if kind.name == "numeric" else f"CAST({units} AS {kind.duckdb})"
