"""Tables of the Data Catalog as the engines see them: format, columns, partitions, and where a resource link points.

Nothing here checks permissions: see `local.engines.lake_permissions.permissions`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyiceberg.table.metadata import TableMetadata

from local.engines import backends, hive_types
from local.engines.errors import EntityNotFound, NotSupported, QueryError
from local.engines.iceberg import metadata

if TYPE_CHECKING:
    from moto.glue.models import FakeDatabase, FakeTable

MAX_LINKS = 3

_SERDES = {
    "org.openx.data.jsonserde.JsonSerDe": "json",
    "org.apache.hive.hcatalog.data.JsonSerDe": "json",
    "org.apache.hadoop.hive.serde2.JsonSerDe": "json",
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe": "csv",
    "org.apache.hadoop.hive.serde2.OpenCSVSerde": "csv",
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe": "parquet",
}


@dataclass(frozen=True)
class Column:
    """A column: `glue_type` in the catalog's grammar (see `local.engines.hive_types`); `required` is Iceberg's NOT NULL."""

    name: str
    glue_type: str
    comment: str = ""
    required: bool = False

    @property
    def duckdb_type(self) -> str:
        """The DuckDB type that holds exactly this column's values."""
        return hive_types.to_duckdb(self.glue_type)


@dataclass(frozen=True)
class Link:
    """A resource link that was followed: `table` is None for a link to a whole database."""

    account: str
    database: str
    table: str | None = None


@dataclass(frozen=True)
class Partition:
    """A registered partition: values in the order of the keys, location, and its own schema if it declares one."""

    values: tuple[str, ...]
    location: str
    columns: tuple[Column, ...] = ()
    serde: str | None = None


@dataclass(frozen=True)
class CatalogTable:
    """A table as it stands in the account that owns it.

    `format` is "json", "csv", "parquet" or "iceberg"; `columns` leaves the partition keys out, except for Iceberg,
    whose partition columns are ordinary columns and whose `partition_keys` are empty. `version` is the catalog's
    version id, `links` the resource links followed to get here.
    """

    account: str
    database: str
    name: str
    format: str
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    location: str
    parameters: dict[str, str] = field(hash=False)
    serde: str = ""
    serde_parameters: dict[str, str] = field(default_factory=dict, hash=False)
    version: str = "1"
    links: tuple[Link, ...] = ()

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Columns in the order of `SELECT *`: partition keys last."""
        return self.columns + self.partition_keys

    def column(self, name: str) -> Column:
        """A column or partition key by its name, in any case. Raises KeyError."""
        for candidate in self.all_columns:
            if candidate.name == name.lower():
                return candidate
        raise KeyError(name)

    @property
    def arn(self) -> str:
        """The ARN of the Glue table."""
        return f"arn:aws:glue:{backends.REGION}:{self.account}:table/{self.database}/{self.name}"


def find_database(account: str, name: str) -> tuple[str, str, tuple[Link, ...]]:
    """Account and name of a database after following resource links. Raises EntityNotFound."""
    links: list[Link] = []
    name = name.lower()
    for _ in range(MAX_LINKS):
        target = _database(account, name).input.get("TargetDatabase")
        if not target:
            return account, name, tuple(links)
        links.append(Link(account, name))
        account, name = target["CatalogId"], target["DatabaseName"].lower()
    raise EntityNotFound(f"Database {name} is a chain of more than {MAX_LINKS} resource links.")


def find_table(account: str, database: str, name: str) -> CatalogTable:
    """A table by the name it has in `account`, following resource links across accounts.

    Raises EntityNotFound when the database, the table or a link's target is not there, NotSupported for a table
    whose format the local engines cannot read.
    """
    links: list[Link] = []
    name = name.lower()
    for _ in range(MAX_LINKS):
        account, database, followed = find_database(account, database)
        links.extend(followed)
        stored = stored_table(account, database, name)
        version = current_version(stored)
        target = version.get("TargetTable")
        if not target:
            return describe(account, stored, tuple(links))
        links.append(Link(account, database, name))
        account, database, name = target["CatalogId"], target["DatabaseName"].lower(), target["Name"].lower()
    raise EntityNotFound(f"Table {name} is a chain of more than {MAX_LINKS} resource links.")


def table_exists(account: str, database: str, name: str) -> bool:
    """Whether a table or a link to one has this name in the account."""
    try:
        account, database, _ = find_database(account, database)
        stored_table(account, database, name)
    except EntityNotFound:
        return False
    return True


def _database(account: str, name: str) -> FakeDatabase:
    database = backends.glue(account).databases.get(name.lower())
    if database is None:
        raise EntityNotFound(f"Database {name} not found.")
    return database


def stored_table(account: str, database: str, name: str) -> FakeTable:
    """moto's record of a table of this very account: links are not followed. Raises EntityNotFound."""
    table = _database(account, database).tables.get(name.lower())
    if table is None:
        raise EntityNotFound(f"Table {name} not found.")
    return table


