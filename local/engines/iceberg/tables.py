"""Creating Iceberg tables and pointing the Data Catalog at their metadata."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from typing import Any

from pyiceberg.catalog.glue import _construct_table_input
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import TableRequirement, TableUpdate, update_table_metadata
from pyiceberg.transforms import Transform, parse_transform
from pyiceberg.types import NestedField

from local.engines import backends, catalog, hive_types, objects
from local.engines.catalog import CatalogTable, Column
from local.engines.errors import AlreadyExists, InvalidInput, NotSupported
from local.engines.iceberg.file_io import LakeFileIO
from local.engines.iceberg.metadata import read
from local.engines.iceberg.snapshots import data_files, metadata_of
from local.engines.lake_permissions import permissions
from local.gateway.identity import Caller

# One commit at a time decides whether it still builds on what the catalog points at.
catalog_lock = threading.RLock()


class CatalogWriter(NoopCatalog):
    """pyiceberg's way to commit: writes a metadata file, then swaps the Glue table's pointer if nobody was faster."""

    def __init__(self, account: str, database: str, table: str) -> None:
        super().__init__("local")
        self._account = account
        self._database = database
        self._table_name = table

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        """Write the new metadata and swap the pointer. Raises CommitFailedException when the pointer moved."""
        for requirement in requirements:
            requirement.validate(table.metadata)
        metadata = update_table_metadata(table.metadata, updates, metadata_location=table.metadata_location)
        numbered = re.search(r"(\d+)-[^/]*$", table.metadata_location)
        if numbered is None:
            raise AssertionError(f"{table.metadata_location} has no version in its name")
        version = int(numbered[1]) + 1
        location = _metadata_location(metadata, version)
        ToOutputFile.table_metadata(metadata, table.io.new_output(location))
        with catalog_lock:
            stored = catalog.stored_table(self._account, self._database, self._table_name)
            current = catalog.current_version(stored)
            if (current.get("Parameters") or {}).get("metadata_location") != table.metadata_location:
                raise CommitFailedException(f"{self._database}.{self._table_name} changed since it was read")
            parameters = dict(current["Parameters"])
            stored.update(
                {
                    **current,
                    **_construct_table_input(
                        self._table_name,
                        location,
                        metadata.properties,
                        metadata,
                        glue_table={"Parameters": parameters},
                        prev_metadata_location=table.metadata_location,
                    ),
                }
            )
        return CommitTableResponse(metadata=metadata, **{"metadata-location": location})


def _metadata_location(metadata: TableMetadata, version: int) -> str:
    provider = load_location_provider(metadata.location, metadata.properties)
    return provider.new_table_metadata_file_location(version)


def writable(table: CatalogTable, io: LakeFileIO) -> Table:
    """The table as pyiceberg's, pinned to the metadata that was current when `table` was looked up."""
    return Table(
        identifier=(table.database, table.name),
        metadata=metadata_of(table),
        metadata_location=table.parameters["metadata_location"],
        io=io,
        catalog=CatalogWriter(table.account, table.database, table.name),
    )


def create_table(
    caller: Caller,
    account: str,
    database: str,
    name: str,
    columns: Sequence[Column],
    partition_by: Sequence[str] = (),
    location: str | None = None,
    properties: dict[str, str] | None = None,
) -> CatalogTable:
    """Create an empty Iceberg table (format 2) and give its creator all permissions on it.

    `partition_by` holds column names or transforms (`day(booked_at)`, `bucket(16, id)`). `location` defaults to the
    database's location with the table's name. Raises AccessDenied unless Lake Formation lets the caller create the
    table there, AlreadyExists, InvalidInput, EntityNotFound for the database.
    """
    account, database, _ = catalog.find_database(account, database)
    location = (location or default_location(account, database, name)).rstrip("/")
    objects.split_uri(location)
    permissions.require_create_table(caller, account, database, location)
    if catalog.table_exists(account, database, name):
        raise AlreadyExists(f"Table already exists: {database}.{name}")
    schema = schema_of(columns)
    metadata = new_table_metadata(
        schema=schema,
        partition_spec=_partition_spec(schema, partition_by),
        sort_order=UNSORTED_SORT_ORDER,
        location=location,
        properties=properties or {},
    )
    metadata_location = _metadata_location(metadata, 0)
    ToOutputFile.table_metadata(metadata, LakeFileIO().new_output(metadata_location))
    described: dict[str, Any] = dict(
        _construct_table_input(name.lower(), metadata_location, metadata.properties, metadata)
    )
    with catalog_lock:
        permissions.create_table(caller, account, database, described)
    return catalog.find_table(account, database, name)


