"""Athena's DDL over the Data Catalog: databases, tables, partitions, SHOW and DESCRIBE, under Lake Formation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlglot import exp

from local.lake import backends, catalog, grants, iceberg, objects, permissions, types
from local.lake.api.partitions import add_partition
from local.lake.athena import binding
from local.lake.athena.binding import Session
from local.lake.athena.errors import NotTrino, SyntaxProblem
from local.lake.athena.reader import Reader, split_top
from local.lake.athena.results import OutputColumn, QueryResult
from local.lake.athena.writing import STORAGE
from local.lake.catalog import CatalogTable, Column
from local.lake.errors import AccessDenied, EntityNotFound, QueryError
from local.lake.grants import Resource
from local.lake.iceberg.tables import catalog_lock


def _done() -> QueryResult:
    return QueryResult(header=False)


def _lines(name: str, values: Iterable[str]) -> QueryResult:
    return QueryResult(
        columns=[OutputColumn(name, "string")], rows=[[value] for value in values], header=False
    )


def _database_of(session: Session, name: str | None) -> tuple[str, str]:
    """Account and name of a database of the session's account, links followed. Raises QueryError."""
    wanted = (name or session.database or "").lower()
    try:
        account, database, _ = catalog.find_database(session.account, wanted)
    except EntityNotFound as missing:
        raise QueryError("SCHEMA_NOT_FOUND", f"Schema '{wanted}' does not exist") from missing
    return account, database


def create_database(reader: Reader, session: Session) -> QueryResult:
    """CREATE DATABASE | SCHEMA [IF NOT EXISTS] name [COMMENT …] [LOCATION …] [WITH DBPROPERTIES (…)]."""
    lenient = reader.accept("IF NOT EXISTS")
    name = reader.name()
    given: dict[str, Any] = {"Name": name}
    if reader.accept("COMMENT"):
        given["Description"] = reader.string()
    if reader.accept("LOCATION"):
        given["LocationUri"] = reader.string()
    if reader.accept("WITH DBPROPERTIES"):
        given["Parameters"] = reader.properties()
    reader.finish()
    permissions.require_create_database(session.caller, session.account)
    if name in backends.glue(session.account).databases:
        if lenient:
            return _done()
        raise QueryError("DATABASE_ALREADY_EXISTS", f"Database {name} already exists")
    if given.get("LocationUri"):
        permissions.require_location(session.caller.principal_arn, session.account, given["LocationUri"])
    backends.glue(session.account).create_database(name, given)
    permissions.grant_all(session.caller.principal_arn, Resource("database", session.account, name))
    return _done()


def drop_database(reader: Reader, session: Session) -> QueryResult:
    """DROP DATABASE | SCHEMA [IF EXISTS] name [RESTRICT | CASCADE]."""
    lenient = reader.accept("IF EXISTS")
    name = reader.name()
    cascade = reader.accept("CASCADE")
    if not cascade:
        reader.accept("RESTRICT")
    reader.finish()
    found = backends.glue(session.account).databases.get(name)
    if found is None:
        if lenient:
            return _done()
        raise QueryError("SCHEMA_NOT_FOUND", f"Database does not exist: {name}")
    permissions.require_on_database(session.account, name, session.caller.principal_arn, "DROP")
    if found.tables and not cascade:
        raise QueryError("SCHEMA_NOT_EMPTY", f"Database {name} is not empty. One or more tables exist.")
    backends.glue(session.account).delete_database(name)
    grants.book(session.account).forget(name)
    return _done()


def create_table(reader: Reader, session: Session, *, external: bool) -> QueryResult:
    """CREATE EXTERNAL TABLE (Hive) or CREATE TABLE … TBLPROPERTIES ('table_type'='ICEBERG')."""
    lenient = reader.accept("IF NOT EXISTS")
    table = reader.table()
    columns = _columns(reader.parenthesised())
    clauses = _clauses(reader)
    database, name = binding.resolve(session, table)
    account, database = _database_of(session, database)
    if catalog.table_exists(account, database, name):
        if lenient:
            return _done()
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
        "PartitionKeys": _described(_columns(clauses["partitioned_by"])),
        "StorageDescriptor": {
            **storage,
            "Columns": _described(columns),
            "Location": clauses["location"].rstrip("/") + "/",
        },
    }
    if clauses["comment"]:
        described["Description"] = clauses["comment"]
    catalog.format_of(described)
    with catalog_lock:
        permissions.create_table(session.caller, account, database, described)
    return _done()


