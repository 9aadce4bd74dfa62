"""INSERT, UPDATE, DELETE and MERGE on Iceberg tables: a transaction's statements on one table are one snapshot.

Source: "Transaction semantics" under "Writing to Apache Iceberg tables". A statement outside of a transaction block is one
snapshot; in a block all of them are one, published at COMMIT; two Iceberg tables, or an Iceberg table beside other
writes, do not go together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from local.engines.lake_permissions import permissions
from local.engines.redshift import errors, privileges
from local.engines.redshift.catalog import Column
from local.engines.redshift.dialect import casts, sources
from local.engines.redshift.dialect.expressions import condition
from local.engines.redshift.dialect.queries import with_clause
from local.engines.redshift.dialect.scope import Compilation, Resolved
from local.engines.redshift.dialect.typed import Typed, quote_name
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.external_scans import materialize_scans
from local.engines.redshift.external_schemas import ExternalTable, IcebergWork, lake_errors
from local.engines.redshift.session import Result, Session
from local.engines.redshift.statements.dml import finish, target_scope, update_assignments
from local.engines.redshift.statements.insert import insert_columns, insert_source
from local.engines.redshift.statements.merge import MULTIPLE_MATCHES, analyse
from local.engines.redshift.translation import new_compilation, used_parameters
from local.engines.redshift.types import Type

_STAGE = '"iceberg_stage"'


def _work(session: Session, resolved: Resolved, *needed: str) -> IcebergWork:
    """The transaction's changes to a table; begins them.

    Raises:
        SqlError: 0A000 for what one transaction cannot hold together, 42501 without Lake Formation's permission.
    """
    external: ExternalTable = resolved.subject
    if external.format != "iceberg":
        raise unsupported(
            f"writing to external table {resolved.display}, which is a {external.format} table,"
        )
    schema = session.catalog.schema(external.schema)
    if schema is None:
        raise SqlError(errors.UNDEFINED_SCHEMA, f'schema "{external.schema}" does not exist')
    privileges.require_schema(session, external.schema, "usage")
    with lake_errors():
        for permission in needed:
            permissions.require(external.table, external.source.role_arn, permission)
    if "DELETE" in needed and external.selection.has_row_filters:
        # whoever sees some rows only may not change rows by what they hold
        raise SqlError(
            errors.INSUFFICIENT_PRIVILEGE,
            f"permission denied: {resolved.display} has Lake Formation row filters for the role; "
            "DELETE, UPDATE and MERGE need all rows",
        )
    work = session.transaction.iceberg
    if work is not None:
        if work.external.key != external.key:
            raise SqlError(
                errors.FEATURE_NOT_SUPPORTED,
                "A transaction can write to only one Iceberg table",
                detail=f"{work.external.schema}.{work.external.name} was written before {resolved.display}.",
            )
        return work
    if session.explicit_transaction and (session.transaction.changes or session.transaction.wrote_rows):
        raise SqlError(
            errors.FEATURE_NOT_SUPPORTED,
            "A transaction that writes to an Iceberg table cannot write to anything else",
        )
    work = session.transaction.iceberg = IcebergWork(external)
    return work


def _place(session: Session, sql: str, compilation: Compilation, parameters: Sequence[Any]) -> str:
    """SQL that is ready to run: external tables in place; the lake's functions take no parameters."""
    sql = materialize_scans(session, sql, compilation)
    if used_parameters(sql, parameters):
        raise unsupported("bound parameters in DML on an Iceberg table in the local Redshift")
    return sql


def _default(column: Column) -> Typed:
    return Typed(f"CAST(NULL AS {column.type.duckdb})", column.type)


def _addressed(work: IcebergWork, alias: str) -> str:
    """The table as the transaction sees it, with each row's address, under an alias."""
    return f"{work.changes.relation(row_address=True)} AS {quote_name(alias)}"


def insert(
    session: Session,
    resolved: Resolved,
    tree: exp.Insert,
    parameters: Sequence[Any],
    parameter_types: tuple[Type, ...],
) -> Result:
    """INSERT INTO an Iceberg table."""
    work = _work(session, resolved, "INSERT")
    if tree.args.get("default"):
        raise unsupported("INSERT … DEFAULT VALUES into an Iceberg table")
    columns = work.external.columns()
    compilation = new_compilation(session, parameter_types)
    wanted = insert_columns(tree, columns, work.external.name)
    source, values = insert_source(tree, wanted, compilation, _default)
    finish(session, compilation)
    items = ", ".join(
        f"{casts.assign(value, column.type, column.name).sql} AS {quote_name(column.name)}"
        for column, value in zip(wanted, values, strict=True)
    )
    names = ", ".join(f"c{position}" for position in range(len(values)))
    sql = _place(session, f"SELECT {items} FROM ({source}) AS rows_({names})", compilation, parameters)
    with lake_errors():
        count = work.changes.append(session.engine, sql)
    return Result(f"INSERT 0 {count}", count=count)


