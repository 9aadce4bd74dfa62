"""INSERT into the cluster's own tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from local.engines.redshift import errors
from local.engines.redshift.catalog import Column, Relation
from local.engines.redshift.dialect import casts
from local.engines.redshift.dialect.expressions import check_arguments, translate
from local.engines.redshift.dialect.queries import compile_query, with_clause
from local.engines.redshift.dialect.reading import Statement, parse
from local.engines.redshift.dialect.scope import Compilation, Resolved, Scope
from local.engines.redshift.dialect.typed import Typed
from local.engines.redshift.errors import SqlError
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements import targets
from local.engines.redshift.statements.definitions import check_distinct
from local.engines.redshift.statements.dml import execute, finish, plan_on_table, target_name
from local.engines.redshift.statements.table import default_value, sequence
from local.engines.redshift.translation import new_compilation
from local.engines.redshift.types import Type


def insert_columns(node: exp.Insert, columns: Sequence[Column], display: str) -> list[Column]:
    """The columns that an INSERT names, or all.

    Raises:
        SqlError: 42703, 42701.
    """
    if not isinstance(node.this, exp.Schema):
        return list(columns)
    known = {each.name: each for each in columns}
    names = [each.name.lower() for each in node.this.expressions]
    check_distinct(names)
    for name in names:
        if name not in known:
            raise SqlError(errors.UNDEFINED_COLUMN, f'column "{name}" of relation "{display}" does not exist')
    return [known[name] for name in names]


def insert_source(
    node: exp.Insert, wanted: list[Column], compilation: Compilation, default: Callable[[Column], Typed]
) -> tuple[str, list[Typed]]:
    """The rows of an INSERT: DuckDB SQL of a query, and the values in terms of its columns c0, c1, …

    Raises:
        SqlError: 42601 when the numbers of columns differ.
    """
    check_arguments(node, {"this", "expression", "default", "with_"})
    source = node.expression
    if isinstance(source, exp.Values):
        return _values(source, wanted, compilation, default)
    scope = Scope(compilation)
    prefix = with_clause(node, scope)
    query = compile_query(source, compilation, scope.only_ctes() if prefix else None)
    _check_width(len(query.outputs), len(wanted))
    values = [Typed(f"c{position}", each.type) for position, each in enumerate(query.outputs)]
    return prefix + query.sql, values


def _check_width(given: int, wanted: int) -> None:
    if given > wanted:
        raise SqlError(errors.SYNTAX_ERROR, "INSERT has more expressions than target columns")
    if given < wanted:
        raise SqlError(errors.SYNTAX_ERROR, "INSERT has more target columns than expressions")


def _values(
    node: exp.Values, wanted: list[Column], compilation: Compilation, default: Callable[[Column], Typed]
) -> tuple[str, list[Typed]]:
    """VALUES rows: each cell is brought to its column's type at once."""
    scope = Scope(compilation)
    rows = []
    for row in node.expressions:
        cells = row.expressions if isinstance(row, exp.Tuple) else [row]
        _check_width(len(cells), len(wanted))
        parts = []
        for cell, column in zip(cells, wanted, strict=True):
            if (isinstance(cell, exp.Var) and cell.name.upper() == "DEFAULT") or (
                isinstance(cell, exp.Column) and cell.name.upper() == "DEFAULT"
            ):
                parts.append(default(column).sql)
            else:
                parts.append(casts.assign(translate(cell, scope), column.type, column.name).sql)
        rows.append(f"({', '.join(parts)})")
    names = ", ".join(f"c{position}" for position in range(len(wanted)))
    sql = f"SELECT * FROM (VALUES {', '.join(rows)}) AS given({names})"
    return sql, [Typed(f"c{position}", column.type) for position, column in enumerate(wanted)]


def _insert(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    tree = parse(statement.text)
    if not isinstance(tree, exp.Insert):
        raise errors.syntax_error("INSERT")
    table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    name, alias = target_name(table)
    if alias:
        raise errors.syntax_error(alias)

    def local(resolved: Resolved, parameters: Sequence[Any]) -> Result:
        relation = targets.writable(session, resolved, "insert")
        sql, compilation = _insert_sql(session, tree, relation, parameter_types)
        count = execute(session, sql, compilation, parameters)
        return Result(f"INSERT 0 {count}", count=count)

    def external(resolved: Resolved, parameters: Sequence[Any]) -> Result:
        from local.engines.redshift.statements import iceberg_dml

        return iceberg_dml.insert(session, resolved, tree, parameters, parameter_types)

    def prepare(resolved: Resolved) -> None:
        if isinstance(resolved.subject, Relation) and resolved.subject.stores_rows:
            _insert_sql(session, tree, resolved.subject, parameter_types)

    return plan_on_table(session, name, local, external, prepare)


def _insert_sql(
    session: Session, tree: exp.Insert, relation: Relation, parameter_types: tuple[Type, ...]
) -> tuple[str, Compilation]:
    compilation = new_compilation(session, parameter_types)

    def default(column: Column) -> Typed:
        if column.identity is not None:
            return Typed(f"nextval('{sequence(relation, column).strip(chr(34))}')", column.type)
        return default_value(session, column)

    wanted = insert_columns(tree, relation.columns, relation.name)
    if tree.args.get("default"):
        values = ", ".join(default(each).sql for each in relation.columns)
        return f"INSERT INTO {relation.storage} VALUES ({values})", compilation
    for column in wanted:
        if column.identity is not None and isinstance(tree.this, exp.Schema):
            raise SqlError(
                errors.INVALID_TABLE_DEFINITION, f'cannot set an identity column "{column.name}" to a value'
            )
    if not isinstance(tree.this, exp.Schema):
        wanted = [each for each in wanted if each.identity is None]
        wanted = _fewer(tree, wanted)
    source, values = insert_source(tree, wanted, compilation, default)
    finish(session, compilation)
    given = {
        column.name: casts.assign(value, column.type, column.name).sql
        for column, value in zip(wanted, values, strict=True)
    }
    items = ", ".join(given.get(each.name) or default(each).sql for each in relation.columns)
    names = ", ".join(f"c{position}" for position in range(len(values)))
    return f"INSERT INTO {relation.storage} SELECT {items} FROM ({source}) AS rows_({names})", compilation


def _fewer(tree: exp.Insert, wanted: list[Column]) -> list[Column]:
    """Without a column list, VALUES rows may be shorter than the table: the last columns take their defaults."""
    if isinstance(tree.expression, exp.Values) and tree.expression.expressions:
        first = tree.expression.expressions[0]
        width = len(first.expressions) if isinstance(first, exp.Tuple) else 1
        return wanted[:width] if width < len(wanted) else wanted
    if isinstance(tree.expression, exp.Select) and not any(
        each.find(exp.Star) for each in tree.expression.expressions
    ):
        width = len(tree.expression.expressions)
        return wanted[:width] if width < len(wanted) else wanted
    return wanted


PLANNERS: dict[str, StatementPlanner] = {
    "INSERT": _insert,
}