def _create_iceberg(
    session: Session, account: str, database: str, name: str, columns: list[Column], clauses: dict[str, Any]
) -> QueryResult:
    unknown = sorted(set(clauses["properties"]) - {"table_type", "format", "write_compression"})
    if unknown:
        raise NotTrino(f"table property {', '.join(unknown)} of an Iceberg table")
    if clauses["properties"].get("format", "parquet").lower() != "parquet":
        raise NotTrino(f"Iceberg files of format {clauses['properties']['format']}")
    iceberg.create_table(
        session.caller,
        account,
        database,
        name,
        columns,
        [part.strip().replace("`", "") for part in split_top(clauses["partitioned_by"])],
        clauses["location"],
    )
    return _done()


def _columns(text: str) -> list[Column]:
    """Column definitions. Raises SyntaxProblem, InvalidInput for an unknown type."""
    found = []
    for definition in _split_columns(text):
        reader = Reader(definition)
        name, kind = reader.name(), reader.type_text().lower()
        required = reader.accept("NOT NULL")
        comment = reader.string() if reader.accept("COMMENT") else ""
        reader.finish()
        types.parse(kind)
        found.append(Column(name, kind, comment, required))
    return found


def _split_columns(text: str) -> list[str]:
    """Column definitions apart by commas; `<` and `>` are brackets here."""
    parts, depth, quoted, start = [], 0, "", 0
    for position, character in enumerate(text):
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in "'\"`":
            quoted = character
        elif character in "(<":
            depth += 1
        elif character in ")>":
            depth -= 1
        elif character == "," and not depth:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


def _described(columns: list[Column]) -> list[dict[str, str]]:
    return [
        {
            "Name": column.name,
            "Type": column.glue_type,
            **({"Comment": column.comment} if column.comment else {}),
        }
        for column in columns
    ]


def _clauses(reader: Reader) -> dict[str, Any]:
    """The clauses behind the columns, in any order."""
    found: dict[str, Any] = {
        "comment": "", "partitioned_by": "", "serde": None, "serde_properties": {}, "delimiter": None,
        "stored_as": None, "location": None, "properties": {},
    }  # fmt: skip
    while not reader.done and not reader.accept(";"):
        if reader.accept("COMMENT"):
            found["comment"] = reader.string()
        elif reader.accept("PARTITIONED BY"):
            found["partitioned_by"] = reader.parenthesised()
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
            found["stored_as"] = reader.name().upper()
        elif reader.accept("LOCATION"):
            found["location"] = reader.string()
        elif reader.accept("TBLPROPERTIES"):
            found["properties"] = reader.properties()
        else:
            raise reader.problem("Expecting: a clause of CREATE TABLE")
    return found


def _delimiter(reader: Reader) -> str:
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


def drop_table(reader: Reader, session: Session) -> QueryResult:
    """DROP TABLE [IF EXISTS] name: a Hive table leaves its files, an Iceberg table takes them along."""
    lenient = reader.accept("IF EXISTS")
    table = reader.table()
    reader.finish()
    database, name = binding.resolve(session, table)
    account, database = _database_of(session, database)
    try:
        stored = catalog.stored_table(account, database, name)
    except EntityNotFound as missing:
        if lenient:
            return _done()
        raise QueryError("TABLE_NOT_FOUND", f"Table not found {database}.{name}") from missing
    held = permissions.table_permissions(account, database, name, session.caller.principal_arn)
    if "DROP" not in held:
        raise AccessDenied(f"Insufficient Lake Formation permission(s): Required Drop on {name}")
    version = catalog.current_version(stored)
    described = catalog.describe(account, stored) if not version.get("TargetTable") else None
    with catalog_lock:
        backends.glue(account).delete_table(database, name)
        grants.book(account).forget(database, name)
    if described is not None and described.format == "iceberg":
        iceberg.purge(described)
    return _done()


def _partition_values(text: str, table: CatalogTable) -> tuple[str, ...]:
    given: dict[str, str] = {}
    for part in split_top(text):
        reader = Reader(part)
        key = reader.name()
        reader.expect("=")
        given[key] = reader.string() if reader.is_string() else reader.rest().strip()
    names = [key.name for key in table.partition_keys]
    if sorted(given) != sorted(names):
        raise QueryError(
            "INVALID_PARTITION", f"table {table.name} is partitioned by {', '.join(names) or 'nothing'}"
        )
    return tuple(given[name] for name in names)