def current_version(stored: FakeTable) -> dict[str, Any]:
    """The table input that is current."""
    return stored.versions[str(stored._current_version)]


def describe(account: str, stored: FakeTable, links: tuple[Link, ...] = ()) -> CatalogTable:
    """The engines' view of moto's record of a table. Raises NotSupported for an unknown format."""
    version = current_version(stored)
    storage = version.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    parameters = dict(version.get("Parameters") or {})
    form = format_of(version)
    if form == "iceberg":
        columns = _iceberg_columns(metadata.read(parameters["metadata_location"]))
    else:
        columns = columns_of(storage.get("Columns"))
    return CatalogTable(
        account=account,
        database=stored.database_name.lower(),
        name=stored.name.lower(),
        format=form,
        columns=columns,
        partition_keys=() if form == "iceberg" else columns_of(version.get("PartitionKeys")),
        location=(storage.get("Location") or "").rstrip("/") + "/",
        parameters=parameters,
        serde=serde.get("SerializationLibrary") or "",
        serde_parameters=dict(serde.get("Parameters") or {}),
        version=str(stored._current_version),
        links=links,
    )


def _iceberg_columns(table: TableMetadata) -> tuple[Column, ...]:
    """The current schema as catalog columns."""
    return tuple(
        Column(
            name=field.name.lower(),
            glue_type=hive_types.from_iceberg(field.field_type),
            comment=field.doc or "",
            required=field.required,
        )
        for field in table.schema().fields
    )


def format_of(version: dict[str, Any]) -> str:
    """The format of a table input. Raises NotSupported."""
    parameters = version.get("Parameters") or {}
    if parameters.get("table_type", "").upper() == "ICEBERG":
        if not parameters.get("metadata_location"):
            raise QueryError(
                "ICEBERG_INVALID_METADATA", f"Iceberg table {version.get('Name')} has no metadata_location"
            )
        return "iceberg"
    if version.get("TableType") == "VIRTUAL_VIEW":
        raise NotSupported(f"views in the Data Catalog ({version.get('Name')})")
    storage = version.get("StorageDescriptor") or {}
    serde = (storage.get("SerdeInfo") or {}).get("SerializationLibrary") or ""
    if serde not in _SERDES:
        raise NotSupported(f"the SerDe {serde or '(none)'} of table {version.get('Name')}")
    return _SERDES[serde]


def columns_of(described: list[dict[str, Any]] | None) -> tuple[Column, ...]:
    """Columns from the catalog's list of {Name, Type, Comment}."""
    return tuple(
        Column(
            name=column["Name"].lower(),
            glue_type=column.get("Type") or "string",
            comment=column.get("Comment") or "",
        )
        for column in described or ()
    )


def partitions(table: CatalogTable) -> list[Partition]:
    """The registered partitions of a table, in the order they were registered."""
    stored = stored_table(table.account, table.database, table.name)
    found = []
    for partition in list(stored.partitions.values()):
        storage = partition.partition_input.get("StorageDescriptor") or {}
        values = tuple(str(value) for value in partition.values)
        default = table.location + "/".join(
            f"{key.name}={value}" for key, value in zip(table.partition_keys, values, strict=False)
        )
        found.append(
            Partition(
                values=values,
                location=(storage.get("Location") or default).rstrip("/") + "/",
                columns=columns_of(storage.get("Columns")),
                serde=(storage.get("SerdeInfo") or {}).get("SerializationLibrary"),
            )
        )
    return found
