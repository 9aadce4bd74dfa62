"""Athena's DDL that makes and drops databases and tables, under Lake Formation."""

from __future__ import annotations

from typing import Any

from local.engines import backends, catalog, hive_types
from local.engines.catalog import Column
from local.engines.errors import AccessDenied, EntityNotFound, QueryError
from local.engines.iceberg import tables
from local.engines.iceberg.tables import catalog_lock
from local.engines.lake_permissions import permissions
from local.engines.lake_permissions.grants import Resource
from local.engines.sql_cursor import split_at_commas
from local.services.athena import binding
from local.services.athena.binding import Session
from local.services.athena.errors import NotTrino, SyntaxProblem
from local.services.athena.files import STORAGE
from local.services.athena.reader import StatementReader
from local.services.athena.results import QueryResult


def no_result() -> QueryResult:
    return QueryResult(header=False)


def database_of(session: Session, name: str | None) -> tuple[str, str]:
    """Account and name of a database of the session's account, links followed. Raises QueryError."""
    named = (name or session.database or "").lower()
    try:
        account, database, _ = catalog.find_database(session.account, named)
    except EntityNotFound as missing:
        raise QueryError("SCHEMA_NOT_FOUND", f"Schema '{named}' does not exist") from missing
    return account, database


def create_database(reader: StatementReader, session: Session) -> QueryResult:
    """CREATE DATABASE | SCHEMA [IF NOT EXISTS] name [COMMENT …] [LOCATION …] [WITH DBPROPERTIES (…)]."""
    lenient = reader.accept("IF NOT EXISTS")
    name = reader.identifier()
    given: dict[str, Any] = {"Name": name}
    if reader.accept("COMMENT"):
        given["Description"] = reader.string()
    if reader.accept("LOCATION"):
        given["LocationUri"] = reader.string()
    if reader.accept("WITH DBPROPERTIES"):
        given["Parameters"] = reader.properties()
    reader.expect_end()
    permissions.require_create_database(session.caller, session.account)
    if name in backends.glue(session.account).databases:
        if lenient:
            return no_result()
        raise QueryError("DATABASE_ALREADY_EXISTS", f"Database {name} already exists")
    if given.get("LocationUri"):
        permissions.require_location(session.caller.principal_arn, session.account, given["LocationUri"])
    backends.glue(session.account).create_database(name, given)
    permissions.grant_all(session.caller.principal_arn, Resource("database", session.account, name))
    return no_result()


def drop_database(reader: StatementReader, session: Session) -> QueryResult:
    """DROP DATABASE | SCHEMA [IF EXISTS] name [RESTRICT | CASCADE]."""
    lenient = reader.accept("IF EXISTS")
    name = reader.identifier()
    cascade = reader.accept("CASCADE")
    if not cascade:
        reader.accept("RESTRICT")
    reader.expect_end()
    found = backends.glue(session.account).databases.get(name)
    if found is None:
        if lenient:
            return no_result()
        raise QueryError("SCHEMA_NOT_FOUND", f"Database does not exist: {name}")
    permissions.require_on_database(session.account, name, session.caller.principal_arn, "DROP")
    if found.tables and not cascade:
        raise QueryError("SCHEMA_NOT_EMPTY", f"Database {name} is not empty. One or more tables exist.")
    backends.glue(session.account).delete_database(name)
    permissions.forget(session.account, name)
    return no_result()


def create_table(reader: StatementReader, session: Session, *, external: bool) -> QueryResult:
    """CREATE EXTERNAL TABLE (Hive) or CREATE TABLE … TBLPROPERTIES ('table_type'='ICEBERG')."""
    lenient = reader.accept("IF NOT EXISTS")
    table = reader.table()
    columns = column_definitions(reader.parenthesized())
    clauses = _clauses(reader)
    database, name = binding.resolve(session, table)
    account, database = database_of(session, database)
    if catalog.table_exists(account, database, name):
        if lenient:
            return no_result()
        raise QueryError("TABLE_ALREADY_EXISTS", f"Table {name} already exists")
    if not clauses["location"]:
        raise QueryError("INVALID_TABLE_PROPERTY", "CREATE TABLE needs a LOCATION")
    if clauses["properties"].get("table_type", "").upper() == "ICEBERG":
        if external:
            raise QueryError(
                "INVALID_TABLE_PROPERTY", "Iceberg tables are created by CREATE TABLE, without EXTERNAL"
            )
        return _create_iceberg(session, account, database, name, columns, clauses)
    if not external:
        raise SyntaxProblem("CREATE TABLE without EXTERNAL is for 'table_type'='ICEBERG'")
    if any(column.required for column in columns):
        raise SyntaxProblem("NOT NULL is not allowed in a Hive table")
    permissions.require_create_table(session.caller, account, database, clauses["location"])
    storage = _storage(clauses)
    described = {
        "Name": name,
        "Owner": "hadoop",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", **clauses["properties"]},
        "PartitionKeys": catalog_columns(column_definitions(clauses["partitioned_by"])),
        "StorageDescriptor": {
            **storage,
            "Columns": catalog_columns(columns),
            "Location": clauses["location"].rstrip("/") + "/",
        },
    }
    if clauses["comment"]:
        described["Description"] = clauses["comment"]
    catalog.format_of(described)
    with catalog_lock:
        permissions.create_table(session.caller, account, database, described)
    return no_result()