def _alterable(session: Session, table: exp.Table) -> CatalogTable:
    found = binding.find(session, *binding.resolve(session, table))
    permissions.require(found, session.caller.principal_arn, "ALTER")
    return found


def alter_table(reader: Reader, session: Session) -> QueryResult:
    """ALTER TABLE … ADD or DROP PARTITION, ADD COLUMNS, SET TBLPROPERTIES."""
    found = _alterable(session, reader.table())
    stored = catalog.stored_table(found.account, found.database, found.name)
    if reader.accept("ADD COLUMNS"):
        return _add_columns(reader, found)
    if reader.accept("SET TBLPROPERTIES"):
        given = reader.properties()
        reader.finish()
        version = catalog.current_version(stored)
        if found.format == "iceberg":
            raise NotTrino("SET TBLPROPERTIES of an Iceberg table")
        with catalog_lock:
            stored.update({**version, "Parameters": {**(version.get("Parameters") or {}), **given}})
        return _done()
    if found.format == "iceberg":
        raise NotTrino("ALTER TABLE … PARTITION of an Iceberg table")
    if reader.accept("ADD"):
        lenient = reader.accept("IF NOT EXISTS")
        storage = catalog.current_version(stored)["StorageDescriptor"]
        while reader.accept("PARTITION"):
            values = _partition_values(reader.parenthesised(), found)
            location = reader.string() if reader.accept("LOCATION") else _default_location(found, values)
            if lenient and str(list(values)) in stored.partitions:
                continue
            if str(list(values)) in stored.partitions:
                raise QueryError("ALREADY_EXISTS", "Partition already exists")
            described = {**storage, "Location": location.rstrip("/") + "/"}
            add_partition(found, stored, {"Values": list(values), "StorageDescriptor": described})
        reader.finish()
        return _done()
    reader.expect("DROP")
    lenient = reader.accept("IF EXISTS")
    while reader.accept("PARTITION"):
        values = _partition_values(reader.parenthesised(), found)
        if str(list(values)) not in stored.partitions:
            if not lenient:
                raise QueryError("PARTITION_NOT_FOUND", f"Partition not found: {'/'.join(values)}")
        else:
            del stored.partitions[str(list(values))]
        reader.accept(",")
    reader.finish()
    return _done()


def _add_columns(reader: Reader, found: CatalogTable) -> QueryResult:
    columns = _columns(reader.parenthesised())
    reader.finish()
    if found.format == "iceberg":
        raise NotTrino("ALTER TABLE … ADD COLUMNS of an Iceberg table")
    present = {column.name for column in found.all_columns}
    repeated = [column.name for column in columns if column.name in present]
    if repeated:
        raise QueryError("COLUMN_ALREADY_EXISTS", f"Column {repeated[0]} already exists")
    stored = catalog.stored_table(found.account, found.database, found.name)
    version = catalog.current_version(stored)
    storage = version["StorageDescriptor"]
    with catalog_lock:
        stored.update(
            {
                **version,
                "StorageDescriptor": {**storage, "Columns": [*storage["Columns"], *_described(columns)]},
            }
        )
    return _done()


def _default_location(table: CatalogTable, values: tuple[str, ...]) -> str:
    folders = "/".join(f"{key.name}={value}" for key, value in zip(table.partition_keys, values, strict=True))
    return f"{table.location}{folders}/"


def repair_table(reader: Reader, session: Session) -> QueryResult:
    """MSCK REPAIR TABLE: register the `key=value` folders that are not registered yet."""
    found = _alterable(session, reader.table())
    reader.finish()
    if not found.partition_keys:
        raise QueryError("INVALID_PARTITION", f"Table {found.name} is not partitioned")
    stored = catalog.stored_table(found.account, found.database, found.name)
    storage = catalog.current_version(stored)["StorageDescriptor"]
    objects.require_read(session.caller, found.location)
    _, prefix = objects.split_uri(found.location)
    pattern = re.compile("/".join(rf"{re.escape(key.name)}=([^/]+)" for key in found.partition_keys) + "/")
    added = []
    for one in objects.list_objects(found.location):
        match = pattern.match(one.key[len(prefix) :])
        if match is None or str(list(match.groups())) in stored.partitions:
            continue
        location = f"{found.location}{match[0]}"
        described = {**storage, "Location": location}
        add_partition(found, stored, {"Values": list(match.groups()), "StorageDescriptor": described})
        added.append(match[0].rstrip("/"))
    rows = (
        [f"Partitions not in metastore:\t{' '.join(f'{found.name}:{one}' for one in added)}"] if added else []
    )
    return _lines(
        "result", [*rows, *(f"Repair: Added partition to metastore {found.name}:{one}" for one in added)]
    )


