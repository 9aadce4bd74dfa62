"""Snapshots of Iceberg tables: their data files, cached by what never changes, and their rows as a DuckDB relation."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pyiceberg.manifest import DataFile, DataFileContent, ManifestContent
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.transforms import IdentityTransform
from sqlglot import exp

from local.engines import duckdb_engine, hive_types, objects, pruning
from local.engines.catalog import CatalogTable, Column
from local.engines.errors import EntityNotFound, NotSupported, QueryError
from local.engines.iceberg.file_io import LakeFileIO, local_path
from local.engines.iceberg.metadata import read
from local.engines.objects import StoredObject


def metadata_of(table: CatalogTable) -> TableMetadata:
    """The metadata that a table pointed at when it was looked up."""
    return read(table.parameters["metadata_location"])


def snapshot_at(table: CatalogTable, *, timestamp: datetime | None = None, version: int | None = None) -> int:
    """The id of a snapshot in the table's history: by id, or the one that was current at a time.

    Raises QueryError with Trino's words when there is none.
    """
    metadata = metadata_of(table)
    if version is not None:
        if metadata.snapshot_by_id(version) is None:
            raise QueryError("INVALID_ARGUMENTS", f"Iceberg snapshot ID does not exists: {version}")
        return version
    if timestamp is None:
        raise ValueError("either a timestamp or a version is needed")
    if timestamp.tzinfo is None:
        timestamp = timestamp.replace(tzinfo=UTC)
    milliseconds = int(timestamp.timestamp() * 1000)
    past = [entry for entry in metadata.snapshot_log if entry.timestamp_ms <= milliseconds]
    if not past:
        raise QueryError(
            "INVALID_ARGUMENTS", f"No version history table {table.name} at or before {timestamp.isoformat()}"
        )
    return past[-1].snapshot_id


_files: OrderedDict[tuple[str, int | None], tuple[DataFile, ...]] = OrderedDict()
_REMEMBERED_LISTS = 256


def data_files(table: CatalogTable, snapshot: int | None = None) -> tuple[DataFile, ...]:
    """The data files of a snapshot, the current one when unsaid.

    Raises NotSupported when it has delete files (merge-on-read): the local engines only read copy-on-write tables.
    """
    location = table.parameters["metadata_location"]
    cached = _files.get((location, snapshot))
    if cached is not None:
        return cached
    metadata = read(location)
    chosen = metadata.snapshot_by_id(snapshot) if snapshot is not None else metadata.current_snapshot()
    found: list[DataFile] = []
    if chosen is not None:
        reader = LakeFileIO()
        for manifest in chosen.manifests(reader):
            if manifest.content == ManifestContent.DELETES and (
                manifest.has_added_files() or manifest.has_existing_files()
            ):
                raise NotSupported(
                    f"delete files (merge-on-read) in Iceberg table {table.database}.{table.name}"
                )
            found.extend(
                entry.data_file for entry in manifest.fetch_manifest_entry(reader, discard_deleted=True)
            )
    for file in found:
        if file.content != DataFileContent.DATA or file.file_format.name != "PARQUET":
            raise NotSupported(f"{file.file_format.name} file {file.file_path} in an Iceberg table")
    result = tuple(sorted(found, key=lambda file: file.file_path))
    _files[(location, snapshot)] = result
    while len(_files) > _REMEMBERED_LISTS:
        _files.popitem(last=False)
    return result


def matching_files(
    table: CatalogTable, condition: exp.Expr | None, snapshot: int | None = None
) -> list[DataFile]:
    """The data files whose partition values the condition does not rule out."""
    files = data_files(table, snapshot)
    if condition is None:
        return list(files)
    metadata = metadata_of(table)
    by_spec: dict[int, list[DataFile]] = {}
    for file in files:
        by_spec.setdefault(file.spec_id, []).append(file)
    chosen = []
    for identifier, members in by_spec.items():
        specification = metadata.specs()[identifier]
        identities = []
        for position, field in enumerate(specification.fields):
            if isinstance(field.transform, IdentityTransform):
                source = metadata.schema().find_field(field.source_id)
                identities.append((position, field.transform, source))
        if not identities:
            chosen.extend(members)
            continue
        names = [
            (source.name, hive_types.to_duckdb(hive_types.from_iceberg(source.field_type)))
            for _, _, source in identities
        ]
        rows = [
            tuple(
                None
                if file.partition[position] is None
                else transform.to_human_string(source.field_type, file.partition[position])
                for position, transform, source in identities
            )
            for file in members
        ]
        chosen.extend(members[number] for number in pruning.matching(condition, names, rows))
    return chosen


def data_objects(table: CatalogTable, condition: exp.Expr | None = None) -> list[StoredObject]:
    """The data files that a query with this condition reads, as objects."""
    found = []
    for file in matching_files(table, condition):
        try:
            found.append(objects.find(*objects.split_uri(file.file_path)))
        except EntityNotFound as missing:
            raise QueryError(
                "ICEBERG_CANNOT_OPEN_SPLIT", f"Error opening Iceberg split {file.file_path}"
            ) from missing
    return found


def relation(
    table: CatalogTable,
    names: Iterable[str],
    condition: exp.Expr | None = None,
    snapshot: int | None = None,
) -> str:
    """A DuckDB subquery over a snapshot that gives the named columns; `condition` only spares reading files."""
    chosen = [table.column(name) for name in names]
    paths = local_paths(matching_files(table, condition, snapshot))
    outputs = ", ".join(duckdb_engine.quote(column.name) for column in chosen) or "1 AS one"
    if not paths:
        return f"(SELECT {outputs} FROM {no_rows(chosen)})"
    return f"(SELECT {outputs} FROM {scan(metadata_of(table), paths)})"


def local_paths(files: Sequence[DataFile]) -> list[str]:
    """Local copies of data files. Raises QueryError when one is missing."""
    try:
        return [str(local_path(file.file_path)) for file in files]
    except FileNotFoundError as missing:
        raise QueryError("ICEBERG_CANNOT_OPEN_SPLIT", f"Error opening Iceberg split: {missing}") from missing


def no_rows(chosen: Sequence[Column]) -> str:
    """A subquery with these columns and no rows."""
    nothing = ", ".join(
        f"CAST(NULL AS {column.duckdb_type}) AS {duckdb_engine.quote(column.name)}" for column in chosen
    )
    return f"(SELECT {nothing or '1 AS one'} WHERE false)"


def scan(metadata: TableMetadata, paths: list[str], extra: str = "") -> str:
    """DuckDB's Parquet scan that finds columns by Iceberg field id, so that evolved schemas read right."""
    fields = ", ".join(
        f"{field.field_id}: {{name: {duckdb_engine.literal(field.name.lower())}, "
        f"type: {duckdb_engine.literal(hive_types.to_duckdb(hive_types.from_iceberg(field.field_type)))}, default_value: NULL}}"
        for field in metadata.schema().fields
    )
    return f"read_parquet({duckdb_engine.file_list(paths)}, schema = MAP {{{fields}}}{extra})"
