"""Scalar expressions: each node class that Redshift has a form for is translated here; any other is refused.

``translate`` looks the class of a node up in a table. What sqlglot parsed that Redshift does not know has no entry, and
arguments of a known class that are not listed with it are refused too, so nothing passes by being overlooked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlglot import exp

from local.engines.redshift import errors, types
from local.engines.redshift.dialect import casts
from local.engines.redshift.dialect.reading import PARAMETER_PREFIX
from local.engines.redshift.dialect.scope import Scope
from local.engines.redshift.dialect.typed import Typed, null_literal, number_literal, text_literal
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.types import BOOL, Type

Node = TypeVar("Node", bound=exp.Expr)
Translator = Callable[[exp.Expr, Scope], Typed]
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


def translates(
    node_class: type[Node], *arguments: str
) -> Callable[[Callable[[Node, Scope], Typed]], Callable[[Node, Scope], Typed]]:
    """Register the translator of a node class, and the arguments that the node may carry."""

    def register(function: Callable[[Node, Scope], Typed]) -> Callable[[Node, Scope], Typed]:
        # the table is only ever asked for the class of the node
        _TRANSLATORS[node_class] = function  # type: ignore[assignment]
        _ARGUMENTS[node_class] = frozenset(arguments)
        return function

    return register


def describe(node: exp.Expr) -> str:
    """The construct's name for an error."""
    name = type(node).__name__
    return CONSTRUCTS.get(name, f"construct {name.upper()}")


def check_arguments(node: exp.Expr, allowed: frozenset[str] | set[str]) -> None:
    """Refuse a clause that Redshift does not have.

    Raises:
        SqlError: 0A000 naming it.
    """
    for key, value in node.args.items():
        if value and key not in allowed and key not in _IGNORED:
            raise unsupported(f"{describe(node)} with {key.strip('_').replace('_', ' ')}")


def translate(node: exp.Expr, scope: Scope) -> Typed:
    """The DuckDB SQL and type of a Redshift expression.

    Raises:
        SqlError: 0A000 for what Redshift lacks, 42703 and others for what is wrong.
    """
    translator = _TRANSLATORS.get(type(node))
    if translator is None:
        raise unsupported(describe(node))
    check_arguments(node, _ARGUMENTS[type(node)])
    value = translator(node, scope)
    return scope.of_group(value) if scope.group_keys else value


def condition(node: exp.Expr, scope: Scope, clause: str) -> str:
    """DuckDB SQL of an expression that must be a boolean.

    Raises:
        SqlError: 42804.
    """
    value = translate(node, scope)
    if value.type.name == "unknown":
        value = casts.unknown_to(value, BOOL)
    if value.type.is_integer and scope.compilation.system:
        # The leader node takes WHERE 1, which clients' catalog queries say.
        return f"({value.sql} <> 0)"
    if value.type.name != "bool":
        raise SqlError(
            errors.DATATYPE_MISMATCH,
            f"argument of {clause} must be type boolean, not type {value.type.family}",
        )
    return value.sql


@translates(exp.Literal, "this", "is_string")
def _literal(node: exp.Expr, scope: Scope) -> Typed:
    return text_literal(node.this) if node.is_string else number_literal(node.this)


@translates(exp.Array, "expressions", "bracket_notation")
def _array(node: exp.Expr, scope: Scope) -> Typed:
    """ARRAY[…] of smallints in a query on the PostgreSQL catalog; elsewhere there is none."""
    values = [translate(each, scope) for each in node.expressions] if scope.compilation.system else []
    if not values or any(each.type.name != "int2" for each in values):
        raise unsupported(CONSTRUCTS["Array"])
    return Typed(f"[{', '.join(each.sql for each in values)}]", types.SMALLINTS, name="array")


