"""The rows of a query as objects: Parquet, JSON lines or delimited text, one for each partition."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote as url_quote

import duckdb

from local.engines import duckdb_engine, objects
from local.engines.errors import QueryError
from local.services.athena.errors import explain
from local.services.athena.results import OutputColumn

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


_TEXT_FORMATS = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
)


MAXIMUM_PARTITIONS = 100


STORAGE: dict[str, dict[str, Any]] = {
    "PARQUET": {
        "InputFormat": f"{_PARQUET}.MapredParquetInputFormat",
        "OutputFormat": f"{_PARQUET}.MapredParquetOutputFormat",
        "SerdeInfo": {"SerializationLibrary": f"{_PARQUET}.serde.ParquetHiveSerDe", "Parameters": {}},
    },
    "JSON": {
        "InputFormat": _TEXT_FORMATS[0],
        "OutputFormat": _TEXT_FORMATS[1],
        "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe", "Parameters": {}},
    },
    "TEXTFILE": {
        "InputFormat": _TEXT_FORMATS[0],
        "OutputFormat": _TEXT_FORMATS[1],
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
            "Parameters": {"field.delim": "\x01"},
        },
    },
}


@dataclass
class Storing:
    """How rows become files: `format` is PARQUET, JSON or TEXTFILE; `partitioned_by` the last columns of the query."""

    format: str = "PARQUET"
    compression: str | None = None
    delimiter: str = "\x01"
    partitioned_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Written:
    """An object that was written, and the partition values it belongs to."""

    uri: str
    values: tuple[str, ...]


def write(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    columns: Sequence[OutputColumn],
    location: str,
    storing: Storing,
) -> tuple[list[Written], int]:
    """Write the rows of a query as objects under a location: one for each partition, none when there are no rows."""
    folder = Path(tempfile.mkdtemp(dir=objects.cache_folder("writing")))
    try:
        rows = folder / "rows.parquet"
        try:
            counted = connection.execute(
                f"COPY ({sql}) TO {duckdb_engine.literal(str(rows))} (FORMAT parquet)"
            ).fetchone()
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise explain(error) from error
        count = int(counted[0]) if counted else 0
        if not count:
            return [], 0
        source = f"read_parquet({duckdb_engine.literal(str(rows))})"
        keys = [duckdb_engine.quote(name) for name in storing.partitioned_by]
        stored = [column for column in columns if column.name not in storing.partitioned_by]
        written = []
        for values in _partition_values(connection, source, keys):
            condition = " AND ".join(
                f"{key} IS NOT DISTINCT FROM CAST({'NULL' if value is None else duckdb_engine.literal(value)} AS VARCHAR)"
                for key, value in zip([f"CAST({key} AS VARCHAR)" for key in keys], values, strict=True)
            )
            part = f"SELECT {_outputs(stored, storing)} FROM {source}{f' WHERE {condition}' if condition else ''}"
            written.append(_write_object(connection, part, folder, location, storing, values))
        return written, count
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _partition_values(
    connection: duckdb.DuckDBPyConnection, source: str, keys: list[str]
) -> list[tuple[str | None, ...]]:
    if not keys:
        return [()]
    casts = ", ".join(f"CAST({key} AS VARCHAR)" for key in keys)
    found = connection.execute(f"SELECT DISTINCT {casts} FROM {source} ORDER BY ALL").fetchall()
    if len(found) > MAXIMUM_PARTITIONS:
        raise QueryError(
            "HIVE_TOO_MANY_OPEN_PARTITIONS",
            f"Exceeded limit of {MAXIMUM_PARTITIONS} open writers for partitions/buckets",
        )
    return found


def _outputs(columns: Sequence[OutputColumn], storing: Storing) -> str:
    if storing.format != "TEXTFILE":
        return ", ".join(duckdb_engine.quote(column.name) for column in columns)
    # LazySimpleSerDe knows no quotes: a line is the values with the delimiter between them
    values = ", ".join(
        f"COALESCE(CAST({duckdb_engine.quote(column.name)} AS VARCHAR), '\\N')" for column in columns
    )
    return f"concat_ws({duckdb_engine.literal(storing.delimiter)}, {values}) AS line"


def _write_object(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    folder: Path,
    location: str,
    storing: Storing,
    values: tuple[str | None, ...],
) -> Written:
    path = folder / "part"
    compression = storing.compression or ("SNAPPY" if storing.format == "PARQUET" else "GZIP")
    packed = compression == "GZIP"
    if storing.format == "PARQUET":
        kind = {"NONE": "uncompressed", "LZ4": "lz4_raw"}.get(compression, compression.lower())
        options, suffix = f"FORMAT parquet, COMPRESSION {kind}", ""
    elif storing.format == "JSON":
        options, suffix = (
            f"FORMAT json, COMPRESSION {'gzip' if packed else 'uncompressed'}",
            ".gz" if packed else "",
        )
    else:
        options = (
            "FORMAT csv, HEADER false, DELIMITER '\x1f', QUOTE '', ESCAPE '', "
            f"COMPRESSION {'gzip' if packed else 'none'}"
        )
        suffix = ".gz" if packed else ""
    try:
        connection.execute(f"COPY ({sql}) TO {duckdb_engine.literal(str(path))} ({options})")
    except duckdb.Error as error:
        raise explain(error) from error
    texts = tuple("__HIVE_DEFAULT_PARTITION__" if value is None else value for value in values)
    below = "".join(
        f"{key}={url_quote(value, safe=' -_.,@')}/"
        for key, value in zip(storing.partitioned_by, texts, strict=True)
    )
    uri = f"{location}{below}{uuid.uuid4()}{suffix}"
    objects.put(uri, path.read_bytes())
    path.unlink()
    return Written(uri, texts)