def delete(
    session: Session,
    resolved: Resolved,
    tree: exp.Delete,
    name: tuple[str, ...],
    alias: str,
    parameters: Sequence[Any],
    parameter_types: tuple[Type, ...],
) -> Result:
    """DELETE FROM an Iceberg table [USING …] [WHERE …]."""
    work = _work(session, resolved, "DELETE")
    compilation = new_compilation(session, parameter_types)
    scope = target_scope(compilation, _readable(work), name, alias)
    prefix = with_clause(tree, scope)
    using = [sources.item(each, scope) for each in tree.args.get("using") or ()]
    where = tree.args.get("where")
    where_sql = f" WHERE {condition(where.this, scope, 'WHERE')}" if where is not None else ""
    finish(session, compilation)
    target = alias or name[-1]
    listed = ", ".join([_addressed(work, target), *using])
    sql = f"{prefix}SELECT {quote_name(target)}._file, {quote_name(target)}._row FROM {listed}{where_sql}"
    sql = _place(session, sql, compilation, parameters)
    with lake_errors():
        count = work.changes.delete(session.engine, sql)
    return Result(f"DELETE {count}", count=count)


def _readable(work: IcebergWork) -> list[Column]:
    """The columns that a condition may mention: those that the role may read."""
    return [each for each in work.external.columns() if each.name in work.external.readable]


def update(
    session: Session,
    resolved: Resolved,
    tree: exp.Update,
    name: tuple[str, ...],
    alias: str,
    parameters: Sequence[Any],
    parameter_types: tuple[Type, ...],
) -> Result:
    """UPDATE of an Iceberg table: the rows go and come back changed."""
    work = _work(session, resolved, "INSERT", "DELETE", "SELECT")
    columns = work.external.columns()
    compilation = new_compilation(session, parameter_types)
    scope = target_scope(compilation, columns, name, alias)
    prefix = with_clause(tree, scope)
    from_clause = tree.args.get("from_")
    others = [sources.item(from_clause.this, scope)] if from_clause is not None else []
    changes = dict(update_assignments(tree, columns, scope, _default))
    where = tree.args.get("where")
    where_sql = f" WHERE {condition(where.this, scope, 'WHERE')}" if where is not None else ""
    finish(session, compilation)
    target = quote_name(alias or name[-1])
    items = _changed_items(columns, {column: value.sql for column, value in changes.items()}, target)
    listed = ", ".join([_addressed(work, alias or name[-1]), *others])
    sql = f"{prefix}SELECT {target}._file, {target}._row, {items} FROM {listed}{where_sql}"
    count = _replace(session, work, columns, _place(session, sql, compilation, parameters))
    return Result(f"UPDATE {count}", count=count)


def _changed_items(columns: Sequence[Column], changes: dict[str, str], target: str) -> str:
    return ", ".join(
        f"{changes.get(each.name) or f'{target}.{quote_name(each.name)}'} AS {quote_name(each.name)}"
        for each in columns
    )


def _replace(session: Session, work: IcebergWork, columns: Sequence[Column], sql: str) -> int:
    """Delete the rows of a query by their address and append what it gives for them."""
    connection = session.engine
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_STAGE} AS {sql}")
    try:
        if connection.execute(
            f"SELECT 1 FROM {_STAGE} GROUP BY _file, _row HAVING count(*) > 1 LIMIT 1"
        ).fetchone():
            raise SqlError(errors.INTERNAL_ERROR, MULTIPLE_MATCHES)
        names = ", ".join(quote_name(each.name) for each in columns)
        with lake_errors():
            count = work.changes.delete(connection, f"SELECT _file, _row FROM {_STAGE}")
            work.changes.append(connection, f"SELECT {names} FROM {_STAGE}")
        return count
    finally:
        connection.execute(f"DROP TABLE IF EXISTS {_STAGE}")


def merge(
    session: Session,
    resolved: Resolved,
    tree: exp.Merge,
    name: tuple[str, ...],
    parameters: Sequence[Any],
    parameter_types: tuple[Type, ...],
) -> Result:
    """MERGE INTO an Iceberg table."""
    work = _work(session, resolved, "INSERT", "DELETE", "SELECT")
    columns = work.external.columns()
    compilation = new_compilation(session, parameter_types)
    plan = analyse(session, tree, columns, name, compilation)
    target = quote_name(name[-1])
    addressed = _addressed(work, name[-1])
    inserted = ", ".join(f"{plan.insert[each.name].sql} AS {quote_name(each.name)}" for each in columns)
    new_rows = (
        f"SELECT {inserted} FROM {plan.source} WHERE NOT EXISTS (SELECT 1 FROM {addressed} WHERE {plan.on})"
    )
    connection = session.engine
    staged = '"iceberg_new_rows"'
    # Both halves are read before anything changes: what is inserted must not match what was updated.
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {staged} AS {_place(session, new_rows, compilation, parameters)}"
    )
    try:
        if plan.update is None:
            gone = f"SELECT {target}._file, {target}._row FROM {addressed} JOIN {plan.source} ON {plan.on}"
            with lake_errors():
                count = work.changes.delete(connection, _place(session, gone, compilation, parameters))
        else:
            items = _changed_items(columns, {column: value.sql for column, value in plan.update}, target)
            changed = f"SELECT {target}._file, {target}._row, {items} FROM {addressed} JOIN {plan.source} ON {plan.on}"
            count = _replace(session, work, columns, _place(session, changed, compilation, parameters))
        names = ", ".join(quote_name(each.name) for each in columns)
        with lake_errors():
            count += work.changes.append(connection, f"SELECT {names} FROM {staged}")
        return Result(f"MERGE {count}", count=count)
    finally:
        connection.execute(f"DROP TABLE IF EXISTS {staged}")
