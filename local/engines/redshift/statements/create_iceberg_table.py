"""CREATE TABLE … USING ICEBERG, its AS form, in external schemas.

Source: "Writing to Apache Iceberg tables" in the Amazon Redshift Database Developer Guide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local.engines import catalog as glue
from local.engines.errors import AlreadyExists
from local.engines.iceberg import tables
from local.engines.iceberg.transaction import Transaction
from local.engines.redshift import errors, external_schemas, privileges
from local.engines.redshift.catalog import Column, ExternalSource, Schema
from local.engines.redshift.dialect.reading import TokenReader, parse
from local.engines.redshift.dialect.typed import quote_name
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.external_scans import materialize_scans
from local.engines.redshift.session import Plan, Result, Session
from local.engines.redshift.statements import definitions
from local.engines.redshift.statements.definitions import Definition
from local.engines.redshift.statements.iceberg_types import glue_type
from local.engines.redshift.statements.storage import columns_of
from local.engines.redshift.translation import translate_query, used_parameters
from local.engines.redshift.types import Type
from local.engines.sql_cursor import split_at_commas


@dataclass(frozen=True)
class _Request:
    name: tuple[str, ...]
    if_not_exists: bool
    definition: Definition
    location: str | None
    partition_by: tuple[str, ...]
    query: str | None


def plan_create(
    session: Session,
    reader: TokenReader,
    name: tuple[str, ...],
    if_not_exists: bool,
    definition: Definition,
    parameter_types: tuple[Type, ...],
) -> Plan:
    """CREATE TABLE [IF NOT EXISTS] schema.name […] USING ICEBERG [LOCATION …] [PARTITIONED BY …] [AS …]."""
    reader.expect("ICEBERG")
    location: str | None = None
    partition_by: tuple[str, ...] = ()
    query: str | None = None
    while not reader.done:
        if reader.accept("LOCATION"):
            location = reader.string()
        elif reader.accept("PARTITIONED", "BY") or reader.accept("PARTITIONED_BY"):
            partition_by = tuple(part.strip() for part in split_at_commas(reader.parenthesized()))
        elif reader.accept("TABLE", "PROPERTIES"):
            _check_properties(reader.parenthesized())
        elif reader.accept("AS"):
            query = reader.rest()
        else:
            raise reader.error()
    if definition.dist_key or definition.sort_keys or definition.keys or definition.like:
        raise unsupported("distribution key, sort key, constraint or LIKE in an Iceberg table")
    for column in definition.columns:
        if column.default or column.identity or column.encoding:
            raise unsupported(f'DEFAULT, IDENTITY or ENCODE of column "{column.name}" in an Iceberg table')
        glue_type(column)
    if query is None and not definition.columns:
        raise errors.syntax_error("")
    if query is not None:
        translate_query(session, parse(query), parameter_types)
    request = _Request(name, if_not_exists, definition, location, partition_by, query)
    return Plan(lambda parameters: _create(session, request, parameters, parameter_types))


def _check_properties(text: str) -> None:
    """Only the compression is a property, and here it is always zstd or snappy Parquet, whichever is asked."""
    if "compression_type" not in text.lower():
        raise unsupported(f"TABLE PROPERTIES ({text})")


def external_schema(session: Session, name: tuple[str, ...]) -> tuple[Schema, ExternalSource]:
    """The external schema of a qualified name.

    Raises:
        SqlError: 3F000 when there is none, 42501 without CREATE on it.
    """
    if len(name) < 2:
        raise SqlError(errors.SYNTAX_ERROR, "an Iceberg table needs the name of its external schema")
    schema = session.catalog.schema(name[-2])
    if schema is None:
        raise SqlError(errors.UNDEFINED_SCHEMA, f'schema "{name[-2]}" does not exist')
    if schema.external is None:
        raise SqlError(errors.WRONG_OBJECT_TYPE, f'schema "{name[-2]}" is not an external schema')
    privileges.require_schema(session, schema.name, "create")
    return schema, schema.external


def _create(
    session: Session, request: _Request, parameters: Sequence[Any], parameter_types: tuple[Type, ...]
) -> Result:
    if session.explicit_transaction:
        raise SqlError(
            errors.ACTIVE_TRANSACTION, "CREATE TABLE … USING ICEBERG cannot run inside a transaction block"
        )
    _schema, source = external_schema(session, request.name)
    with external_schemas.lake_errors():
        account, database, _ = glue.find_database(source.account, source.database)
        if glue.table_exists(account, database, request.name[-1]):
            if not request.if_not_exists:
                raise SqlError(errors.DUPLICATE_TABLE, f'Relation "{request.name[-1]}" already exists')
            session.notice(f'Relation "{request.name[-1]}" already exists and will be skipped')
            return Result("CREATE TABLE")
    if request.query is None:
        _make(session, request, source, request.definition.columns)
        return Result("CREATE TABLE")
    translation = translate_query(session, parse(request.query), parameter_types)
    columns = columns_of(translation, request.definition.names_only)
    definitions.check_distinct([each.name for each in columns])
    table = _make(session, request, source, list(columns))
    try:
        return _fill(session, table, columns, translation, parameters)
    except BaseException:
        external_schemas.drop_table(session.cluster.identifier, source, table.name)
        raise


def _make(
    session: Session, request: _Request, source: ExternalSource, columns: list[Column]
) -> glue.CatalogTable:
    described = [
        glue.Column(name=each.name, glue_type=glue_type(each), required=not each.nullable) for each in columns
    ]
    with external_schemas.lake_errors():
        try:
            return tables.create_table(
                external_schemas.role_caller(session.cluster.identifier, source), source.account, source.database, request.name[-1], described,
                request.partition_by, request.location,
            )  # fmt: skip
        except AlreadyExists as error:
            raise SqlError(errors.DUPLICATE_TABLE, f'Relation "{request.name[-1]}" already exists') from error


def _fill(
    session: Session,
    table: glue.CatalogTable,
    columns: tuple[Column, ...],
    translation: Any,
    parameters: Sequence[Any],
) -> Result:
    connection = session.engine
    query = materialize_scans(session, translation.sql, translation.compilation)
    places = ", ".join(f"c{position}" for position in range(len(columns)))
    items = ", ".join(
        f"CAST(c{position} AS {table.column(each.name).duckdb_type}) AS {quote_name(each.name)}"
        for position, each in enumerate(columns)
    )
    sql = f"SELECT {items} FROM ({query}) AS rows_({places})"
    if used_parameters(sql, parameters):
        raise unsupported("parameters in CREATE TABLE … USING ICEBERG AS")
    with external_schemas.lake_errors(), Transaction(table) as changes:
        count = changes.append(connection, sql)
        changes.commit()
    return Result("SELECT", count=count)
