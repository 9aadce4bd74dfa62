"""An Iceberg table of an external schema as the target of statements that change it.

Source of the transactions: "Transaction semantics" under "Writing to Apache Iceberg tables". A statement outside of a transaction block is one
snapshot; in a block all of them are one, published at COMMIT; two Iceberg tables, or an Iceberg table beside other
writes, do not go together.
Source of ALTER TABLE: "Altering table definitions" under the same heading: one column a statement, metadata only; "ALTER
TABLE", same guide: not in a transaction block for external tables. What that page also has (DROP and RENAME COLUMN, SET
TABLE PROPERTIES, partition fields) is refused here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlglot import exp

from local.engines.errors import AlreadyExists, EntityNotFound
from local.engines.iceberg import evolving
from local.engines.lake_permissions import permissions
from local.engines.redshift import errors, external_schemas, privileges
from local.engines.redshift.catalog import Column
from local.engines.redshift.dialect import casts, sources
from local.engines.redshift.dialect.expressions import condition
from local.engines.redshift.dialect.queries import with_clause
from local.engines.redshift.dialect.reading import TokenReader
from local.engines.redshift.dialect.scope import Compilation
from local.engines.redshift.dialect.typed import Typed, quote_name
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.external_scans import materialize_scans
from local.engines.redshift.external_schemas import ExternalTable, IcebergWork, lake_errors
from local.engines.redshift.session import Session
from local.engines.redshift.statements import definitions
from local.engines.redshift.statements.definitions import Definition
from local.engines.redshift.statements.iceberg_types import glue_type
from local.engines.redshift.statements.row_changes import (
    MULTIPLE_MATCHES,
    RowStatement,
    check_reads,
    insert_columns,
    insert_source,
    target_scope,
    translate_merge,
    update_assignments,
)
from local.engines.redshift.statements.target import Alteration, RowChange
from local.engines.redshift.translation import new_compilation, used_parameters

_STAGE = '"iceberg_stage"'


class IcebergTable:
    """A table of an external schema. What is no Iceberg table can only be dropped."""

    def __init__(self, session: Session, external: ExternalTable, display: str):
        self._session = session
        self._external = external
        self._display = display

    def insert(self, statement: RowStatement[exp.Insert]) -> RowChange:
        """INSERT."""
        return RowChange(_unchecked, partial(self._insert, statement))

    def update(self, statement: RowStatement[exp.Update]) -> RowChange:
        """UPDATE: the rows go and come back changed."""
        return RowChange(_unchecked, partial(self._update, statement))

    def delete(self, statement: RowStatement[exp.Delete]) -> RowChange:
        """DELETE [USING …] [WHERE …]."""
        return RowChange(_unchecked, partial(self._delete, statement))

    def merge(self, statement: RowStatement[exp.Merge]) -> RowChange:
        """MERGE."""
        return RowChange(_unchecked, partial(self._merge, statement))

    def alter(self, alteration: Alteration) -> None:
        """ALTER TABLE: ADD COLUMN, and ALTER COLUMN … TYPE with a wider type.

        Raises:
            SqlError: 0A000 for another table or another change, 25001 in a transaction block, 42501 without Lake
                Formation's ALTER, 42701 for a column that is there, 42703 for one that is not, 42804 for a type that is
                no wider.
        """
        session, external = self._session, self._external
        if external.format != "iceberg":
            raise unsupported(
                "ALTER TABLE of an external table that is no Iceberg table in the local Redshift"
            )
        if session.explicit_transaction:
            raise SqlError(
                errors.ACTIVE_TRANSACTION, "ALTER of an external table cannot run inside a transaction block"
            )
        privileges.require_schema(session, external.schema, "usage")
        reader = TokenReader(alteration.statement)
        reader.expect("ALTER")
        reader.expect("TABLE")
        reader.qualified_name()
        column, new = _altered_column(reader)
        reader.expect_end()
        kind = glue_type(column)
        with lake_errors():
            permissions.require(external.table, external.source.role_arn, "ALTER")
            try:
                if new:
                    evolving.add_column(external.table, column.name, kind)
                else:
                    evolving.widen_column(external.table, column.name, kind)
            except AlreadyExists as error:
                raise SqlError(errors.DUPLICATE_COLUMN, error.message) from error
            except EntityNotFound as error:
                raise SqlError(errors.UNDEFINED_COLUMN, error.message) from error

    def drop(self, word: str, *, cascade: bool) -> None:
        """DROP TABLE: it leaves the catalog, its objects stay.

        Raises:
            SqlError: 42501 without Lake Formation's DROP.
        """
        session, external = self._session, self._external
        if session.explicit_transaction:
            raise SqlError(
                errors.ACTIVE_TRANSACTION, "DROP of an external table cannot run inside a transaction block"
            )
        schema = session.catalog.schema(external.schema)
        if schema is not None:
            privileges.require_owner(session, schema.owner, f"schema {schema.name}")
        external_schemas.drop_table(session.cluster.identifier, external.source, external.name)

    def _insert(self, statement: RowStatement[exp.Insert], parameters: Sequence[Any]) -> int:
        session, tree = self._session, statement.tree
        work = self._writes("INSERT")
        if tree.args.get("default"):
            raise unsupported("INSERT … DEFAULT VALUES into an Iceberg table")
        columns = work.external.columns()
        compilation = new_compilation(session, statement.parameter_types)
        target_columns = insert_columns(tree, columns, work.external.name)
        source, values = insert_source(tree, target_columns, compilation, _default)
        check_reads(session, compilation)
        items = ", ".join(
            f"{casts.assign(value, column.type, column.name).sql} AS {quote_name(column.name)}"
            for column, value in zip(target_columns, values, strict=True)
        )
        names = ", ".join(f"c{position}" for position in range(len(values)))
        sql = _place(session, f"SELECT {items} FROM ({source}) AS rows_({names})", compilation, parameters)
        with lake_errors():
            return work.changes.append(session.engine, sql)

    def _update(self, statement: RowStatement[exp.Update], parameters: Sequence[Any]) -> int:
        session, tree = self._session, statement.tree
        work = self._writes("INSERT", "DELETE", "SELECT")
        columns = work.external.columns()
        compilation = new_compilation(session, statement.parameter_types)
        scope = target_scope(compilation, columns, statement.name, statement.alias)
        prefix = with_clause(tree, scope)
        from_clause = tree.args.get("from_")
        others = [sources.item(from_clause.this, scope)] if from_clause is not None else []
        changes = dict(update_assignments(tree, columns, scope, _default))
        where = tree.args.get("where")
        where_sql = f" WHERE {condition(where.this, scope, 'WHERE')}" if where is not None else ""
        check_reads(session, compilation)
        target = quote_name(statement.alias or statement.name[-1])
        items = _changed_items(columns, {column: value.sql for column, value in changes.items()}, target)
        listed = ", ".join([_addressed(work, statement.alias or statement.name[-1]), *others])
        sql = f"{prefix}SELECT {target}._file, {target}._row, {items} FROM {listed}{where_sql}"
        return _replace(session, work, columns, _place(session, sql, compilation, parameters))

    def _delete(self, statement: RowStatement[exp.Delete], parameters: Sequence[Any]) -> int:
        session, tree = self._session, statement.tree
        work = self._writes("DELETE")
        compilation = new_compilation(session, statement.parameter_types)
        scope = target_scope(compilation, _readable(work), statement.name, statement.alias)
        prefix = with_clause(tree, scope)
        using = [sources.item(each, scope) for each in tree.args.get("using") or ()]
        where = tree.args.get("where")
        where_sql = f" WHERE {condition(where.this, scope, 'WHERE')}" if where is not None else ""
        check_reads(session, compilation)
        target = statement.alias or statement.name[-1]
        listed = ", ".join([_addressed(work, target), *using])
        sql = f"{prefix}SELECT {quote_name(target)}._file, {quote_name(target)}._row FROM {listed}{where_sql}"
        sql = _place(session, sql, compilation, parameters)
        with lake_errors():
            return work.changes.delete(session.engine, sql)

    def _merge(self, statement: RowStatement[exp.Merge], parameters: Sequence[Any]) -> int:
        session, tree = self._session, statement.tree
        work = self._writes("INSERT", "DELETE", "SELECT")
        columns = work.external.columns()
        compilation = new_compilation(session, statement.parameter_types)
        plan = translate_merge(session, tree, columns, statement.name, compilation)
        target = quote_name(statement.name[-1])
        addressed = _addressed(work, statement.name[-1])
        inserted = ", ".join(f"{plan.insert[each.name].sql} AS {quote_name(each.name)}" for each in columns)
        new_rows = f"SELECT {inserted} FROM {plan.source} WHERE NOT EXISTS (SELECT 1 FROM {addressed} WHERE {plan.on})"
        connection = session.engine
        staged = '"iceberg_new_rows"'
        # Both halves are read before anything changes: what is inserted must not match what was updated.
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {staged} AS {_place(session, new_rows, compilation, parameters)}"
        )
        try:
            if plan.update is None:
                matched_rows = (
                    f"SELECT {target}._file, {target}._row FROM {addressed} JOIN {plan.source} ON {plan.on}"
                )
                with lake_errors():
                    count = work.changes.delete(
                        connection, _place(session, matched_rows, compilation, parameters)
                    )
            else:
                items = _changed_items(columns, {column: value.sql for column, value in plan.update}, target)
                changed = f"SELECT {target}._file, {target}._row, {items} FROM {addressed} JOIN {plan.source} ON {plan.on}"
                count = _replace(session, work, columns, _place(session, changed, compilation, parameters))
            names = ", ".join(quote_name(each.name) for each in columns)
            with lake_errors():
                count += work.changes.append(connection, f"SELECT {names} FROM {staged}")
            return count
        finally:
            connection.execute(f"DROP TABLE IF EXISTS {staged}")

    def _writes(self, *required: str) -> IcebergWork:
        """The transaction's changes to a table; begins them.

        Raises:
            SqlError: 0A000 for what one transaction cannot hold together, 42501 without Lake Formation's permission.
        """
        session, external = self._session, self._external
        if external.format != "iceberg":
            raise unsupported(
                f"writing to external table {self._display}, which is a {external.format} table,"
            )
        schema = session.catalog.schema(external.schema)
        if schema is None:
            raise SqlError(errors.UNDEFINED_SCHEMA, f'schema "{external.schema}" does not exist')
        privileges.require_schema(session, external.schema, "usage")
        with lake_errors():
            for permission in required:
                permissions.require(external.table, external.source.role_arn, permission)
        if "DELETE" in required and external.selection.has_row_filters:
            # whoever sees some rows only may not change rows by what they hold
            raise SqlError(
                errors.INSUFFICIENT_PRIVILEGE,
                f"permission denied: {self._display} has Lake Formation row filters for the role; "
                "DELETE, UPDATE and MERGE need all rows",
            )
        work = session.transaction.iceberg
        if work is not None:
            if work.external.key != external.key:
                raise SqlError(
                    errors.FEATURE_NOT_SUPPORTED,
                    "A transaction can write to only one Iceberg table",
                    detail=f"{work.external.schema}.{work.external.name} was written before {self._display}.",
                )
            return work
        if session.explicit_transaction and (session.transaction.changes or session.transaction.written):
            raise SqlError(
                errors.FEATURE_NOT_SUPPORTED,
                "A transaction that writes to an Iceberg table cannot write to anything else",
            )
        work = session.transaction.iceberg = IcebergWork(external)
        return work


def _unchecked() -> None:
    """Writes to an Iceberg table are analysed when they run."""


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


def _readable(work: IcebergWork) -> list[Column]:
    """The columns that a condition may mention: those that the role may read."""
    return [each for each in work.external.columns() if each.name in work.external.readable]


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


def _altered_column(reader: TokenReader) -> tuple[Column, bool]:
    """Return the column as it shall be, and whether it is a new one."""
    if reader.accept("ADD"):
        reader.accept("COLUMN")
        name = reader.identifier()
        definition = Definition()
        column = definitions.read_column(reader, name, definition)
        if (
            definition.keys
            or definition.dist_key
            or definition.sort_keys
            or column.identity
            or column.default
            or column.encoding
            or not column.nullable
        ):
            raise unsupported(f'anything but a name and a type for column "{name}" of an Iceberg table')
        return column, True
    if reader.accept("ALTER"):
        reader.accept("COLUMN")
        name = reader.identifier()
        reader.expect("TYPE")
        return Column(name, definitions.read_type(reader)), False
    raise unsupported("this ALTER TABLE of an Iceberg table in the local Redshift")
