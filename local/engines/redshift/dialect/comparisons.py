"""Comparisons and pattern matching."""

from __future__ import annotations

import re

from sqlglot import exp

from local.engines.redshift import errors, types
from local.engines.redshift.dialect import casts
from local.engines.redshift.dialect.expressions import Translator, translate, translates
from local.engines.redshift.dialect.scope import Scope
from local.engines.redshift.dialect.typed import Typed, quote_text
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.types import BOOL, Type


def operator_missing(left: Type, operator: str, right: Type) -> SqlError:
    """Redshift's answer when no operator takes these two types."""
    return SqlError(
        errors.UNDEFINED_FUNCTION,
        f"operator does not exist: {left.family} {operator} {right.family}",
        hint="No operator matches the given name and argument type(s). You may need to add explicit type casts.",
    )


def comparable(left: Typed, right: Typed, operator: str) -> tuple[Typed, Typed]:
    """Two operands brought to where DuckDB compares them as Redshift does.

    Raises:
        SqlError: 42883 when Redshift has no such comparison.
    """
    left, right = casts.unknown_to(left, right.type), casts.unknown_to(right, left.type)
    one, other = left.type, right.type
    if (one.is_text and other.is_text) or {one.name, other.name} <= {"name", "varchar", "char", "unknown"}:
        return without_trailing_blanks(left), without_trailing_blanks(right)
    if one.is_number and other.is_number:
        return left, right
    if one.is_temporal and other.is_temporal:
        if {one.name, other.name} <= {"date", "timestamp", "timestamptz"}:
            if "timestamptz" in (one.name, other.name) and one.name != other.name:
                return casts.cast(left, types.TIMESTAMPTZ), casts.cast(right, types.TIMESTAMPTZ)
            return left, right
        if one.name == other.name:
            return left, right
    if "super" in (one.name, other.name):
        return _super_operand(left, other), _super_operand(right, one)
    if one.name == other.name and one.name in ("bool", "interval", "varbyte", "oid"):
        return left, right
    if {one.name, other.name} <= {"oid", "int2", "int4", "int8"}:
        return left, right
    raise operator_missing(one, operator, other)


def _super_operand(value: Typed, other: Type) -> Typed:
    if value.type.name != "super":
        return value
    if other.name == "super":
        return Typed(f"CAST({value.sql} AS VARCHAR)", types.TEXT)
    kinds = (
        "('VARCHAR')"
        if other.is_text
        else "('BIGINT', 'UBIGINT', 'DOUBLE')"
        if other.is_number
        else "('BOOLEAN')"
    )
    # A SUPER value of another kind compares as null under lax semantics.
    return Typed(
        f"CASE WHEN json_type({value.sql}) IN {kinds} THEN CAST(({value.sql} ->> '$') AS {other.duckdb}) END",
        other,
    )


def without_trailing_blanks(value: Typed) -> Typed:
    """Trailing blanks do not count when strings are compared ("Character types")."""
    if isinstance(value.constant, str):
        stripped = value.constant.rstrip(" ")
        return Typed(quote_text(stripped), value.type, stripped, name=value.name)
    if value.type.name == "char" or value.is_null:
        return value
    return Typed(f"rtrim({value.sql}, ' ')", value.type, name=value.name)


def equality_key(value: Typed) -> str:
    """DuckDB SQL whose values are the same for two values that are equal: GROUP BY and DISTINCT go by it."""
    return without_trailing_blanks(value).sql if value.type.is_text else value.sql


def _comparison(operator: str) -> Translator:
    def comparison(node: exp.Expr, scope: Scope) -> Typed:
        left_node, right_node = node.this, node.args["expression"]
        if isinstance(left_node, exp.Tuple) and isinstance(right_node, exp.Tuple):
            if operator not in ("=", "<>") or len(left_node.expressions) != len(right_node.expressions):
                raise unsupported("row comparison")
            pairs = [
                compare(translate(a, scope), operator, translate(b, scope))
                for a, b in zip(left_node.expressions, right_node.expressions, strict=True)
            ]
            return Typed("(" + (" AND " if operator == "=" else " OR ").join(pairs) + ")", BOOL)
        left = translate(left_node, scope)
        if isinstance(right_node, exp.Any) and operator == "=" and isinstance(right_node.this, exp.Paren):
            listed = translate(right_node.this.this, scope)
            if listed.type.name == "smallints":
                return Typed(f"list_contains({listed.sql}, {left.sql})", BOOL)
        if isinstance(right_node, (exp.Any, exp.All)):
            return _quantified(left, operator, right_node, scope)
        return Typed(compare(left, operator, translate(right_node, scope)), BOOL)

    return comparison


