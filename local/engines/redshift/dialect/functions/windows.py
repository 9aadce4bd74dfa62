"""Window functions and the OVER clause ("Window functions" in the Developer Guide)."""

from __future__ import annotations

from sqlglot import exp

from local.engines.redshift import errors, types
from local.engines.redshift.dialect.branches import bring, unify
from local.engines.redshift.dialect.clauses import direction
from local.engines.redshift.dialect.comparisons import equality_key
from local.engines.redshift.dialect.expressions import check_arguments, translate, translates
from local.engines.redshift.dialect.functions.registry import AGGREGATES, WINDOWS, Call, invoke, window
from local.engines.redshift.dialect.scope import Scope
from local.engines.redshift.dialect.typed import Typed
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.types import BIGINT, DOUBLE

_FRAMED = frozenset(("first_value", "last_value", "nth_value"))
_UNFRAMED_AGGREGATES = frozenset(("listagg", "median", "percentile_cont", "percentile_disc"))


@translates(exp.Window, "this", "partition_by", "order", "spec", "over")
def _window(node: exp.Window, scope: Scope) -> Typed:
    call = node.this
    extra: dict[str, object] = {}
    if isinstance(call, (exp.IgnoreNulls, exp.RespectNulls)):
        extra["ignore_nulls"] = isinstance(call, exp.IgnoreNulls)
        call = call.this
    if isinstance(call, exp.WithinGroup):
        extra.update(_within(call, scope))
        call = call.this
    if not isinstance(call, exp.Anonymous):
        raise unsupported(f"{type(call).__name__.upper()} as a window function")
    name = call.name.lower()
    over = _over(node, name, scope)
    if name == "ratio_to_report":
        return _ratio_to_report(call, over, scope)
    return invoke(call, scope, over=over, **extra)


def _over(node: exp.Window, name: str, scope: Scope) -> str:
    parts = []
    if node.args.get("partition_by"):
        parts.append(
            "PARTITION BY "
            + ", ".join(equality_key(translate(each, scope)) for each in node.args["partition_by"])
        )
    order = node.args.get("order")
    if order is not None:
        items = [equality_key(translate(each.this, scope)) + direction(each) for each in order.expressions]
        parts.append("ORDER BY " + ", ".join(items))
    spec = node.args.get("spec")
    if spec is not None:
        if name in WINDOWS and name not in _FRAMED:
            raise SqlError(errors.SYNTAX_ERROR, f"window function {name} does not take a frame clause")
        parts.append(_frame(spec))
    elif order is not None and (name in _FRAMED or (name in AGGREGATES and name not in _UNFRAMED_AGGREGATES)):
        raise SqlError(
            errors.FEATURE_NOT_SUPPORTED,
            "Aggregate window functions with an ORDER BY clause require a frame clause",
        )
    return f" OVER ({' '.join(parts)})"


def _frame(spec: exp.WindowSpec) -> str:
    check_arguments(spec, {"kind", "start", "start_side", "end", "end_side"})
    if (spec.args.get("kind") or "").upper() != "ROWS":
        raise SqlError(errors.FEATURE_NOT_SUPPORTED, "Range-based window frames are not supported")
    start = _bound(spec.args.get("start"), spec.args.get("start_side"))
    end = (
        _bound(spec.args.get("end"), spec.args.get("end_side"))
        if spec.args.get("end") is not None
        else "CURRENT ROW"
    )
    return f"ROWS BETWEEN {start} AND {end}"


def _bound(value: object, side: str | None) -> str:
    if isinstance(value, str):
        return f"{value.upper()} {side.upper()}" if side else value.upper()
    if isinstance(value, exp.Literal) and not value.is_string and value.this.isdigit() and side:
        return f"{value.this} {side.upper()}"
    raise unsupported("window frame bound that is not a whole number")


def _within(node: exp.WithinGroup, scope: Scope) -> dict[str, object]:
    order = node.expression
    if not isinstance(order, exp.Order):
        raise errors.syntax_error("WITHIN")
    values = tuple(translate(each.this, scope) for each in order.expressions)
    sql = ", ".join(
        value.sql + direction(each) for value, each in zip(values, order.expressions, strict=True)
    )
    descending = bool(order.expressions[0].args.get("desc"))
    return {"order": sql, "order_values": values, "order_descending": descending}


@translates(exp.WithinGroup, "this", "expression")
def _within_group(node: exp.WithinGroup, scope: Scope) -> Typed:
    with scope.aggregate():
        within = _within(node, scope)
    return invoke(node.this, scope, **within)


def _ordered(call: Call) -> None:
    if "ORDER BY" not in call.over:
        raise SqlError(
            errors.SYNTAX_ERROR, f"window function {call.name} requires an ORDER BY clause in OVER"
        )


@window("row_number", "rank", "dense_rank")
def _rank(call: Call) -> Typed:
    call.count(0)
    return call.result(f"{call.name}(){call.over}", BIGINT)


@window("percent_rank", "cume_dist")
def _share(call: Call) -> Typed:
    call.count(0)
    _ordered(call)
    return call.result(f"{call.name}(){call.over}", DOUBLE)


@window("ntile")
def _ntile(call: Call) -> Typed:
    (buckets,) = call.take("integer")
    return call.result(f"ntile({buckets.sql}){call.over}", BIGINT)


@window("lag", "lead")
def _offset(call: Call) -> Typed:
    call.count(1, 3)
    _ordered(call)
    value = call.argument(0)
    offset = call.argument(1) if len(call.nodes) > 1 else Typed("1", types.INTEGER, 1)
    parts = [f"{value.sql}{' IGNORE NULLS' if call.ignore_nulls else ''}", offset.sql]
    kind = value.type
    if len(call.nodes) > 2:
        kind, (value, default) = unify([value, call.argument(2)], call.name.upper())
        parts = [
            value.sql,
            offset.sql,
            bring(default, kind).sql + (" IGNORE NULLS" if call.ignore_nulls else ""),
        ]
    elif call.ignore_nulls:
        parts = [value.sql, offset.sql + " IGNORE NULLS"]
    return call.result(f"{call.name}({', '.join(parts)}){call.over}", kind)


@window("first_value", "last_value")
def _edge(call: Call) -> Typed:
    call.count(1)
    node = call.nodes[0]
    ignore = call.ignore_nulls
    if isinstance(node, (exp.IgnoreNulls, exp.RespectNulls)):
        ignore, node = isinstance(node, exp.IgnoreNulls), node.this
    value = translate(node, call.scope)
    return call.result(f"{call.name}({value.sql}{' IGNORE NULLS' if ignore else ''}){call.over}", value.type)


@window("nth_value")
def _nth(call: Call) -> Typed:
    call.count(2)
    value, position = call.argument(0), call.argument(1)
    return call.result(
        f"nth_value({value.sql}, {position.sql}{' IGNORE NULLS' if call.ignore_nulls else ''}){call.over}",
        value.type,
    )


@window("ratio_to_report")
def _never(call: Call) -> Typed:
    raise AssertionError("ratio_to_report is translated with its OVER clause")


def _ratio_to_report(node: exp.Anonymous, over: str, scope: Scope) -> Typed:
    call = Call("ratio_to_report", list(node.expressions), scope, over=over)
    (value,) = call.take("double")
    return call.result(f"({value.sql} / nullif(sum({value.sql}){over}, 0))", DOUBLE)
