"""Scalar expressions: each node class that Redshift has a form for is translated here; any other is refused.

``translate`` looks the class of a node up in a table. What sqlglot parsed that Redshift does not know has no entry, and
arguments of a known class that are not listed with it are refused too, so nothing passes by being overlooked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from local.redshift import errors, types
from local.redshift.dialect import casts, numbers
from local.redshift.dialect.reading import PARAMETER_PREFIX
from local.redshift.dialect.typed import (
    Typed,
    null_literal,
    number_literal,
    quote_text,
    text_literal,
)
from local.redshift.errors import SqlError, unsupported
from local.redshift.types import BOOL, Type

if TYPE_CHECKING:
    from local.redshift.dialect.scope import Scope

Translator = Callable[[exp.Expression, "Scope"], Typed]
_TRANSLATORS: dict[type, Translator] = {}
_ARGUMENTS: dict[type, frozenset[str]] = {}
_IGNORED = frozenset(("join_mark", "_type", "comments"))

CONSTRUCTS = {
    "Struct": "struct literal",
    "Lambda": "lambda expression",
    "JSONExtract": "operator ->",
    "JSONExtractScalar": "operator ->>",
    "Filter": "FILTER clause",
    "Array": "array constructor",
    "NullSafeEQ": "IS NOT DISTINCT FROM",
    "NullSafeNEQ": "IS DISTINCT FROM",
    "TryCast": "function try_cast",
    "Glob": "operator GLOB",
    "Unnest": "UNNEST",
    "Values": "VALUES list as a table",
    "Lateral": "LATERAL",
    "TableSample": "TABLESAMPLE",
    "If": "function if",
    "Star": "* in an expression",
    "IntDiv": "operator //",
    "Slice": "array slice",
    "RegexpILike": "operator ~*",
    "Placeholder": "placeholder",
    "Parameter": "operator @",
    "Collate": "COLLATE",
    "RawString": "dollar-quoted string in a query",
}


def translates(node_class: type, *arguments: str) -> Callable[[Translator], Translator]:
    """Register the translator of a node class, and the arguments that the node may carry."""

    def register(function: Translator) -> Translator:
        _TRANSLATORS[node_class] = function
        _ARGUMENTS[node_class] = frozenset(arguments)
        return function

    return register


def describe(node: exp.Expression) -> str:
    """The construct's name for an error."""
    name = type(node).__name__
    return CONSTRUCTS.get(name, f"construct {name.upper()}")


def check_arguments(node: exp.Expression, allowed: frozenset[str] | set[str]) -> None:
    """Refuse a clause that Redshift does not have.

    Raises:
        SqlError: 0A000 naming it.
    """
    for key, value in node.args.items():
        if value and key not in allowed and key not in _IGNORED:
            raise unsupported(f"{describe(node)} with {key.strip('_').replace('_', ' ')}")


def translate(node: exp.Expression, scope: Scope) -> Typed:
    """The DuckDB SQL and type of a Redshift expression.

    Raises:
        SqlError: 0A000 for what Redshift lacks, 42703 and others for what is wrong.
    """
    translator = _TRANSLATORS.get(type(node))
    if translator is None:
        raise unsupported(describe(node))
    check_arguments(node, _ARGUMENTS[type(node)])
    return translator(node, scope)


def condition(node: exp.Expression, scope: Scope, clause: str) -> str:
    """DuckDB SQL of an expression that must be a boolean.

    Raises:
        SqlError: 42804.
    """
    value = translate(node, scope)
    if value.type.name == "unknown":
        value = casts.unknown_to(value, BOOL)
    if value.type.name != "bool":
        raise SqlError(
            errors.DATATYPE_MISMATCH,
            f"argument of {clause} must be type boolean, not type {value.type.family}",
        )
    return value.sql


@translates(exp.Literal, "this", "is_string")
def _literal(node: exp.Expression, scope: Scope) -> Typed:
    return text_literal(node.this) if node.is_string else number_literal(node.this)


@translates(exp.Null)
def _null(node: exp.Expression, scope: Scope) -> Typed:
    return null_literal()


@translates(exp.Boolean, "this")
def _boolean(node: exp.Expression, scope: Scope) -> Typed:
    return Typed("TRUE" if node.this else "FALSE", BOOL, name="bool")