def _create_iceberg(
    session: Session, account: str, database: str, name: str, columns: list[Column], clauses: dict[str, Any]
) -> QueryResult:
    unknown = sorted(set(clauses["properties"]) - {"table_type", "format", "write_compression"})
    if unknown:
        raise NotTrino(f"table property {', '.join(unknown)} of an Iceberg table")
    if clauses["properties"].get("format", "parquet").lower() != "parquet":
        raise NotTrino(f"Iceberg files of format {clauses['properties']['format']}")
    tables.create_table(
        session.caller,
        account,
        database,
        name,
        columns,
        [part.strip().replace("`", "") for part in split_at_commas(clauses["partitioned_by"])],
        clauses["location"],
    )
    return no_result()


def column_definitions(text: str) -> list[Column]:
    """Column definitions. Raises SyntaxProblem, InvalidInput for an unknown type."""
    found = []
    for definition in split_at_commas(text, "()<>"):
        reader = StatementReader(definition)
        name, kind = reader.identifier(), reader.type_text().lower()
        required = reader.accept("NOT NULL")
        comment = reader.string() if reader.accept("COMMENT") else ""
        reader.expect_end()
        hive_types.parse(kind)
        found.append(Column(name, kind, comment, required))
    return found


def catalog_columns(columns: list[Column]) -> list[dict[str, str]]:
    return [
        {
            "Name": column.name,
            "Type": column.glue_type,
            **({"Comment": column.comment} if column.comment else {}),
        }
        for column in columns
    ]


def _clauses(reader: StatementReader) -> dict[str, Any]:
    """The clauses behind the columns, in any order."""
    found: dict[str, Any] = {
        "comment": "", "partitioned_by": "", "serde": None, "serde_properties": {}, "delimiter": None,
        "stored_as": None, "location": None, "properties": {},
    }  # fmt: skip
    while not reader.done and not reader.accept(";"):
        if reader.accept("COMMENT"):
            found["comment"] = reader.string()
        elif reader.accept("PARTITIONED BY"):
            found["partitioned_by"] = reader.parenthesized()
        elif reader.accept("ROW FORMAT SERDE"):
            found["serde"] = reader.string()
            if reader.accept("WITH SERDEPROPERTIES"):
                found["serde_properties"] = reader.properties()
        elif reader.accept("ROW FORMAT DELIMITED"):
            found["delimiter"] = _delimiter(reader)
        elif reader.accept("STORED AS INPUTFORMAT"):
            first = reader.string()
            reader.expect("OUTPUTFORMAT")
            found["stored_as"] = (first, reader.string())
        elif reader.accept("STORED AS"):
            found["stored_as"] = reader.identifier().upper()
        elif reader.accept("LOCATION"):
            found["location"] = reader.string()
        elif reader.accept("TBLPROPERTIES"):
            found["properties"] = reader.properties()
        else:
            raise reader.error("a clause of CREATE TABLE")
    return found


def _delimiter(reader: StatementReader) -> str:
    delimiter = "\x01"
    while True:
        if reader.accept("FIELDS TERMINATED BY"):
            delimiter = reader.string().encode().decode("unicode_escape")
        elif reader.accept("LINES TERMINATED BY"):
            if reader.string() not in ("\n", "\\n"):
                raise NotTrino("LINES TERMINATED BY another character than a line feed")
        elif reader.looks_like("ESCAPED") or reader.looks_like("COLLECTION") or reader.looks_like("NULL"):
            raise NotTrino("this clause of ROW FORMAT DELIMITED")
        else:
            return delimiter


def _storage(clauses: dict[str, Any]) -> dict[str, Any]:
    stored = clauses["stored_as"]
    if isinstance(stored, str) and stored not in ("PARQUET", "TEXTFILE"):
        raise NotTrino(f"STORED AS {stored}")
    storage = dict(STORAGE[stored if isinstance(stored, str) else "TEXTFILE"])
    if isinstance(stored, tuple):
        storage["InputFormat"], storage["OutputFormat"] = stored
    serde = dict(storage["SerdeInfo"])
    if clauses["serde"]:
        serde = {"SerializationLibrary": clauses["serde"], "Parameters": clauses["serde_properties"]}
    elif clauses["delimiter"] is not None:
        serde["Parameters"] = {
            "field.delim": clauses["delimiter"],
            "serialization.format": clauses["delimiter"],
        }
    storage["SerdeInfo"] = serde
    return storage


def drop_table(reader: StatementReader, session: Session) -> QueryResult:
    """DROP TABLE [IF EXISTS] name: a Hive table leaves its files, an Iceberg table takes them along."""
    lenient = reader.accept("IF EXISTS")
    table = reader.table()
    reader.expect_end()
    database, name = binding.resolve(session, table)
    account, database = database_of(session, database)
    try:
        stored = catalog.stored_table(account, database, name)
    except EntityNotFound as missing:
        if lenient:
            return no_result()
        raise QueryError("TABLE_NOT_FOUND", f"Table not found {database}.{name}") from missing
    granted = permissions.table_permissions(account, database, name, session.caller.principal_arn)
    if "DROP" not in granted:
        raise AccessDenied(f"Insufficient Lake Formation permission(s): Required Drop on {name}")
    version = catalog.current_version(stored)
    described = catalog.describe(account, stored) if not version.get("TargetTable") else None
    with catalog_lock:
        backends.glue(account).delete_table(database, name)
        permissions.forget(account, database, name)
    if described is not None and described.format == "iceberg":
        tables.purge(described)
    return no_result()