def show(reader: Reader, session: Session) -> QueryResult:
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
            table.set("db", exp.to_identifier(reader.name()))
        reader.finish()
        found = binding.find(session, *binding.resolve(session, table))
        visible = _visible(found, session)
        return _lines("field", [column.name for column in found.all_columns if column.name in visible])
    if reader.accept("PARTITIONS"):
        found = binding.find(session, *binding.resolve(session, reader.table()))
        reader.finish()
        _visible(found, session)
        if not found.partition_keys:
            raise QueryError("INVALID_PARTITION", f"Table {found.name} is not a partitioned table")
        keys = [key.name for key in found.partition_keys]
        return _lines(
            "partition",
            sorted(
                "/".join(f"{key}={value}" for key, value in zip(keys, partition.values, strict=False))
                for partition in catalog.partitions(found)
            ),
        )
    if reader.accept("TBLPROPERTIES"):
        found = binding.find(session, *binding.resolve(session, reader.table()))
        reader.finish()
        _visible(found, session)
        return _lines("prpt_name", [f"{key}\t{value}" for key, value in sorted(found.parameters.items())])
    if reader.accept("CREATE TABLE"):
        found = binding.find(session, *binding.resolve(session, reader.table()))
        reader.finish()
        return _lines("createtab_stmt", _create_statement(found, _visible(found, session)))
    raise NotTrino(f"SHOW {reader.rest()}")


def _show_databases(reader: Reader, session: Session) -> QueryResult:
    pattern = reader.string() if reader.accept("LIKE") or reader.is_string() else None
    reader.finish()
    role = session.caller.principal_arn
    names = [
        name
        for name in sorted(backends.glue(session.account).databases)
        if permissions.may_on_database(session.account, name, role, "DESCRIBE") and _matches(name, pattern)
    ]
    return _lines("database_name", names)


def _show_tables(reader: Reader, session: Session) -> QueryResult:
    name = reader.name() if reader.accept("IN") or reader.accept("FROM") else None
    pattern = reader.string() if reader.is_string() else None
    reader.finish()
    account, database = _database_of(session, name)
    role = session.caller.principal_arn
    permissions.require_on_database(account, database, role, "DESCRIBE")
    shown = []
    for table in sorted(backends.glue(account).databases[database].tables):
        held = permissions.table_permissions(account, database, table, role)
        columns = grants.book(account).column_grants(permissions.principals(role, account), database, table)
        if (held or columns or permissions.is_administrator(role, account)) and _matches(table, pattern):
            shown.append(table)
    return _lines("tab_name", shown)


def _matches(name: str, pattern: str | None) -> bool:
    if pattern is None:
        return True
    return any(re.fullmatch(part.replace("*", ".*").replace("%", ".*"), name) for part in pattern.split("|"))


def _visible(table: CatalogTable, session: Session) -> set[str]:
    """The columns that the caller sees. Raises AccessDenied when it sees no table."""
    role = session.caller.principal_arn
    if permissions.table_permissions(
        table.account, table.database, table.name, role
    ) or permissions.is_administrator(role, table.account):
        return {column.name for column in table.all_columns}
    columns = permissions.granted_columns(table, role)
    if not columns:
        raise AccessDenied(f"Insufficient Lake Formation permission(s): Required Describe on {table.name}")
    return set(columns)


def describe(reader: Reader, session: Session) -> QueryResult:
    """DESCRIBE name: a line for each column, partition keys again below."""
    if reader.looks_like("EXTENDED") or reader.looks_like("FORMATTED"):
        raise NotTrino("DESCRIBE EXTENDED or FORMATTED")
    found = binding.find(session, *binding.resolve(session, reader.table()))
    reader.finish()
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
