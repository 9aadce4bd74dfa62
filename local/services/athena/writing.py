"""Statements that store the rows of a query: CREATE TABLE AS, INSERT INTO and UNLOAD, for Hive tables and Iceberg."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
from sqlglot import exp

from local.engines import catalog, duckdb_engine, hive_types, objects
from local.engines.catalog import CatalogTable, Column
from local.engines.catalog_changes import add_partition
from local.engines.errors import EntityNotFound, QueryError
from local.engines.iceberg import tables
from local.engines.iceberg.tables import catalog_lock
from local.engines.iceberg.transaction import Transaction
from local.engines.lake_permissions import locations, permissions
from local.services.athena import binding
from local.services.athena.binding import Session
from local.services.athena.errors import NotTrino, explain
from local.services.athena.files import STORAGE, Storing, Written, write
from local.services.athena.results import OutputColumn, QueryResult
from local.services.athena.running import Running


@dataclass
class CreateTableAs:
    """CREATE TABLE … WITH (…) AS query; `options` are the properties by lower-case name, as Trino's expressions."""

    table: exp.Table
    query: exp.Query
    options: dict[str, exp.Expr] = field(default_factory=dict)
    if_not_exists: bool = False
    with_data: bool = True


def _literal(value: exp.Expr | None, name: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, exp.Literal):
        raise NotTrino(f"{name} = {value.sql(dialect='trino')}")
    return value.name


def _names(value: exp.Expr | None, name: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, (exp.Array, exp.Tuple)):
        raise QueryError("INVALID_TABLE_PROPERTY", f"{name} must be an ARRAY of texts")
    return tuple(_literal(item, name) or "" for item in value.expressions)


def _storing(options: dict[str, exp.Expr]) -> Storing:
    form = (_literal(options.get("format"), "format") or "PARQUET").upper()
    if form not in STORAGE:
        raise NotTrino(f"format = '{form}'")
    compression = _literal(
        options.get("write_compression") or options.get("compression") or options.get("parquet_compression"),
        "compression",
    )
    known = {
        "PARQUET": ("SNAPPY", "GZIP", "ZSTD", "NONE", "UNCOMPRESSED", "LZ4"),
        "JSON": ("GZIP", "NONE"),
        "TEXTFILE": ("GZIP", "NONE"),
    }
    if compression is not None and compression.upper() not in known[form]:
        raise NotTrino(f"compression {compression} for {form}")
    return Storing(
        format=form,
        compression=compression.upper() if compression else None,
        delimiter=_literal(options.get("field_delimiter"), "field_delimiter")
        or ("\x01" if form == "TEXTFILE" else ","),
        partitioned_by=tuple(
            name.lower() for name in _names(options.get("partitioned_by"), "partitioned_by")
        ),
    )


def create_table_as(
    running: Running, session: Session, statement: CreateTableAs, default_location: str
) -> QueryResult:
    """Run CREATE TABLE AS. `default_location` is where Athena puts tables without one.

    Raises QueryError, AccessDenied; nothing is in the catalog when it fails.
    """
    database, name = binding.resolve(session, statement.table)
    account, database, _ = catalog.find_database(session.account, database)
    if catalog.table_exists(account, database, name):
        if statement.if_not_exists:
            return QueryResult(header=False)
        raise QueryError("TABLE_ALREADY_EXISTS", f"Table 'awsdatacatalog.{database}.{name}' already exists")
    known = {
        "format", "external_location", "location", "table_type", "is_external", "partitioned_by", "partitioning",
        "write_compression", "compression", "parquet_compression", "field_delimiter",
    }  # fmt: skip
    unknown = sorted(set(statement.options) - known)
    if unknown:
        raise NotTrino(f"table property {', '.join(unknown)}")
    table_type = (_literal(statement.options.get("table_type"), "table_type") or "HIVE").upper()
    if table_type == "ICEBERG":
        return _create_iceberg_as(running, session, statement, account, database, name)
    location = (
        _literal(statement.options.get("external_location"), "external_location")
        or f"{default_location}{uuid.uuid4()}"
    )
    location = location.rstrip("/") + "/"
    storing = _storing(statement.options)
    sql, columns, scanned = running.named(session, statement.query)
    _check_partition_columns(columns, storing)
    permissions.require_create_table(session.caller, account, database, location)
    _require_empty(location)
    locations.require_data_access(session.caller, location, write=True)
    written, count = write(
        running.connection, sql if statement.with_data else f"{sql} LIMIT 0", columns, location, storing
    )
    table_input = _table_input(name, location, columns, storing)
    with catalog_lock:
        permissions.create_table(session.caller, account, database, table_input)
    _register(catalog.find_table(account, database, name), written)
    return QueryResult(header=False, updated=count, scanned=scanned, manifest=[one.uri for one in written])