def load(account: str, database: str, name: str) -> CatalogTable:
    """An Iceberg table by the name it has in `account`, links followed. Raises EntityNotFound, NotSupported."""
    table = catalog.find_table(account, database, name)
    if table.format != "iceberg":
        raise NotSupported(
            f"Iceberg operations on {table.database}.{table.name}, which is a {table.format} table"
        )
    return table


def default_location(account: str, database: str, name: str) -> str:
    """Where a table of a database goes when nobody says. Raises InvalidInput when the database has no location."""
    base = backends.glue(account).databases[database].input.get("LocationUri")
    if not base:
        raise InvalidInput(f"database {database} has no location: say where table {name} goes")
    return f"{base.rstrip('/')}/{name.lower()}"


def schema_of(columns: Sequence[Column]) -> Schema:
    """An Iceberg schema with fresh field ids. Raises InvalidInput for a repeated name or an unknown type, NotSupported for maps."""
    names = [column.name.lower() for column in columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidInput(f"column names are repeated: {', '.join(repeated)}")
    for column in columns:
        if "map<" in column.glue_type:
            raise NotSupported(f"maps in Iceberg tables (column {column.name})")
    identifiers = hive_types.FieldIdentifiers()
    numbers = [identifiers.take() for _ in columns]
    return Schema(
        *(
            NestedField(
                field_id=number,
                name=column.name.lower(),
                field_type=hive_types.to_iceberg(column.glue_type, identifiers),
                required=column.required,
                doc=column.comment or None,
            )
            for number, column in zip(numbers, columns, strict=True)
        )
    )


_TRANSFORM = re.compile(
    r"\s*(?:(?P<name>[a-z_]+)\s*\(\s*)?(?:(?P<width>\d+)\s*,\s*)?\"?(?P<column>[A-Za-z_]\w*)\"?"
    r"(?:\s*,\s*(?P<after>\d+))?\s*\)?\s*",
    re.IGNORECASE,
)


def _partition_spec(schema: Schema, partition_by: Sequence[str]) -> PartitionSpec:
    fields = []
    for number, text in enumerate(partition_by):
        match = _TRANSFORM.fullmatch(text)
        if not match:
            raise InvalidInput(f"not a partition transform: {text!r}")
        column = match["column"].lower()
        transform = _transform(match["name"], match["width"] or match["after"], text)
        if match["name"] is not None:
            raise NotSupported(f"the partition transform {text}: partition by the column itself")
        if column not in schema.column_names:
            raise InvalidInput(f"partition column {column!r} is not a column of the table")
        suffix = "" if match["name"] is None else f"_{match['name'].lower().rstrip('s')}"
        fields.append(
            PartitionField(
                source_id=schema.find_field(column).field_id,
                field_id=PARTITION_FIELD_ID_START + number,
                transform=transform,
                name=f"{column}{suffix}",
            )
        )
    return PartitionSpec(*fields)


def _transform(name: str | None, width: str | None, text: str) -> Transform[Any, Any]:
    if name is None:
        return parse_transform("identity")
    name = name.lower()
    if name in ("bucket", "truncate"):
        if width is None:
            raise InvalidInput(f"{name} needs a number: {text!r}")
        return parse_transform(f"{name}[{width}]")
    singular = name.rstrip("s")
    if singular in ("year", "month", "day", "hour"):
        return parse_transform(singular)
    raise InvalidInput(f"unknown partition transform in {text!r}")


def purge(table: CatalogTable) -> None:
    """Delete every object under an Iceberg table's location, as Athena's DROP TABLE does."""
    data_files(table)
    read.cache_clear()
    for found in objects.list_objects(table.location, hidden=True):
        objects.delete(found.uri)