@translates(exp.Column, "this", "table", "db", "catalog")
def _column(node: exp.Expression, scope: Scope) -> Typed:
    parts = tuple(part.name.lower() for part in node.parts)
    if isinstance(node.this, exp.Star):
        raise unsupported("* in an expression")
    if len(parts) == 1 and parts[0].startswith(PARAMETER_PREFIX):
        return scope.parameter(int(parts[0][len(PARAMETER_PREFIX) :]))
    return scope.column(parts)


@translates(exp.Dot, "this", "expression")
def _dot(node: exp.Expression, scope: Scope) -> Typed:
    if isinstance(node.this, exp.Identifier) and isinstance(node.expression, exp.Anonymous):
        if node.this.name.lower() != "pg_catalog":
            raise SqlError(errors.UNDEFINED_SCHEMA, f'schema "{node.this.name.lower()}" does not exist')
        return translate(node.expression, scope)
    if not isinstance(node.expression, exp.Identifier):
        raise unsupported(describe(node))
    return scope.member(translate(node.this, scope), node.expression.name.lower())


@translates(exp.Bracket, "this", "expressions")
def _bracket(node: exp.Expression, scope: Scope) -> Typed:
    if len(node.expressions) != 1:
        raise unsupported("array slice")
    index = node.expressions[0]
    value = translate(node.this, scope)
    if isinstance(index, exp.Literal) and index.is_string:
        return scope.member(value, index.this)
    if isinstance(index, exp.Literal):
        return scope.element(value, int(index.this))
    raise unsupported("array index that is not a constant")


@translates(exp.Paren, "this")
def _paren(node: exp.Expression, scope: Scope) -> Typed:
    inner = translate(node.this, scope)
    return Typed(f"({inner.sql})", inner.type, inner.constant, inner.is_null, inner.name)


@translates(exp.Subquery, "this")
def _subquery(node: exp.Expression, scope: Scope) -> Typed:
    sql, outputs = scope.subquery(node.this)
    if len(outputs) != 1:
        raise SqlError(errors.SYNTAX_ERROR, "subquery must return only one column")
    return Typed(
        f"({sql})",
        types.varchar(outputs[0].type.length) if outputs[0].type.name == "unknown" else outputs[0].type,
        name=outputs[0].name,
    )


@translates(exp.Exists, "this")
def _exists(node: exp.Expression, scope: Scope) -> Typed:
    query = node.this.this if isinstance(node.this, exp.Subquery) else node.this
    sql, _ = scope.subquery(query)
    return Typed(f"EXISTS ({sql})", BOOL)


def _logical(word: str) -> Translator:
    def logical(node: exp.Expression, scope: Scope) -> Typed:
        # A chain of ANDs is a left-deep tree; walking it in a loop keeps long ones off Python's stack.
        operands: list[str] = []
        current: exp.Expression = node
        while isinstance(current, type(node)):
            check_arguments(current, _ARGUMENTS[type(node)])
            operands.append(condition(current.args["expression"], scope, word))
            current = current.this
        operands.append(condition(current, scope, word))
        return Typed("(" + f" {word} ".join(reversed(operands)) + ")", BOOL)

    return logical


translates(exp.And, "this", "expression")(_logical("AND"))
translates(exp.Or, "this", "expression")(_logical("OR"))


@translates(exp.Not, "this")
def _not(node: exp.Expression, scope: Scope) -> Typed:
    return Typed(f"(NOT {condition(node.this, scope, 'NOT')})", BOOL)


@translates(exp.Is, "this", "expression")
def _is(node: exp.Expression, scope: Scope) -> Typed:
    value = translate(node.this, scope)
    if isinstance(node.expression, exp.Null):
        if value.type.name == "super":
            return Typed(f"({value.sql} IS NULL OR json_type({value.sql}) = 'NULL')", BOOL)
        return Typed(f"({value.sql} IS NULL)", BOOL)
    if isinstance(node.expression, exp.Boolean):
        value = casts.unknown_to(value, BOOL)
        if value.type.name != "bool":
            raise SqlError(
                errors.DATATYPE_MISMATCH,
                f"argument of IS TRUE must be type boolean, not type {value.type.family}",
            )
        return Typed(f"({value.sql} IS {'TRUE' if node.expression.this else 'FALSE'})", BOOL)
    raise unsupported("IS " + node.expression.sql()[:30])


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
        return _without_trailing_blanks(left), _without_trailing_blanks(right)
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