def compare(left: Typed, operator: str, right: Typed) -> str:
    """DuckDB SQL of left operator right.

    Raises:
        SqlError: 42883 when Redshift has no such comparison.
    """
    one, other = comparable(left, right, operator)
    return f"({one.sql} {operator} {other.sql})"


def _quantified(left: Typed, operator: str, node: exp.Expr, scope: Scope) -> Typed:
    query = node.this.this if isinstance(node.this, exp.Subquery) else node.this
    if not isinstance(query, exp.Query):
        raise unsupported("ANY or ALL over an array")
    sql, outputs = scope.subquery(query)
    if len(outputs) != 1:
        raise SqlError(errors.SYNTAX_ERROR, "subquery has too many columns")
    one, other = comparable(left, Typed("item.value", outputs[0].type), operator)
    word = "ANY" if isinstance(node, exp.Any) else "ALL"
    return Typed(f"({one.sql} {operator} {word} (SELECT {other.sql} FROM ({sql}) AS item(value)))", BOOL)


for _class, _operator in (
    (exp.EQ, "="),
    (exp.NEQ, "<>"),
    (exp.LT, "<"),
    (exp.LTE, "<="),
    (exp.GT, ">"),
    (exp.GTE, ">="),
):
    translates(_class, "this", "expression")(_comparison(_operator))


@translates(exp.Between, "this", "low", "high")
def _between(node: exp.Expr, scope: Scope) -> Typed:
    value = translate(node.this, scope)
    low = compare(value, ">=", translate(node.args["low"], scope))
    high = compare(value, "<=", translate(node.args["high"], scope))
    return Typed(f"({low} AND {high})", BOOL)


@translates(exp.In, "this", "expressions", "query")
def _in(node: exp.Expr, scope: Scope) -> Typed:
    query = node.args.get("query")
    if query is not None:
        return _in_query(node, query.this if isinstance(query, exp.Subquery) else query, scope)
    if isinstance(node.this, exp.Tuple):
        return _rows_in(node, scope)
    value = translate(node.this, scope)
    items = [translate(each, scope) for each in node.expressions]
    pairs = [comparable(value, item, "=") for item in items]
    if len({left.sql for left, _ in pairs}) == 1:
        return Typed(f"({pairs[0][0].sql} IN ({', '.join(right.sql for _, right in pairs)}))", BOOL)
    return Typed("(" + " OR ".join(f"{left.sql} = {right.sql}" for left, right in pairs) + ")", BOOL)


def _rows_in(node: exp.Expr, scope: Scope) -> Typed:
    """(a, b) IN ((1, 2), …)."""
    subject = [translate(each, scope) for each in node.this.expressions]
    tests = []
    for row in node.expressions:
        if not isinstance(row, exp.Tuple) or len(row.expressions) != len(subject):
            raise SqlError(errors.SYNTAX_ERROR, "unequal number of entries in row expressions")
        items = [translate(each, scope) for each in row.expressions]
        tests.append(
            "("
            + " AND ".join(compare(one, "=", other) for one, other in zip(subject, items, strict=True))
            + ")"
        )
    return Typed("(" + " OR ".join(tests) + ")", BOOL)


def _in_query(node: exp.Expr, query: exp.Expr, scope: Scope) -> Typed:
    subject = node.this
    sql, outputs = scope.subquery(query)
    operands = [
        translate(each, scope)
        for each in (subject.expressions if isinstance(subject, exp.Tuple) else [subject])
    ]
    if len(outputs) != len(operands):
        raise SqlError(
            errors.SYNTAX_ERROR,
            f"subquery has too {'many' if len(outputs) > len(operands) else 'few'} columns",
        )
    names = [f"item_{position}" for position in range(len(outputs))]
    pairs = [
        comparable(operand, Typed(f"items.{name}", output.type), "=")
        for operand, name, output in zip(operands, names, outputs, strict=True)
    ]
    source = f"({sql}) AS items({', '.join(names)})"
    if len(pairs) == 1:
        return Typed(f"({pairs[0][0].sql} IN (SELECT {pairs[0][1].sql} FROM {source}))", BOOL)
    return Typed(_row_in_query(pairs, source, only_true=_only_true_counts(node)), BOOL)


