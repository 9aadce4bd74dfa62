"""Conditional functions, and the syntax that is really a function call."""

from __future__ import annotations

from sqlglot import exp

from local.engines.redshift import types
from local.engines.redshift.dialect import casts
from local.engines.redshift.dialect.branches import unify
from local.engines.redshift.dialect.comparisons import comparable
from local.engines.redshift.dialect.expressions import data_type, translate, translates
from local.engines.redshift.dialect.functions.registry import Call, invoke, scalar
from local.engines.redshift.dialect.reading import parse_expression
from local.engines.redshift.dialect.scope import Scope
from local.engines.redshift.dialect.typed import Typed
from local.engines.redshift.errors import unsupported


@scalar("coalesce", "nvl", "ifnull")
def _coalesce(call: Call) -> Typed:
    if call.name == "ifnull":
        raise call.missing([each.type for each in call.arguments()])
    kind, values = unify(call.arguments(), "COALESCE")
    return Typed(f"coalesce({', '.join(each.sql for each in values)})", kind, name="coalesce")


@scalar("nvl2")
def _nvl2(call: Call) -> Typed:
    call.count(3)
    tested, *results = call.arguments()
    kind, values = unify(results, "NVL2")
    return call.result(
        f"CASE WHEN {tested.sql} IS NOT NULL THEN {values[0].sql} ELSE {values[1].sql} END", kind
    )


@scalar("nullif")
def _nullif(call: Call) -> Typed:
    call.count(2)
    first, second = call.arguments()
    one, other = comparable(first, second, "=")
    value = casts.unknown_to(first, second.type)
    return Typed(
        f"CASE WHEN {one.sql} = {other.sql} THEN NULL ELSE {value.sql} END", value.type, name="nullif"
    )


@scalar("decode")
def _decode(call: Call) -> Typed:
    """Unlike CASE, DECODE finds null equal to null."""
    call.count(3, 1000)
    subject, *rest = call.arguments()
    pairs = [(rest[position], rest[position + 1]) for position in range(0, len(rest) - 1, 2)]
    results = [result for _, result in pairs]
    if len(rest) % 2:
        results.append(rest[-1])
    kind, values = unify(results, "DECODE")
    body = ""
    for (search, _), value in zip(pairs, values, strict=False):
        one, other = comparable(subject, search, "=")
        body += f" WHEN {one.sql} IS NOT DISTINCT FROM {other.sql} THEN {value.sql}"
    otherwise = values[-1].sql if len(rest) % 2 else "NULL"
    return Typed(f"(CASE{body} ELSE {otherwise} END)", kind, name="case")


@scalar("greatest", "least")
def _extreme(call: Call) -> Typed:
    call.count(1, 1000)
    kind, values = unify(call.arguments(), call.name.upper())
    return call.result(f"{call.name}({', '.join(each.sql for each in values)})", kind)


@scalar("convert")
def _convert(call: Call) -> Typed:
    """CONVERT(type, expression)."""
    call.count(2)
    target = parse_expression(f"CAST(NULL AS {call.nodes[0].sql(dialect='redshift')})")
    if not isinstance(target, exp.Cast):
        raise unsupported("this form of CONVERT")
    value = casts.cast(call.argument(1), data_type(target.args["to"], casting=True))
    return Typed(value.sql, value.type, name=value.type.name)


@translates(exp.Substring, "this", "start", "length")
def _substring(node: exp.Expr, scope: Scope) -> Typed:
    parts = [node.this, node.args.get("start") or exp.Literal.number(1), node.args.get("length")]
    return invoke(
        exp.Anonymous(this="substring", expressions=[each for each in parts if each is not None]), scope
    )


@translates(exp.StrPosition, "this", "substr")
def _position(node: exp.Expr, scope: Scope) -> Typed:
    return invoke(exp.Anonymous(this="strpos", expressions=[node.this, node.args["substr"]]), scope)


@translates(exp.Trim, "this", "expression", "position")
def _trim(node: exp.Expr, scope: Scope) -> Typed:
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get((node.args.get("position") or "").upper(), "btrim")
    parts = [node.this] + ([node.expression] if node.args.get("expression") is not None else [])
    return invoke(exp.Anonymous(this=name, expressions=parts), scope)


@translates(exp.Extract, "this", "expression")
def _extract(node: exp.Expr, scope: Scope) -> Typed:
    return invoke(exp.Anonymous(this="extract", expressions=[node.this, node.expression]), scope)


@translates(exp.CurrentTimestamp, "sysdate")
def _current_timestamp(node: exp.Expr, scope: Scope) -> Typed:
    if node.args.get("sysdate"):
        return scope.compilation.environment.session_value("sysdate")
    scope.compilation.leader_function = "current_timestamp"
    value = scope.compilation.environment.session_value("sysdate")
    return Typed(casts.cast(value, types.TIMESTAMPTZ).sql, types.TIMESTAMPTZ, name="timestamptz")


@translates(exp.CurrentDate)
def _current_date(node: exp.Expr, scope: Scope) -> Typed:
    value = scope.compilation.environment.session_value("sysdate")
    return Typed(f"CAST({value.sql} AS DATE)", types.DATE, name="date")


@translates(exp.CurrentUser, "this")
def _current_user(node: exp.Expr, scope: Scope) -> Typed:
    return scope.compilation.environment.session_value("current_user")


@translates(exp.SessionUser)
def _session_user(node: exp.Expr, scope: Scope) -> Typed:
    return scope.compilation.environment.session_value("current_user")


@translates(exp.CurrentSchema)
def _current_schema(node: exp.Expr, scope: Scope) -> Typed:
    return scope.compilation.environment.session_value("current_schema")


@translates(exp.Alias, "this", "alias")
def _alias(node: exp.Expr, scope: Scope) -> Typed:
    raise unsupported("alias inside an expression")


@translates(exp.Tuple, "expressions")
def _tuple(node: exp.Expr, scope: Scope) -> Typed:
    if len(node.expressions) == 1:
        return translate(node.expressions[0], scope)
    raise unsupported("row constructor")