def _without_trailing_blanks(value: Typed) -> Typed:
    """Trailing blanks do not count when strings are compared ("Character types")."""
    if isinstance(value.constant, str):
        stripped = value.constant.rstrip(" ")
        return Typed(quote_text(stripped), value.type, stripped, name=value.name)
    if value.type.name == "char" or value.is_null:
        return value
    return Typed(f"rtrim({value.sql}, ' ')", value.type, name=value.name)


def _comparison(operator: str) -> Translator:
    def comparison(node: exp.Expression, scope: Scope) -> Typed:
        left_node, right_node = node.this, node.args["expression"]
        if isinstance(left_node, exp.Tuple) and isinstance(right_node, exp.Tuple):
            if operator not in ("=", "<>") or len(left_node.expressions) != len(right_node.expressions):
                raise unsupported("row comparison")
            pairs = [
                _compare(translate(a, scope), operator, translate(b, scope))
                for a, b in zip(left_node.expressions, right_node.expressions, strict=True)
            ]
            return Typed("(" + (" AND " if operator == "=" else " OR ").join(pairs) + ")", BOOL)
        left = translate(left_node, scope)
        if isinstance(right_node, (exp.Any, exp.All)):
            return _quantified(left, operator, right_node, scope)
        return Typed(_compare(left, operator, translate(right_node, scope)), BOOL)

    return comparison


def _compare(left: Typed, operator: str, right: Typed) -> str:
    one, other = comparable(left, right, operator)
    return f"({one.sql} {operator} {other.sql})"


def _quantified(left: Typed, operator: str, node: exp.Expression, scope: Scope) -> Typed:
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
def _between(node: exp.Expression, scope: Scope) -> Typed:
    value = translate(node.this, scope)
    low = _compare(value, ">=", translate(node.args["low"], scope))
    high = _compare(value, "<=", translate(node.args["high"], scope))
    return Typed(f"({low} AND {high})", BOOL)


@translates(exp.In, "this", "expressions", "query")
def _in(node: exp.Expression, scope: Scope) -> Typed:
    query = node.args.get("query")
    if query is not None:
        return _in_query(node.this, query.this if isinstance(query, exp.Subquery) else query, scope)
    if isinstance(node.this, exp.Tuple):
        return _rows_in(node, scope)
    value = translate(node.this, scope)
    items = [translate(each, scope) for each in node.expressions]
    pairs = [comparable(value, item, "=") for item in items]
    if len({left.sql for left, _ in pairs}) == 1:
        return Typed(f"({pairs[0][0].sql} IN ({', '.join(right.sql for _, right in pairs)}))", BOOL)
    return Typed("(" + " OR ".join(f"{left.sql} = {right.sql}" for left, right in pairs) + ")", BOOL)


def _rows_in(node: exp.Expression, scope: Scope) -> Typed:
    """(a, b) IN ((1, 2), …)."""
    subject = [translate(each, scope) for each in node.this.expressions]
    tests = []
    for row in node.expressions:
        if not isinstance(row, exp.Tuple) or len(row.expressions) != len(subject):
            raise SqlError(errors.SYNTAX_ERROR, "unequal number of entries in row expressions")
        items = [translate(each, scope) for each in row.expressions]
        tests.append(
            "("
            + " AND ".join(_compare(one, "=", other) for one, other in zip(subject, items, strict=True))
            + ")"
        )
    return Typed("(" + " OR ".join(tests) + ")", BOOL)


