"""ALTER TABLE and MSCK REPAIR TABLE: partitions and columns of tables that are there."""

from __future__ import annotations

import re

from sqlglot import exp

from local.engines import catalog, hive_types, objects
from local.engines.catalog import CatalogTable
from local.engines.catalog_changes import add_partition
from local.engines.errors import EntityNotFound, QueryError
from local.engines.iceberg import evolving
from local.engines.iceberg.tables import catalog_lock
from local.engines.lake_permissions import permissions
from local.engines.sql_cursor import split_at_commas
from local.services.athena import binding
from local.services.athena.binding import Session
from local.services.athena.ddl import catalog_columns, column_definitions, no_result
from local.services.athena.ddl_listings import listing_of
from local.services.athena.errors import NotTrino
from local.services.athena.reader import StatementReader
from local.services.athena.results import QueryResult


def _partition_values(text: str, table: CatalogTable) -> tuple[str, ...]:
    given: dict[str, str] = {}
    for part in split_at_commas(text):
        reader = StatementReader(part)
        key = reader.identifier()
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


def alter_table(reader: StatementReader, session: Session) -> QueryResult:
    """ALTER TABLE … ADD or DROP PARTITION, ADD COLUMNS, SET TBLPROPERTIES; of Iceberg, ADD COLUMNS and a wider type."""
    found = _alterable(session, reader.table())
    stored = catalog.stored_table(found.account, found.database, found.name)
    if reader.accept("ADD COLUMNS"):
        return _add_columns(reader, found)
    if reader.accept("SET TBLPROPERTIES"):
        given = reader.properties()
        reader.expect_end()
        version = catalog.current_version(stored)
        if found.format == "iceberg":
            raise NotTrino("SET TBLPROPERTIES of an Iceberg table")
        with catalog_lock:
            stored.update({**version, "Parameters": {**(version.get("Parameters") or {}), **given}})
        return no_result()
    if found.format == "iceberg":
        return _alter_iceberg(reader, found)
    if reader.accept("ADD"):
        lenient = reader.accept("IF NOT EXISTS")
        storage = catalog.current_version(stored)["StorageDescriptor"]
        while reader.accept("PARTITION"):
            values = _partition_values(reader.parenthesized(), found)
            location = reader.string() if reader.accept("LOCATION") else _default_location(found, values)
            if lenient and str(list(values)) in stored.partitions:
                continue
            if str(list(values)) in stored.partitions:
                raise QueryError("ALREADY_EXISTS", "Partition already exists")
            described = {**storage, "Location": location.rstrip("/") + "/"}
            add_partition(found, stored, {"Values": list(values), "StorageDescriptor": described})
        reader.expect_end()
        return no_result()
    reader.expect("DROP")
    lenient = reader.accept("IF EXISTS")
    while reader.accept("PARTITION"):
        values = _partition_values(reader.parenthesized(), found)
        if str(list(values)) not in stored.partitions:
            if not lenient:
                raise QueryError("PARTITION_NOT_FOUND", f"Partition not found: {'/'.join(values)}")
        else:
            del stored.partitions[str(list(values))]
        reader.accept(",")
    reader.expect_end()
    return no_result()


def _alter_iceberg(reader: StatementReader, found: CatalogTable) -> QueryResult:
    """ALTER TABLE … CHANGE [COLUMN] name name type, to a wider type ("Evolving Iceberg table schema")."""
    if not reader.accept("CHANGE"):
        words = " ".join(str(reader.rest()).split()[:2]).upper()
        raise NotTrino(f"ALTER TABLE … {words} of an Iceberg table")
    reader.accept("COLUMN")
    name, new = reader.identifier(), reader.identifier()
    kind = reader.type_text()
    reader.expect_end()
    if new != name:
        raise NotTrino(f"ALTER TABLE … CHANGE COLUMN to another name ({name} to {new}) of an Iceberg table")
    try:
        evolving.widen_column(found, name, hive_types.render(hive_types.parse(kind)))
    except EntityNotFound as missing:
        raise QueryError("COLUMN_NOT_FOUND", missing.message) from missing
    return no_result()


def _add_columns(reader: StatementReader, found: CatalogTable) -> QueryResult:
    columns = column_definitions(reader.parenthesized())
    reader.expect_end()
    present = {column.name for column in found.all_columns}
    repeated = [column.name for column in columns if column.name in present]
    if repeated:
        raise QueryError("COLUMN_ALREADY_EXISTS", f"Column {repeated[0]} already exists")
    if found.format == "iceberg":
        for column in columns:
            evolving.add_column(found, column.name, column.glue_type)
            found = catalog.find_table(found.account, found.database, found.name)
        return no_result()
    stored = catalog.stored_table(found.account, found.database, found.name)
    version = catalog.current_version(stored)
    storage = version["StorageDescriptor"]
    with catalog_lock:
        stored.update(
            {
                **version,
                "StorageDescriptor": {**storage, "Columns": [*storage["Columns"], *catalog_columns(columns)]},
            }
        )
    return no_result()


def _default_location(table: CatalogTable, values: tuple[str, ...]) -> str:
    folders = "/".join(f"{key.name}={value}" for key, value in zip(table.partition_keys, values, strict=True))
    return f"{table.location}{folders}/"


def repair_table(reader: StatementReader, session: Session) -> QueryResult:
    """MSCK REPAIR TABLE: register the `key=value` folders that are not registered yet."""
    found = _alterable(session, reader.table())
    reader.expect_end()
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
    return listing_of(
        "result", [*rows, *(f"Repair: Added partition to metastore {found.name}:{one}" for one in added)]
    )