@translates(exp.Operator, "this", "operator", "expression")
def _operator(node: exp.Expr, scope: Scope) -> Typed:
    """OPERATOR(pg_catalog.~), as psql writes it."""
    if node.args["operator"] != "pg_catalog.~":
        raise unsupported(f"OPERATOR({node.args['operator']})")
    return translate(exp.RegexpLike(this=node.this, expression=node.args["expression"]), scope)


@translates(exp.Null)
def _null(node: exp.Expr, scope: Scope) -> Typed:
    return null_literal()


@translates(exp.Boolean, "this")
def _boolean(node: exp.Expr, scope: Scope) -> Typed:
    return Typed("TRUE" if node.this else "FALSE", BOOL, name="bool")


@translates(exp.Column, "this", "table", "db", "catalog")
def _column(node: exp.Column, scope: Scope) -> Typed:
    parts = tuple(part.name.lower() for part in node.parts)
    if isinstance(node.this, exp.Star):
        raise unsupported("* in an expression")
    if len(parts) == 1 and parts[0].startswith(PARAMETER_PREFIX):
        return scope.parameter(int(parts[0][len(PARAMETER_PREFIX) :]))
    return scope.column(parts)


@translates(exp.Bracket, "this", "expressions")
def _bracket(node: exp.Expr, scope: Scope) -> Typed:
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
def _paren(node: exp.Expr, scope: Scope) -> Typed:
    inner = translate(node.this, scope)
    return Typed(f"({inner.sql})", inner.type, inner.constant, inner.is_null, inner.name)


@translates(exp.Subquery, "this")
def _subquery(node: exp.Expr, scope: Scope) -> Typed:
    sql, outputs = scope.subquery(node.this)
    if len(outputs) != 1:
        raise SqlError(errors.SYNTAX_ERROR, "subquery must return only one column")
    return Typed(
        f"({sql})",
        types.varchar(outputs[0].type.length) if outputs[0].type.name == "unknown" else outputs[0].type,
        name=outputs[0].name,
    )


@translates(exp.Exists, "this")
def _exists(node: exp.Expr, scope: Scope) -> Typed:
    query = node.this.this if isinstance(node.this, exp.Subquery) else node.this
    sql, _ = scope.subquery(query)
    return Typed(f"EXISTS ({sql})", BOOL)


def _logical(word: str) -> Translator:
    def logical(node: exp.Expr, scope: Scope) -> Typed:
        # A chain of ANDs is a left-deep tree; walking it in a loop keeps long ones off Python's stack.
        operands: list[str] = []
        current: exp.Expr = node
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
def _not(node: exp.Expr, scope: Scope) -> Typed:
    return Typed(f"(NOT {condition(node.this, scope, 'NOT')})", BOOL)


@translates(exp.Is, "this", "expression")
def _is(node: exp.Expr, scope: Scope) -> Typed:
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


@translates(exp.Cast, "this", "to")
def _cast(node: exp.Expr, scope: Scope) -> Typed:
    if isinstance(node.args["to"], exp.ObjectIdentifier):
        return _object_identifier(node, scope)
    target = data_type(node.args["to"], casting=True)
    value = casts.cast(translate(node.this, scope), target, cutting=node.this.find(exp.Column) is not None)
    name = value.name if isinstance(node.this, exp.Column) else target.name
    return Typed(value.sql, value.type, name=name)


def _object_identifier(node: exp.Expr, scope: Scope) -> Typed:
    """'name'::regclass of a table, and ::oid of what is one."""
    kind = str(node.args["to"].this).lower()
    value = translate(node.this, scope)
    if kind == "oid" and (value.type.is_integer or value.type.name == "oid"):
        return Typed(value.sql, types.OID, value.constant, name="oid")
    if kind == "regclass" and isinstance(value.constant, str):
        parts = tuple(part.strip('"').lower() for part in value.constant.split("."))
        number = scope.compilation.environment.identifier_of(parts)
        return Typed(str(number), types.OID, number, name="regclass")
    raise unsupported(f"cast to {kind} in the local Redshift")


def data_type(node: exp.Expr, *, casting: bool = False) -> Type:
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