def _create_iceberg_as(
    running: Running, session: Session, statement: CreateTableAs, account: str, database: str, name: str
) -> QueryResult:
    location = _literal(statement.options.get("location"), "location")
    if location is None:
        raise QueryError("INVALID_TABLE_PROPERTY", "location is required for Iceberg tables")
    if (_literal(statement.options.get("is_external"), "is_external") or "false").lower() != "false":
        raise QueryError("INVALID_TABLE_PROPERTY", "is_external must be false for Iceberg tables")
    sql, columns, scanned = running.named(session, statement.query)
    _require_empty(location)
    created = tables.create_table(
        session.caller,
        account,
        database,
        name,
        [Column(column.name, column.glue_type) for column in columns],
        _names(statement.options.get("partitioning"), "partitioning"),
        location,
    )
    count = _append(running, created, sql if statement.with_data else f"{sql} LIMIT 0")
    return QueryResult(header=False, updated=count, scanned=scanned)


def _append(running: Running, table: CatalogTable, sql: str) -> int:
    with Transaction(table) as transaction:
        try:
            count = transaction.append(running.connection, sql)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise explain(error) from error
        transaction.commit()
    return count


def insert(
    running: Running, session: Session, table: exp.Table, names: Sequence[str], query: exp.Query
) -> QueryResult:
    """Run INSERT INTO table [(names)] query. Raises QueryError, AccessDenied."""
    target = binding.find(session, *binding.resolve(session, table))
    permissions.require(target, session.caller, "INSERT")
    sql, columns, scanned = running.prepare(session, query)
    target_names = [name.lower() for name in names] or [column.name for column in target.all_columns]
    check_insert(target, target_names, columns)
    outputs = []
    for column in target.all_columns:
        if column.name in target_names:
            value = f"CAST(c{target_names.index(column.name)} AS {column.duckdb_type})"
        else:
            value = f"CAST(NULL AS {column.duckdb_type})"
        outputs.append(f"{value} AS {duckdb_engine.quote(column.name)}")
    stored = f"SELECT {', '.join(outputs)} FROM ({sql})"
    if target.format == "iceberg":
        return QueryResult(header=False, updated=_append(running, target, stored), scanned=scanned)
    if target.format == "csv" and target.parameters.get("skip.header.line.count"):
        raise QueryError(
            "NOT_SUPPORTED",
            "Inserting into Hive table with value of skip.header.line.count property greater than 1 is not supported",
        )
    storing = Storing(
        format={"parquet": "PARQUET", "json": "JSON", "csv": "TEXTFILE"}[target.format],
        delimiter=target.serde_parameters.get("field.delim", "\x01"),
        partitioned_by=tuple(key.name for key in target.partition_keys),
    )
    locations.require_data_access(session.caller, target.location, write=True)
    described = [OutputColumn(column.name, column.glue_type) for column in target.all_columns]
    written, count = write(running.connection, stored, described, target.location, storing)
    _register(target, written)
    return QueryResult(header=False, updated=count, scanned=scanned, manifest=[one.uri for one in written])


