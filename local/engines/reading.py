"""A catalog table as a DuckDB relation: exactly the asked columns, exactly the catalog's types, malformed data an error.

Every object becomes a typed Parquet copy in the cache, made once for its content, the asked columns and their types;
a relation is then a plain Parquet scan. Iceberg data files are scanned as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
from sqlglot import exp

from local.engines import catalog, duckdb_engine, hive_types, objects, pruning
from local.engines.catalog import CatalogTable, Column, Partition
from local.engines.errors import BadData, EntityNotFound, PartitionSchemaMismatch, QueryError
from local.engines.files import parquet, text
from local.engines.files.lines import plain_text
from local.engines.iceberg import snapshots
from local.engines.objects import StoredObject

PATH = "$path"
"""The hidden column with the address of the object that a row is from ("Get the file locations in Amazon S3")."""

_workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="lake-reading")


def relation(
    connection: duckdb.DuckDBPyConnection,
    table: CatalogTable,
    columns: Iterable[str] | None = None,
    condition: exp.Expr | None = None,
    *,
    partition_schemas: bool = False,
) -> str:
    """A DuckDB subquery, in parentheses, that gives `columns` of `table` in that order with the catalog's types.

    `columns` None means all; PATH may be among them for any format but Iceberg. `condition` is a boolean sqlglot expression, in DuckDB's terms, over the table's columns; it
    only spares reading partitions that cannot match, so the caller still applies it. `connection` is where the
    subquery will run (nothing is registered on it). No permission is checked here. With `partition_schemas` a
    partition that declares a column with another type than the table fails, as it does in Athena; Redshift Spectrum
    goes by the table's schema alone.

    Raises QueryError when an object does not hold what the catalog says (BadData names object and line), NotSupported
    for a format or option that cannot be read, KeyError for an unknown column.
    """
    _check_distinct_columns(table)
    names = [column.name for column in table.all_columns] if columns is None else list(columns)
    chosen = [table.column(name) for name in names if name != PATH]
    if table.format == "iceberg":
        return snapshots.relation(table, [column.name for column in chosen], condition)
    sources = objects_of(table, condition)
    if partition_schemas:
        for partition in {partition for _, partition in sources if partition is not None}:
            _check_partition_schema(table, chosen, partition)
    paths = list(_workers.map(lambda source: _typed_copy(table, chosen, *source), sources))
    if PATH not in names:
        return _scan(chosen, [str(path) for path in paths])
    return _scan_with_paths(
        names, chosen, {str(path): found.uri for path, (found, _) in zip(paths, sources, strict=True)}
    )


def _scan_with_paths(names: list[str], columns: Sequence[Column], uris: dict[str, str]) -> str:
    """A subquery over typed copies, by their paths, that has PATH among its columns."""
    if not uris:
        body = _scan([*columns, Column(PATH, "string")], [])
    else:
        pairs = ", ".join(
            f"({duckdb_engine.literal(path)}, {duckdb_engine.literal(uri)})" for path, uri in uris.items()
        )
        body = (
            f"(SELECT copies.*, objects.uri AS {duckdb_engine.quote(PATH)} "
            f"FROM read_parquet({duckdb_engine.file_list(list(uris))}, hive_partitioning = false, filename = '$file') AS copies "
            f'JOIN (VALUES {pairs}) AS objects(file, uri) ON copies."$file" = objects.file)'
        )
    return f"(SELECT {', '.join(duckdb_engine.quote(name) for name in names)} FROM {body})"


def _check_distinct_columns(table: CatalogTable) -> None:
    """Raise QueryError for a table that has a name twice, a partition key's too.

    Athena's own message ("Troubleshooting in Athena", HIVE_INVALID_METADATA): a crawler makes such a table of a
    folder `id=1` whose files have a column `id`.
    """
    names = [column.name for column in table.all_columns]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise QueryError(
            "HIVE_INVALID_METADATA",
            f"Hive metadata for table {table.name} is invalid: Table descriptor contains duplicate columns: "
            f"{', '.join(twice)}",
        )


def _scan(columns: Sequence[Column], paths: list[str]) -> str:
    """A subquery over typed copies, or over no rows at all when there are none."""
    if not paths:
        nothing = ", ".join(
            f"CAST(NULL AS {column.duckdb_type}) AS {duckdb_engine.quote(column.name)}" for column in columns
        )
        return f"(SELECT {nothing or '1 AS one'} WHERE false)"
    names = ", ".join(duckdb_engine.quote(column.name) for column in columns) or "1 AS one"
    return f"(SELECT {names} FROM read_parquet({duckdb_engine.file_list(paths)}, hive_partitioning = false))"


def objects_of(
    table: CatalogTable, condition: exp.Expr | None = None
) -> list[tuple[StoredObject, Partition | None]]:
    """The objects that a query with this condition reads, each with its partition (None for a table without)."""
    if table.format == "iceberg":
        return [(found, None) for found in snapshots.data_objects(table, condition)]
    if not table.partition_keys:
        return [(found, None) for found in _list(table.location)]
    registered = catalog.partitions(table)
    matching = pruning.matching(
        condition,
        [(key.name, key.duckdb_type) for key in table.partition_keys],
        [partition.values for partition in registered],
    )
    listing = objects.Listing()
    return [
        (found, registered[number])
        for number in matching
        for found in _list(registered[number].location, listing)
    ]


def scanned_bytes(table: CatalogTable, condition: exp.Expr | None = None) -> int:
    """The bytes of the objects that a query with this condition reads."""
    return sum(found.size for found, _ in objects_of(table, condition))


def _list(location: str, listing: objects.Listing | None = None) -> list[StoredObject]:
    try:
        return objects.list_objects(location, listing=listing)
    except EntityNotFound as missing:
        raise QueryError("HIVE_METASTORE_ERROR", f"{missing.message} (location {location})") from missing


def _typed_copy(
    table: CatalogTable, columns: Sequence[Column], found: StoredObject, partition: Partition | None
) -> Path:
    """The Parquet copy of one object with exactly these columns, partition values included."""
    keys = {column.name for column in table.partition_keys}
    values = partition.values if partition else ()
    signature = (
        found.uri,
        found.etag,
        found.size,
        table.format,
        table.serde,
        sorted(item for item in table.serde_parameters.items() if item[0] != "paths"),
        table.parameters.get("skip.header.line.count"),
        [(column.name, column.glue_type) for column in table.columns] if table.format == "csv" else None,
        [(column.name, column.glue_type) for column in columns],
        values,
    )
    name = hashlib.sha256(repr(signature).encode()).hexdigest()[:40]
    path = objects.cache_folder("typed") / f"{name}.parquet"
    if path.exists():
        return path
    with objects.lock_for(str(path)):
        if not path.exists():
            stored = [column for column in columns if column.name not in keys]
            constants = dict(zip([key.name for key in table.partition_keys], values, strict=True))
            with objects.borrowed_copy(found) as source:
                if table.format == "parquet":
                    query = parquet.select(stored, source, found.uri)
                    _write(_with_constants(query, columns, constants), path, _parquet_failure(found.uri))
                else:
                    _write_text(table, columns, stored, constants, source, found.uri, path)
    return path


def _write_text(
    table: CatalogTable,
    columns: Sequence[Column],
    stored: Sequence[Column],
    constants: dict[str, str],
    source: Path,
    uri: str,
    path: Path,
) -> None:
    """The typed copy of lines; every line that is stored is a row of it, or the object is refused."""
    with plain_text(source, uri, json=table.format == "json") as lines:
        query = text.select(table, stored, lines, uri)
        _write(
            _with_constants(query, columns, constants),
            path,
            lambda error: text.locate(table, lines, uri, error),
            rows=text.rows_stored(table, lines),
            uri=uri,
        )


def _with_constants(query: str, columns: Sequence[Column], constants: dict[str, str]) -> str:
    return f"SELECT {_outputs(columns, constants)} FROM ({query})"


def _parquet_failure(uri: str) -> Callable[[duckdb.Error], QueryError]:
    return lambda error: parquet.explain(error, uri)


def _outputs(columns: Sequence[Column], constants: dict[str, str]) -> str:
    outputs = []
    for column in columns:
        name = duckdb_engine.quote(column.name)
        if column.name in constants:
            outputs.append(f"{_constant(constants[column.name], column)} AS {name}")
        else:
            outputs.append(name)
    return ", ".join(outputs) or "one"


def _constant(value: str, column: Column) -> str:
    if value == "__HIVE_DEFAULT_PARTITION__":
        return f"CAST(NULL AS {column.duckdb_type})"
    return f"CAST({duckdb_engine.literal(value)} AS {column.duckdb_type})"


def _write(
    query: str,
    path: Path,
    explain: Callable[[duckdb.Error], QueryError],
    *,
    rows: int | None = None,
    uri: str = "",
) -> None:
    """Write a query's rows as Parquet. Raises what `explain` makes of a failure, BadData when there are not `rows` rows."""
    temporary = path.with_suffix(".part")
    connection = duckdb_engine.connect()
    try:
        written = connection.execute(
            f"COPY ({query}) TO {duckdb_engine.literal(str(temporary))} (FORMAT parquet, COMPRESSION lz4_raw)"
        ).fetchone()
    except duckdb.Error as error:
        temporary.unlink(missing_ok=True)
        raise explain(error) from error
    finally:
        connection.close()
    count = int(written[0]) if written else 0
    if rows is not None and count != rows:
        temporary.unlink(missing_ok=True)
        raise BadData(
            f"{rows} rows are stored and {count} were read: the local AWS cannot read this object", uri
        )
    temporary.replace(path)


def _check_partition_schema(table: CatalogTable, columns: Sequence[Column], partition: Partition) -> None:
    declared = {column.name: column for column in partition.columns}
    for column in columns:
        own = declared.get(column.name)
        if own is not None and not hive_types.can_widen(own.glue_type, column.glue_type):
            raise PartitionSchemaMismatch(
                f"{table.database}.{table.name}",
                "/".join(
                    f"{key.name}={value}"
                    for key, value in zip(table.partition_keys, partition.values, strict=False)
                ),
                column.name,
                column.glue_type,
                own.glue_type,
            )
