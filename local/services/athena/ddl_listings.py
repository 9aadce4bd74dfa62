"""SHOW and DESCRIBE: what of the catalog the caller may see."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlglot import exp

from local.engines import backends, catalog
from local.engines.catalog import CatalogTable, Column
from local.engines.errors import AccessDenied, QueryError
from local.engines.lake_permissions import permissions
from local.services.athena import binding
from local.services.athena.binding import Session
from local.services.athena.ddl import database_of
from local.services.athena.errors import NotTrino
from local.services.athena.reader import StatementReader
from local.services.athena.results import OutputColumn, QueryResult


def listing_of(name: str, values: Iterable[str]) -> QueryResult:
    return QueryResult(
        columns=[OutputColumn(name, "string")], rows=[[value] for value in values], header=False
    )


def show(reader: StatementReader, session: Session) -> QueryResult:
    """SHOW DATABASES, TABLES, COLUMNS, PARTITIONS, TBLPROPERTIES, CREATE TABLE."""
    if reader.accept("DATABASES") or reader.accept("SCHEMAS"):
        return _show_databases(reader, session)
    if reader.accept("TABLES"):
        return _show_tables(reader, session)
    if reader.accept("COLUMNS"):
        if not reader.accept("IN"):
            reader.expect("FROM")
        table = reader.table()
        if reader.accept("IN") or reader.accept("FROM"):
            table.set("db", exp.to_identifier(reader.identifier()))
        reader.expect_end()
        found = binding.find(session, *binding.resolve(session, table))
        visible = _visible(found, session)
        return listing_of("field", [column.name for column in found.all_columns if column.name in visible])
    if reader.accept("PARTITIONS"):
        found = binding.find(session, *binding.resolve(session, reader.table()))
        reader.expect_end()
        _visible(found, session)
        if not found.partition_keys:
            raise QueryError("INVALID_PARTITION", f"Table {found.name} is not a partitioned table")
        keys = [key.name for key in found.partition_keys]
        return listing_of(
            "partition",
            sorted(
                "/".join(f"{key}={value}" for key, value in zip(keys, partition.values, strict=False))
                for partition in catalog.partitions(found)
            ),
        )
    if reader.accept("TBLPROPERTIES"):
        found = binding.find(session, *binding.resolve(session, reader.table()))
        reader.expect_end()
        _visible(found, session)
        return listing_of("prpt_name", [f"{key}\t{value}" for key, value in sorted(found.parameters.items())])
    if reader.accept("CREATE TABLE"):
        found = binding.find(session, *binding.resolve(session, reader.table()))
        reader.expect_end()
        return listing_of("createtab_stmt", _create_statement(found, _visible(found, session)))
    raise NotTrino(f"SHOW {reader.rest()}")


def _show_databases(reader: StatementReader, session: Session) -> QueryResult:
    pattern = reader.string() if reader.accept("LIKE") or reader.is_string() else None
    reader.expect_end()
    role = session.caller.principal_arn
    names = [
        name
        for name in sorted(backends.glue(session.account).databases)
        if permissions.may_on_database(session.account, name, role, "DESCRIBE") and _matches(name, pattern)
    ]
    return listing_of("database_name", names)


def _show_tables(reader: StatementReader, session: Session) -> QueryResult:
    name = reader.identifier() if reader.accept("IN") or reader.accept("FROM") else None
    pattern = reader.string() if reader.is_string() else None
    reader.expect_end()
    account, database = database_of(session, name)
    role = session.caller.principal_arn
    permissions.require_on_database(account, database, role, "DESCRIBE")
    shown = [
        table
        for table in sorted(backends.glue(account).databases[database].tables)
        if _matches(table, pattern) and permissions.may_see(account, database, table, role)
    ]
    return listing_of("tab_name", shown)


def _matches(name: str, pattern: str | None) -> bool:
    if pattern is None:
        return True
    return any(re.fullmatch(part.replace("*", ".*").replace("%", ".*"), name) for part in pattern.split("|"))


def _visible(table: CatalogTable, session: Session) -> set[str]:
    """The columns that the caller sees. Raises AccessDenied when it sees no table."""
    names = [column.name for column in table.all_columns]
    found = permissions.visible_columns(
        table.account, table.database, table.name, names, session.caller.principal_arn
    )
    if found is None:
        raise AccessDenied(f"Insufficient Lake Formation permission(s): Required Describe on {table.name}")
    return found


def describe(reader: StatementReader, session: Session) -> QueryResult:
    """DESCRIBE name: a line for each column, partition keys again below."""
    if reader.looks_like("EXTENDED") or reader.looks_like("FORMATTED"):
        raise NotTrino("DESCRIBE EXTENDED or FORMATTED")
    found = binding.find(session, *binding.resolve(session, reader.table()))
    reader.expect_end()
    visible = _visible(found, session)

    def line(column: Column) -> str:
        return f"{column.name:<20}\t{column.glue_type:<20}\t{column.comment:<20}"

    rows = [line(column) for column in found.all_columns if column.name in visible]
    keys = [column for column in found.partition_keys if column.name in visible]
    if keys:
        rows += [
            "\t \t ",
            "# Partition Information\t \t ",
            "# col_name            \tdata_type           \tcomment             ",
            "\t \t ",
        ]
        rows += [line(column) for column in keys]
    return QueryResult(
        columns=[
            OutputColumn("col_name", "string"),
            OutputColumn("data_type", "string"),
            OutputColumn("comment", "string"),
        ],
        rows=[[row] for row in rows],
        header=False,
    )


def _create_statement(table: CatalogTable, visible: set[str]) -> list[str]:
    def columns(chosen: Iterable[Column]) -> list[str]:
        defined = [f"  `{column.name}` {column.glue_type}" for column in chosen if column.name in visible]
        return [f"{one}{',' if number < len(defined) else ''}" for number, one in enumerate(defined, start=1)]

    external = "" if table.format == "iceberg" else "EXTERNAL "
    lines = [f"CREATE {external}TABLE `{table.database}.{table.name}`(", *columns(table.columns), ")"]
    if table.partition_keys:
        lines += ["PARTITIONED BY (", *columns(table.partition_keys), ")"]
    if table.serde:
        lines += ["ROW FORMAT SERDE", f"  '{table.serde}'"]
    lines += ["LOCATION", f"  '{table.location.rstrip('/')}'", "TBLPROPERTIES ("]
    properties = [f"  '{key}'='{value}'" for key, value in sorted(table.parameters.items())]
    return [*lines, ",\n".join(properties) + ")"]
