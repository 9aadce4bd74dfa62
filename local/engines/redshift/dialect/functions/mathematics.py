"""Mathematical functions ("Math functions" in the Amazon Redshift Database Developer Guide)."""

from __future__ import annotations

from local.engines.redshift import types
from local.engines.redshift.dialect import casts, decimals, numbers
from local.engines.redshift.dialect.functions.registry import Call, scalar, simple
from local.engines.redshift.dialect.typed import Typed
from local.engines.redshift.types import DOUBLE, numeric

for _name in (
    "sin",
    "cos",
    "tan",
    "cot",
    "asin",
    "acos",
    "atan",
    "degrees",
    "radians",
    "exp",
    "ln",
    "sqrt",
    "cbrt",
):
    simple(_name, "double", DOUBLE, _name + "({0})")
simple("atan2", "double double", DOUBLE, "atan2({0}, {1})")
simple("dexp", "double", DOUBLE, "exp({0})")
simple("dlog1", "double", DOUBLE, "ln({0})")
simple("dlog10", "double", DOUBLE, "log10({0})")
simple("power pow", "double double", DOUBLE, "pow({0}, {1})")
simple("pi", "", DOUBLE, "pi()")


@scalar("log")
def _log(call: Call) -> Typed:
    """LOG(number) is to base 10; LOG(base, number) to the base."""
    values = call.take("double", "double", optional=1)
    if len(values) == 1:
        return call.result(f"log10({values[0].sql})", DOUBLE)
    return call.result(f"(ln({values[1].sql}) / ln({values[0].sql}))", DOUBLE)


@scalar("random")
def _random(call: Call) -> Typed:
    call.count(0)
    call.scope.compilation.volatile = True
    return call.result("random()", DOUBLE)


@scalar("abs")
def _abs(call: Call) -> Typed:
    (value,) = call.take("number")
    return call.result(f"abs({value.sql})", value.type)


@scalar("sign")
def _sign(call: Call) -> Typed:
    (value,) = call.take("number")
    return call.result(f"CAST(sign({value.sql}) AS INTEGER)", types.INTEGER)


@scalar("ceil", "ceiling", "floor")
def _whole(call: Call) -> Typed:
    (value,) = call.take("number")
    function = "floor" if call.name == "floor" else "ceil"
    if value.type.is_integer:
        return call.result(value.sql, value.type)
    if value.type.name == "numeric":
        precision, scale = types.digits(value.type)
        kind = numeric(precision - scale + 1, 0)
        return call.result(f"CAST({function}({value.sql}) AS {kind.duckdb})", kind)
    return call.result(f"{function}({value.sql})", DOUBLE)


@scalar("round")
def _round(call: Call) -> Typed:
    values = call.take("number", "integer", optional=1)
    value = values[0]
    places = values[1] if len(values) > 1 else Typed("0", types.INTEGER, 0)
    if value.type.is_integer:
        return call.result(f"CAST(round({value.sql}, {places.sql}) AS {value.type.duckdb})", value.type)
    if value.type.name != "numeric":
        return call.result(f"round(CAST({value.sql} AS DOUBLE), {places.sql})", DOUBLE)
    precision, scale = types.digits(value.type)
    if not isinstance(places.constant, int) or places.constant < 0:
        return call.result(
            f"CAST(round(CAST({value.sql} AS DOUBLE), {places.sql}) AS {value.type.duckdb})", value.type
        )
    if places.constant >= scale:
        return call.result(value.sql, value.type)
    kind = numeric(precision - scale + places.constant + 1, places.constant)
    return call.result(f"CAST({value.sql} AS {kind.duckdb})", kind)


@scalar("trunc")
def _trunc(call: Call) -> Typed:
    """TRUNC(number [, places]); TRUNC(timestamp) is its date."""
    if call.nodes and call.argument(0).type.name in ("timestamp", "timestamptz", "date"):
        (value,) = call.take("timestamp")
        return call.result(f"CAST({value.sql} AS DATE)", types.DATE)
    values = call.take("number", "integer", optional=1)
    value = values[0]
    places = values[1].constant if len(values) > 1 else 0
    if value.type.is_integer and places == 0:
        return call.result(value.sql, value.type)
    if value.type.name == "numeric" and isinstance(places, int) and places >= 0:
        precision, scale = types.digits(value.type)
        if places >= scale:
            return call.result(value.sql, value.type)
        kind = numeric(precision - scale + places, places)
        return call.result(decimals.cut(value, kind), kind)
    shift = values[1].sql if len(values) > 1 else "0"
    double = casts.cast(value, DOUBLE).sql
    return call.result(f"(trunc({double} * pow(10, {shift})) / pow(10, {shift}))", DOUBLE)


@scalar("mod")
def _mod(call: Call) -> Typed:
    left, right = call.take("number", "number")
    value = numbers.arithmetic(left, "%", right)
    return call.result(value.sql, value.type)


@scalar("to_hex")
def _to_hex(call: Call) -> Typed:
    (value,) = call.take("bigint")
    return call.result(f"lower(hex({value.sql}))", types.varchar(16))
