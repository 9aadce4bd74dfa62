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


def unscaled(sql: str, precision: int, scale: int) -> str:
    """A decimal of a type as a whole number of its last digit's units."""
    if scale == 0:
        return f"CAST({sql} AS HUGEINT)"
    if precision + scale < types.MAXIMUM_PRECISION:
        wide = f"CAST({sql} AS DECIMAL({types.MAXIMUM_PRECISION},{scale}))"
        return f"CAST({wide} * CAST({10**scale} AS DECIMAL({scale + 1},0)) AS HUGEINT)"
    # The product would need more digits than there are, though the number of units does not.
    return f"CAST(replace(CAST({sql} AS VARCHAR), '.', '') AS HUGEINT)"


def rescaled(sql: str, kind: Type) -> str:
    """A whole number of units back to a decimal of the type."""
    if not kind.scale:
        return f"CAST({sql} AS {kind.duckdb})"
    unit = "0." + "0" * (kind.scale - 1) + "1"
    return f"CAST(CAST({sql} AS DECIMAL(38,0)) * CAST('{unit}' AS DECIMAL({kind.scale},{kind.scale})) AS {kind.duckdb})"


def divide(one: str, of_one: tuple[int, int], other: str, of_other: tuple[int, int], kind: Type) -> str:
    """Decimal division, cut (not rounded) at the scale of the result.

    Args:
        of_one, of_other: precision and scale of the operands.
    """
    shift = (kind.scale or 0) - of_one[1] + of_other[1]
    top, bottom = unscaled(one, *of_one), unscaled(other, *of_other)
    if shift >= 0:
        top = f"({top} * CAST({10**shift} AS HUGEINT))"
    else:
        bottom = f"({bottom} * CAST({10**-shift} AS HUGEINT))"
    return rescaled(f"rs_divide_integers({top}, {bottom})", kind)


def cut(value: Typed, kind: Type) -> str:
    """A decimal with fewer digits after the point, the rest cut off (not rounded)."""
    precision, scale = types.digits(value.type)
    units = (
        f"({unscaled(value.sql, precision, scale)} // CAST({10 ** (scale - (kind.scale or 0))} AS HUGEINT))"
    )
    return rescaled(units, kind) if kind.name == "numeric" else f"CAST({units} AS {kind.duckdb})"