def _row_in_query(pairs: list[tuple[Typed, Typed]], source: str, *, only_true: bool) -> str:
    """(a, b) IN (SELECT x, y …) by SQL's rules, where a null equals nothing: DuckDB takes nulls within rows as equal.

    Args:
        pairs: the components of the row, each with the column that it is compared with.
        source: DuckDB item of FROM that has the columns.
        only_true: whether false and unknown are the same where it stands, as in WHERE.
    """
    rows = ", ".join(one.sql for one, _ in pairs), ", ".join(other.sql for _, other in pairs)
    left_known = " AND ".join(f"{one.sql} IS NOT NULL" for one, _ in pairs)
    right_known = " AND ".join(f"{other.sql} IS NOT NULL" for _, other in pairs)
    true = f"({left_known} AND ({rows[0]}) IN (SELECT ({rows[1]}) FROM {source} WHERE {right_known}))"
    if only_true:
        return f"coalesce({true}, FALSE)"
    maybe = " AND ".join(
        f"({one.sql} = {other.sql} OR {one.sql} IS NULL OR {other.sql} IS NULL)" for one, other in pairs
    )
    unknown = (
        f"((NOT ({left_known}) OR EXISTS (SELECT 1 FROM {source} WHERE NOT ({right_known}))) "
        f"AND EXISTS (SELECT 1 FROM {source} WHERE {maybe}))"
    )
    return f"(CASE WHEN {true} THEN TRUE WHEN {unknown} THEN NULL ELSE FALSE END)"


_SELECTING = (exp.Where, exp.Having, exp.Qualify, exp.Join, exp.If)


def _only_true_counts(node: exp.Expr) -> bool:
    """Whether a condition stands where unknown is as good as false: below AND and OR of a WHERE, ON or WHEN."""
    child, parent = node, node.parent
    while isinstance(parent, (exp.And, exp.Or, exp.Paren)):
        child, parent = parent, parent.parent
    return isinstance(parent, _SELECTING) and child.arg_key in ("this", "on")


def _pattern_operands(node: exp.Expr, scope: Scope, operator: str) -> tuple[str, Typed]:
    value, pattern = translate(node.this, scope), translate(node.args["expression"], scope)
    for each in (value, pattern):
        if not each.type.is_text and each.type.name != "name":
            raise operator_missing(value.type, operator, pattern.type)
    return value.sql, pattern


def _like(word: str) -> Translator:
    def like(node: exp.Expr, scope: Scope) -> Typed:
        return _like_sql(node, scope, word, "\\")

    return like


def _like_sql(node: exp.Expr, scope: Scope, word: str, escape: str) -> Typed:
    value, pattern = _pattern_operands(node, scope, "~~")
    negated = "NOT " if node.args.get("negate") else ""
    if word == "ILIKE":
        # "ILIKE performs a case-insensitive pattern match for single-byte UTF-8 (ASCII) characters."
        value, pattern = f"rs_ascii_lower({value})", Typed(f"rs_ascii_lower({pattern.sql})", pattern.type)
        word = "LIKE"
    return Typed(f"({value} {negated}{word} {pattern.sql} ESCAPE {quote_text(escape)})", BOOL)


translates(exp.Like, "this", "expression", "negate")(_like("LIKE"))


translates(exp.ILike, "this", "expression", "negate")(_like("ILIKE"))


@translates(exp.Escape, "this", "expression")
def _escape(node: exp.Expr, scope: Scope) -> Typed:
    if not isinstance(node.expression, exp.Literal) or len(node.expression.this) != 1:
        raise SqlError("22025", "invalid escape string", hint="Escape string must be empty or one character.")
    word = {exp.Like: "LIKE", exp.ILike: "ILIKE"}.get(type(node.this))
    if word is None:
        raise unsupported("ESCAPE with SIMILAR TO")
    return _like_sql(node.this, scope, word, node.expression.this)


@translates(exp.SimilarTo, "this", "expression")
def _similar(node: exp.Expr, scope: Scope) -> Typed:
    value, pattern = _pattern_operands(node, scope, "SIMILAR TO")
    if not isinstance(pattern.constant, str):
        raise unsupported("SIMILAR TO a pattern that is not a constant")
    special = {"%": ".*", "_": ".", ".": r"\.", "^": r"\^", "$": r"\$"}
    regular = "".join(
        re.escape(token[-1]) if len(token) > 1 else special.get(token, token)
        for token in re.findall(r"\\+[^\\]|.", pattern.constant, re.DOTALL)
    )
    return Typed(f"regexp_full_match({value}, {quote_text(regular)}, 's')", BOOL)


@translates(exp.RegexpLike, "this", "expression")
def _posix(node: exp.Expr, scope: Scope) -> Typed:
    value, pattern = _pattern_operands(node, scope, "~")
    return Typed(f"regexp_matches({value}, {pattern.sql})", BOOL)