def _in_query(node: exp.Expression, query: exp.Expression, scope: Scope) -> Typed:
    sql, outputs = scope.subquery(query)
    operands = [
        translate(each, scope) for each in (node.expressions if isinstance(node, exp.Tuple) else [node])
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
    left = ", ".join(one.sql for one, _ in pairs)
    right = ", ".join(other.sql for _, other in pairs)
    if len(pairs) > 1:
        left, right = f"({left})", f"({right})"
    return Typed(f"({left} IN (SELECT {right} FROM ({sql}) AS items({', '.join(names)})))", BOOL)


def _pattern_operands(node: exp.Expression, scope: Scope, operator: str) -> tuple[str, Typed]:
    value, pattern = translate(node.this, scope), translate(node.args["expression"], scope)
    for each in (value, pattern):
        if not each.type.is_text and each.type.name != "name":
            raise operator_missing(value.type, operator, pattern.type)
    return value.sql, pattern


def _like(word: str) -> Translator:
    def like(node: exp.Expression, scope: Scope) -> Typed:
        return _like_sql(node, scope, word, "\\")

    return like


def _like_sql(node: exp.Expression, scope: Scope, word: str, escape: str) -> Typed:
    value, pattern = _pattern_operands(node, scope, "~~")
    negated = "NOT " if node.args.get("negate") else ""
    return Typed(f"({value} {negated}{word} {pattern.sql} ESCAPE {quote_text(escape)})", BOOL)


translates(exp.Like, "this", "expression", "negate")(_like("LIKE"))
translates(exp.ILike, "this", "expression", "negate")(_like("ILIKE"))


@translates(exp.Escape, "this", "expression")
def _escape(node: exp.Expression, scope: Scope) -> Typed:
    if not isinstance(node.expression, exp.Literal) or len(node.expression.this) != 1:
        raise SqlError("22025", "invalid escape string", hint="Escape string must be empty or one character.")
    word = {exp.Like: "LIKE", exp.ILike: "ILIKE"}.get(type(node.this))
    if word is None:
        raise unsupported("ESCAPE with SIMILAR TO")
    return _like_sql(node.this, scope, word, node.expression.this)


@translates(exp.SimilarTo, "this", "expression")
def _similar(node: exp.Expression, scope: Scope) -> Typed:
    value, pattern = _pattern_operands(node, scope, "SIMILAR TO")
    if not isinstance(pattern.constant, str):
        raise unsupported("SIMILAR TO a pattern that is not a constant")
    regular = "".join(
        {"%": ".*", "_": ".", ".": r"\.", "^": r"\^", "$": r"\$"}.get(c, c) for c in pattern.constant
    )
    return Typed(f"regexp_full_match({value}, {quote_text(regular)}, 's')", BOOL)


@translates(exp.RegexpLike, "this", "expression")
def _posix(node: exp.Expression, scope: Scope) -> Typed:
    value, pattern = _pattern_operands(node, scope, "~")
    return Typed(f"regexp_matches({value}, {pattern.sql})", BOOL)


@translates(exp.Cast, "this", "to")
def _cast(node: exp.Expression, scope: Scope) -> Typed:
    target = data_type(node.args["to"], casting=True)
    value = casts.cast(translate(node.this, scope), target, cutting=node.this.find(exp.Column) is not None)
    name = value.name if isinstance(node.this, exp.Column) else target.name
    return Typed(value.sql, value.type, name=name)


def data_type(node: exp.Expression, *, casting: bool = False) -> Type:
    """The type that a type name in the tree means."""
    if not isinstance(node, exp.DataType) or node.args.get("nested"):
        raise SqlError(errors.UNDEFINED_OBJECT, f'type "{node.sql().lower()}" does not exist')
    name = _TYPE_NAMES.get(node.this.value if hasattr(node.this, "value") else str(node.this))
    if name is None:
        raise SqlError(errors.UNDEFINED_OBJECT, f'type "{node.sql().lower()}" does not exist')
    return types.from_sql(name, tuple(each.name for each in node.expressions), casting=casting)


_TYPE_NAMES = {
    "BOOLEAN": "boolean", "SMALLINT": "smallint", "INT": "integer", "BIGINT": "bigint", "DECIMAL": "numeric",
    "FLOAT": "real", "DOUBLE": "double precision", "CHAR": "char", "NCHAR": "char", "BPCHAR": "bpchar",
    "VARCHAR": "varchar", "NVARCHAR": "varchar", "TEXT": "text", "DATE": "date", "TIME": "time", "TIMETZ": "timetz",
    "TIMESTAMP": "timestamp", "TIMESTAMPTZ": "timestamptz", "SUPER": "super", "VARBINARY": "varbyte", "NAME": "name",
    "INTERVAL": "interval", "GEOMETRY": "geometry", "GEOGRAPHY": "geography", "HLLSKETCH": "hllsketch",
}  # fmt: skip


@translates(exp.Case, "this", "ifs", "default")
def _case(node: exp.Expression, scope: Scope) -> Typed:
    subject = translate(node.this, scope) if node.args.get("this") is not None else None
    conditions, results = [], []
    for branch in node.args["ifs"]:
        if subject is None:
            conditions.append(condition(branch.this, scope, "CASE/WHEN"))
        else:
            conditions.append(_compare(subject, "=", translate(branch.this, scope)))
        results.append(translate(branch.args["true"], scope))
    default = node.args.get("default")
    results.append(translate(default, scope) if default is not None else null_literal())
    kind, branches = unify(results, "CASE")
    body = "".join(
        f" WHEN {test} THEN {value.sql}" for test, value in zip(conditions, branches, strict=False)
    )
    return Typed(f"(CASE{body} ELSE {branches[-1].sql} END)", kind, name="case")


def unify(values: list[Typed], construct: str) -> tuple[Type, list[Typed]]:
    """Several branches brought to one type.

    Raises:
        SqlError: 42804.
    """
    kind = types.common([each.type for each in values if not each.is_null], construct)
    if kind.name == "unknown":
        kind = types.varchar(max((each.type.length or 1 for each in values), default=1))
    return kind, [bring(each, kind) for each in values]


def bring(value: Typed, kind: Type) -> Typed:
    """A value to the common type of several; text stays as it is."""
    if value.is_null or value.type == kind or (value.type.is_text and kind.is_text):
        return value
    return casts.cast(value, kind)


def _arithmetic(operator: str) -> Translator:
    def arithmetic(node: exp.Expression, scope: Scope) -> Typed:
        left, right = translate(node.this, scope), translate(node.args["expression"], scope)
        return numbers.arithmetic(left, operator, right)

    return arithmetic


for _class, _operator in ((exp.Add, "+"), (exp.Sub, "-"), (exp.Mul, "*"), (exp.Mod, "%"), (exp.Pow, "^")):
    translates(_class, "this", "expression")(_arithmetic(_operator))
translates(exp.Div, "this", "expression", "typed", "safe")(_arithmetic("/"))


@translates(exp.Neg, "this")
def _negative(node: exp.Expression, scope: Scope) -> Typed:
    value = translate(node.this, scope)
    if value.type.name == "unknown" and isinstance(value.constant, str):
        value = casts.cast(value, types.DOUBLE)
    if not value.type.is_number and value.type.name != "interval":
        raise SqlError(errors.UNDEFINED_FUNCTION, f"operator does not exist: - {value.type.family}")
    constant = -value.constant if isinstance(value.constant, int) else None
    return Typed(f"(-{value.sql})", value.type, constant, name=value.name)


@translates(exp.DPipe, "this", "expression", "safe")
def _concatenate(node: exp.Expression, scope: Scope) -> Typed:
    operands: list[Typed] = []
    current: exp.Expression = node
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
    def bitwise(node: exp.Expression, scope: Scope) -> Typed:
        left, right = translate(node.this, scope), translate(node.args["expression"], scope)
        if not (left.type.is_integer and right.type.is_integer):
            raise operator_missing(left.type, operator, right.type)
        return Typed(f"({left.sql} {operator} {right.sql})", types.promote(left.type, right.type))

    return bitwise


for _class, _operator in (
    (exp.BitwiseAnd, "&"),
    (exp.BitwiseOr, "|"),
    (exp.BitwiseLeftShift, "<<"),
    (exp.BitwiseRightShift, ">>"),
):
    translates(_class, "this", "expression")(_bitwise(_operator))


_UNITS = {
    "microsecond": "microsecond", "microseconds": "microsecond", "us": "microsecond",
    "millisecond": "millisecond", "milliseconds": "millisecond", "ms": "millisecond", "second": "second",
    "seconds": "second", "sec": "second", "s": "second", "minute": "minute", "minutes": "minute", "min": "minute",
    "mins": "minute", "hour": "hour", "hours": "hour", "h": "hour", "hr": "hour", "day": "day", "days": "day",
    "d": "day", "week": "week", "weeks": "week", "w": "week", "month": "month", "months": "month", "mon": "month",
    "quarter": "quarter", "quarters": "quarter", "year": "year", "years": "year", "y": "year", "yr": "year",
}  # fmt: skip


@translates(exp.Interval, "this", "unit")
def _interval(node: exp.Expression, scope: Scope) -> Typed:
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
def _at_time_zone(node: exp.Expression, scope: Scope) -> Typed:
    value, zone = translate(node.this, scope), translate(node.args["zone"], scope)
    value = casts.unknown_to(value, types.TIMESTAMP)
    if value.type.name == "timestamptz":
        return Typed(f"timezone({zone.sql}, {value.sql})", types.TIMESTAMP, name="timezone")
    return Typed(f"timezone({zone.sql}, CAST({value.sql} AS TIMESTAMP))", types.TIMESTAMPTZ, name="timezone")