def check_insert(target: CatalogTable, target_names: list[str], columns: list[OutputColumn]) -> None:
    unknown = [name for name in target_names if name not in {column.name for column in target.all_columns}]
    if unknown:
        raise QueryError(
            "COLUMN_NOT_FOUND", f"Insert column name does not exist in target table: {unknown[0]}"
        )
    given = ", ".join(hive_types.to_trino(column.glue_type) for column in columns)
    expected = ", ".join(hive_types.to_trino(target.column(name).glue_type) for name in target_names)
    mismatch = QueryError(
        "TYPE_MISMATCH", f"Insert query has mismatched column types: Table: [{expected}], Query: [{given}]"
    )
    if len(target_names) != len(columns):
        raise mismatch
    numeric = (*hive_types.INTEGERS, "float", "double", "decimal")
    for name, column in zip(target_names, columns, strict=True):
        source, kind = hive_types.parse(column.glue_type), hive_types.parse(target.column(name).glue_type)
        texts = ("string", "varchar", "char")
        if source.name == kind.name or (source.name in texts and kind.name in texts):
            continue
        if (
            source.name in numeric
            and kind.name in numeric
            and hive_types.can_widen(column.glue_type, target.column(name).glue_type)
        ):
            continue
        if source.name in hive_types.INTEGERS and kind.name in ("float", "double", "decimal"):
            continue
        if source.name == "decimal" and kind.name in ("float", "double"):
            continue
        if (source.name, kind.name) in (("date", "timestamp"), ("timestamp", "timestamptz")):
            continue
        raise mismatch


def unload(
    running: Running, session: Session, query: exp.Query, location: str, options: dict[str, exp.Expr]
) -> QueryResult:
    """Run UNLOAD (query) TO location WITH (…). Raises QueryError, AccessDenied."""
    unknown = sorted(set(options) - {"format", "compression", "field_delimiter", "partitioned_by"})
    if unknown:
        raise NotTrino(f"UNLOAD property {', '.join(unknown)}")
    if "format" not in options:
        raise QueryError("INVALID_PROPERTY", "UNLOAD needs the property format")
    storing = _storing(options)
    location = location.rstrip("/") + "/"
    sql, columns, scanned = running.named(session, query)
    _check_partition_columns(columns, storing)
    _require_empty(location)
    objects.require_write(session.caller, f"{location}part")
    written, count = write(running.connection, sql, columns, location, storing)
    return QueryResult(header=False, updated=count, scanned=scanned, manifest=[one.uri for one in written])


def _check_partition_columns(columns: Sequence[OutputColumn], storing: Storing) -> None:
    if not storing.partitioned_by:
        return
    last = tuple(column.name for column in columns[-len(storing.partitioned_by) :])
    if last != storing.partitioned_by:
        raise QueryError(
            "HIVE_COLUMN_ORDER_MISMATCH",
            f"Partition keys must be the last columns in the table and in the same order as the table properties: {list(storing.partitioned_by)}",
        )


def _require_empty(location: str) -> None:
    try:
        present = objects.list_objects(location, hidden=True)
    except EntityNotFound as missing:
        raise QueryError("HIVE_METASTORE_ERROR", missing.message) from missing
    if present:
        raise QueryError("HIVE_PATH_ALREADY_EXISTS", f"Target directory for table already exists: {location}")


def _table_input(
    name: str, location: str, columns: Sequence[OutputColumn], storing: Storing
) -> dict[str, Any]:
    storage = {**STORAGE[storing.format]}
    if storing.format == "TEXTFILE":
        serde = dict(storage["SerdeInfo"])
        storage["SerdeInfo"] = {**serde, "Parameters": {"field.delim": storing.delimiter}}
    keys = storing.partitioned_by
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "EXTERNAL": "TRUE",
            "has_encrypted_data": "false",
            "classification": storing.format.lower(),
        },
        "StorageDescriptor": {
            **storage,
            "Columns": [
                {"Name": column.name, "Type": column.glue_type}
                for column in columns
                if column.name not in keys
            ],
            "Location": location,
        },
        "PartitionKeys": [
            {"Name": column.name, "Type": column.glue_type} for column in columns if column.name in keys
        ],
    }


def _register(table: CatalogTable, written: list[Written]) -> None:
    """Register the partitions that the written objects make."""
    if not table.partition_keys:
        return
    stored = catalog.stored_table(table.account, table.database, table.name)
    storage = catalog.current_version(stored)["StorageDescriptor"]
    for one in written:
        if str(list(one.values)) not in stored.partitions:
            location = one.uri.rsplit("/", 1)[0] + "/"
            add_partition(
                table,
                stored,
                {"Values": list(one.values), "StorageDescriptor": {**storage, "Location": location}},
            )
