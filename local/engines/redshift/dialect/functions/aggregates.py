"""Aggregate functions and their result types ("Aggregate functions" in the Developer Guide).

Each also works as a window function: ``call.over`` then holds the OVER clause.
"""

from __future__ import annotations

from decimal import Decimal

from local.engines.redshift import errors, types
from local.engines.redshift.dialect import casts, decimals
from local.engines.redshift.dialect.comparisons import equality_key
from local.engines.redshift.dialect.functions.registry import Call, aggregate
from local.engines.redshift.dialect.typed import Typed
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.types import BIGINT, BOOL, DOUBLE, Type, numeric


def _distinct(call: Call) -> str:
    if call.distinct and call.over:
        raise unsupported("DISTINCT in a window function")
    return "DISTINCT " if call.distinct else ""


@aggregate("count")
def _count(call: Call) -> Typed:
    if len(call.nodes) == 1 and type(call.nodes[0]).__name__ == "Star":
        return call.result(f"count(*){call.over}", BIGINT)
    call.count(1)
    value = call.argument(0)
    counted = equality_key(value) if call.distinct else value.sql
    return call.result(f"count({_distinct(call)}{counted}){call.over}", BIGINT)


@aggregate("approximate_count")
def _approximate_count(call: Call) -> Typed:
    if not call.distinct:
        raise SqlError(
            errors.SYNTAX_ERROR, "APPROXIMATE is only for COUNT ( DISTINCT … ) and PERCENTILE_DISC"
        )
    call.count(1)
    # Exact, which is within the error that Redshift allows itself (about 2 %).
    return Typed(f"count(DISTINCT {equality_key(call.argument(0))})", BIGINT, name="count")


def _number(call: Call) -> Typed:
    call.count(1)
    value = call.argument(0)
    if value.type.name == "super":
        return casts.cast(value, DOUBLE)
    if value.is_null or not value.type.is_number:
        raise call.missing([value.type])
    return value


def _sum_type(kind: Type) -> Type:
    if kind.name in ("int2", "int4"):
        return BIGINT
    if kind.name == "int8":
        return numeric(38, 0)
    if kind.name == "numeric":
        return numeric(38, kind.scale or 0)
    return DOUBLE


@aggregate("sum")
def _sum(call: Call) -> Typed:
    value = _number(call)
    kind = _sum_type(value.type)
    inner = f"CAST({value.sql} AS DOUBLE)" if kind == DOUBLE else value.sql
    return call.result(f"CAST(sum({_distinct(call)}{inner}){call.over} AS {kind.duckdb})", kind)


@aggregate("avg")
def _avg(call: Call) -> Typed:
    """BIGINT for integers (the fraction is cut), the argument's scale for decimals."""
    value = _number(call)
    distinct = _distinct(call)
    if value.type.is_integer:
        total = f"CAST(sum({distinct}{value.sql}){call.over} AS HUGEINT)"
        return call.result(
            f"CAST(({total} // nullif(count({distinct}{value.sql}){call.over}, 0)) AS BIGINT)", BIGINT
        )
    if value.type.name == "numeric":
        scale = value.type.scale or 0
        kind = numeric(38, scale)
        total = decimals.unscaled(f"sum({distinct}{value.sql}){call.over}", 38, scale)
        count = f"CAST(nullif(count({distinct}{value.sql}){call.over}, 0) AS HUGEINT)"
        return call.result(decimals.rescaled(f"({total} // {count})", kind), kind)
    return call.result(f"avg({distinct}CAST({value.sql} AS DOUBLE)){call.over}", DOUBLE)


@aggregate("min", "max")
def _extreme(call: Call) -> Typed:
    call.count(1)
    value = call.argument(0)
    if value.type.name in ("bool", "interval", "struct", "array"):
        raise call.missing([value.type])
    kind = types.varchar(value.type.length) if value.type.name == "unknown" else value.type
    return call.result(f"{call.name}({_distinct(call)}{value.sql}){call.over}", kind)


@aggregate("any_value")
def _any_value(call: Call) -> Typed:
    call.count(1)
    value = call.argument(0)
    return call.result(f"any_value({value.sql}){call.over}", value.type)


def _statistic(name: str, function: str) -> None:
    def statistic(call: Call) -> Typed:
        value = _number(call)
        return call.result(f"{function}({_distinct(call)}CAST({value.sql} AS DOUBLE)){call.over}", DOUBLE)

    aggregate(name)(statistic)


for _name, _function in (
    ("stddev", "stddev_samp"),
    ("stddev_samp", "stddev_samp"),
    ("stddev_pop", "stddev_pop"),
    ("variance", "var_samp"),
    ("var_samp", "var_samp"),
    ("var_pop", "var_pop"),
):
    _statistic(_name, _function)


@aggregate("bool_and", "bool_or")
def _bool(call: Call) -> Typed:
    (value,) = call.take("boolean")
    return call.result(f"{call.name}({value.sql}){call.over}", BOOL)


