"""Row filter expressions of data cells filters: what Lake Formation takes, and the same for DuckDB.

Source: "PartiQL support in row filter expressions" of the Lake Formation developer guide. A column is compared with
constants of its type by = > < >= <= <> != BETWEEN IN LIKE NOT IS [NOT] NULL, joined by AND and OR; no functions, no
other columns, fewer than 2048 characters, no IS [NOT] NULL on partition columns, and only the types listed there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from local.engines.catalog import Column
from local.engines.errors import InvalidInput, NotSupported

LIMIT = 2048
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_FAMILIES = {
    "string": "string", "char": "string", "varchar": "string", "tinyint": "number", "smallint": "number",
    "int": "number", "integer": "number", "bigint": "number", "long": "number", "float": "number",
    "double": "number", "decimal": "number", "boolean": "boolean",
}  # fmt: skip


def check(text: str, columns: Sequence[Column], partition_keys: Sequence[Column] = ()) -> None:
    """Raise InvalidInput for an expression that Lake Formation would refuse on a table of these columns."""
    if len(text) >= LIMIT:
        raise InvalidInput(
            f"the row filter expression has {len(text)} characters; it must have fewer than {LIMIT}"
        )
    keys = {column.name for column in partition_keys}
    kinds = {column.name: column.glue_type.lower() for column in (*columns, *partition_keys)}
    _check(_parsed(text), kinds, keys)


def columns_of(text: str) -> frozenset[str]:
    """The columns that a checked expression names."""
    return frozenset(column.name.lower() for column in _parsed(text).find_all(exp.Column))


def to_duckdb(text: str) -> str:
    """A checked expression as DuckDB's SQL; columns are quoted."""
    tree = _parsed(text).copy()
    for identifier in tree.find_all(exp.Identifier):
        identifier.replace(exp.to_identifier(identifier.name.lower(), quoted=True))
    return tree.sql(dialect="duckdb")


@lru_cache(maxsize=4096)
def _parsed(text: str) -> exp.Expr:
    try:
        found = sqlglot.parse(f"SELECT 1 WHERE {text}", read="athena")
    except SqlglotError as error:
        raise InvalidInput(f"Invalid row filter expression: {str(error).splitlines()[0]}") from error
    statement = found[0] if len(found) == 1 else None
    where = statement.args.get("where") if isinstance(statement, exp.Select) else None
    if (
        statement is None
        or where is None
        or {key for key, value in statement.args.items() if value}
        - {
            "expressions",
            "where",
            "kind",
        }
    ):
        raise InvalidInput(f"Invalid row filter expression: {text}")
    tree: exp.Expr = where.this
    return tree


def _check(node: exp.Expr, kinds: Mapping[str, str], keys: set[str]) -> None:
    if isinstance(node, (exp.And, exp.Or)):
        _check(node.this, kinds, keys)
        _check(node.expression, kinds, keys)
    elif isinstance(node, (exp.Paren, exp.Not)):
        _check(node.this, kinds, keys)
    elif isinstance(node, _COMPARISONS):
        _constant(node.expression, _column(node.this, kinds))
    elif isinstance(node, exp.Between):
        kind = _column(node.this, kinds)
        _constant(node.args["low"], kind)
        _constant(node.args["high"], kind)
    elif isinstance(node, exp.In):
        kind = _column(node.this, kinds)
        if not node.expressions:
            raise InvalidInput("Invalid row filter expression: IN needs a list of constants")
        for each in node.expressions:
            _constant(each, kind)
    elif isinstance(node, exp.Like):
        kind = _column(node.this, kinds)
        if kind != "string":
            raise InvalidInput("Invalid row filter expression: LIKE compares strings")
        _constant(node.expression, kind)
    elif isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        _column(node.this, kinds)
        if node.this.name.lower() in keys:
            raise InvalidInput(
                f"Invalid row filter expression: IS NULL on the partition column {node.this.name}"
            )
    else:
        raise InvalidInput(f"Unsupported row filter expression: {node.sql(dialect='athena')}")


def _column(node: exp.Expr, kinds: Mapping[str, str]) -> str:
    """The family of a column's type."""
    if not isinstance(node, exp.Column):
        raise InvalidInput(f"Unsupported row filter expression: {node.sql(dialect='athena')} is not a column")
    if node.table:
        raise NotSupported("nested columns in a row filter expression")
    kind = kinds.get(node.name.lower())
    if kind is None:
        raise InvalidInput(f"Invalid row filter expression: no column {node.name}")
    family = _FAMILIES.get(kind.split("(")[0].strip())
    if family is None:
        raise InvalidInput(f"Unsupported data type {kind} of column {node.name} in a row filter expression")
    return family


def _constant(node: exp.Expr, family: str) -> None:
    value = node.this if isinstance(node, exp.Neg) else node
    actual = None
    if isinstance(value, exp.Boolean):
        actual = "boolean"
    elif isinstance(value, exp.Literal):
        actual = "string" if value.is_string else "number"
    if actual is None or (isinstance(node, exp.Neg) and actual != "number"):
        raise InvalidInput(
            f"Unsupported row filter expression: {node.sql(dialect='athena')} is not a constant"
        )
    if actual != family:
        raise InvalidInput(
            f"Invalid row filter expression: {node.sql(dialect='athena')} is no {family}, which its column is"
        )