@aggregate("bit_and", "bit_or")
def _bits(call: Call) -> Typed:
    call.count(1)
    value = call.argument(0)
    if not value.type.is_integer:
        raise call.missing([value.type])
    return call.result(f"{call.name}({value.sql}){call.over}", value.type)


@aggregate("listagg")
def _listagg(call: Call) -> Typed:
    """LISTAGG([DISTINCT] value [, delimiter]) [WITHIN GROUP (ORDER BY …)]: null when nothing is left to join."""
    values = call.take("text", "text", optional=1)
    if len(values) > 1 and not isinstance(values[1].constant, str):
        raise unsupported("LISTAGG with a delimiter that is not a constant")
    delimiter = values[1].sql if len(values) > 1 else "''"
    if call.over and call.order:
        raise unsupported("LISTAGG as an ordered window function in the local Redshift")
    if call.distinct and call.order and any(each.sql != values[0].sql for each in call.order_values):
        raise unsupported("LISTAGG (DISTINCT …) ordered by another expression")
    if call.order and not call.over:
        call.scope.sort_aggregates(", ".join(each.sql for each in call.order_values))
    order = f" ORDER BY {call.order}" if call.order else ""
    if call.distinct:
        # DuckDB orders distinct values only by themselves.
        value = equality_key(values[0])
        order = f" ORDER BY {value}{' DESC NULLS FIRST' if call.order_descending else ''}" if order else ""
        joined = f"string_agg(DISTINCT {_filled(value)}, {delimiter}{order.replace(value, _filled(value))}){call.over}"
    else:
        joined = f"string_agg({_filled(values[0].sql)}, {delimiter}{order}){call.over}"
    return call.result(f"rs_listagg({joined})", types.TEXT)


def _filled(text: str) -> str:
    """A text that LISTAGG joins: "NULL values and empty strings are ignored"."""
    return f"nullif({text}, '')"


@aggregate("median")
def _median(call: Call) -> Typed:
    call.count(1)
    value = call.argument(0)
    if not call.over:
        call.scope.sort_aggregates(value.sql)
    return call.result(*_interpolated(value, "0.5", 1, call))


def _interpolated(value: Typed, fraction: str, digits: int, call: Call) -> tuple[str, Type]:
    """The value between the neighbours of a percentile.

    Dates and timestamps stay what they are, floats are double precision, everything else is a decimal: with the digits
    of the percentile behind those of the value, as the documentation's examples show (17.5 for integers).
    """
    if value.type.name in ("date", "timestamp", "timestamptz"):
        sql = f"quantile_cont({value.sql}, {fraction}){call.over}"
        return f"CAST({sql} AS {value.type.duckdb})", value.type
    if not value.type.is_number:
        raise call.missing([value.type])
    if value.type.name in ("float4", "float8"):
        return f"quantile_cont(CAST({value.sql} AS DOUBLE), {fraction}){call.over}", DOUBLE
    scale = value.type.scale or 0
    kind = numeric(38, scale + digits)
    # DuckDB interpolates decimals as doubles: the neighbours are taken as they are, and computed with as decimals.
    exact = f"CAST({value.sql} AS DECIMAL(38,{scale}))"
    steps, whole = int(Decimal(fraction).scaleb(digits)), 10**digits
    between = f"rs_interpolated(list_sort(list({exact}) FILTER (WHERE {value.sql} IS NOT NULL){call.over}), {steps}, {whole}"
    unit = Decimal(1).scaleb(-digits)
    return f"CAST({between}, CAST('{unit:f}' AS DECIMAL({digits + 1},{digits}))) AS {kind.duckdb})", kind


@aggregate("percentile_cont", "percentile_disc", "approximate_percentile_disc")
def _percentiles(call: Call) -> Typed:
    call.count(1)
    if len(call.order_values) != 1:
        raise SqlError(errors.SYNTAX_ERROR, f"{call.name} requires WITHIN GROUP (ORDER BY one expression)")
    fraction = call.argument(0)
    if not isinstance(fraction.constant, (int, str)) or not 0 <= float(fraction.constant) <= 1:
        raise SqlError(errors.INVALID_PARAMETER, f"{call.name} percentile must be a constant between 0 and 1")
    share = f"{1 - float(fraction.constant):.12g}" if call.order_descending else str(fraction.constant)
    value = call.order_values[0]
    name = call.name.removeprefix("approximate_")
    if name == "percentile_cont":
        if not call.over:
            call.scope.sort_aggregates(value.sql)
        sql, kind = _interpolated(value, share, fraction.type.scale or 0, call)
        return Typed(sql, kind, name=name)
    return Typed(f"quantile_disc({value.sql}, {share}){call.over}", value.type, name=name)


@aggregate("grouping")
def _grouping(call: Call) -> Typed:
    call.count(1)
    value = call.argument(0)
    key = call.scope.group_keys.get(value.sql)
    return call.result(f"CAST(grouping({value.sql if key is None else key.key}) AS INTEGER)", types.INTEGER)
