"""Parquet objects as typed rows: columns by name, only the widenings that Athena makes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow.parquet

from local.engines import duckdb_engine, hive_types
from local.engines.catalog import Column
from local.engines.errors import BadData, InvalidInput, QueryError


def schema(path: Path, uri: str) -> list[tuple[str, str]]:
    """The file's columns as (name as spelled, DuckDB type). Raises BadData when it is no Parquet file."""
    connection = duckdb_engine.connect()
    try:
        described = connection.execute(
            f"DESCRIBE SELECT * FROM read_parquet({duckdb_engine.literal(str(path))}, hive_partitioning = false)"
        ).fetchall()
    except duckdb.Error as error:
        raise explain(error, uri) from error
    finally:
        connection.close()
    return [(row[0], str(row[1])) for row in described]


def select(columns: Sequence[Column], path: Path, uri: str) -> str:
    """A DuckDB query over one file that gives `columns` with their types; a column that is not there is NULL.

    Raises BadData when the file's type of a column is not the catalog's nor narrower, and when it has one name in several spellings.
    """
    present = {name.lower(): (name, kind) for name, kind in schema(path, uri)}
    # DuckDB gives the second of two such columns a name of its own
    names = pyarrow.parquet.read_schema(path).names
    for column in columns:
        spellings = [name for name in names if name.lower() == column.name]
        if len(spellings) > 1:
            raise BadData(
                f"several columns of the file are called {column.name}: {', '.join(spellings)}", uri
            )
    outputs = []
    for column in columns:
        if column.name not in present:
            outputs.append(f"CAST(NULL AS {column.duckdb_type}) AS {duckdb_engine.quote(column.name)}")
            continue
        name, kind = present[column.name]
        if not _readable(kind, column.glue_type):
            raise BadData(
                f"Field {column.name}'s type {kind} in parquet file {uri} is incompatible with type "
                f"{column.glue_type} defined in table schema",
                uri,
            )
        outputs.append(
            f"CAST({duckdb_engine.quote(name)} AS {column.duckdb_type}) AS {duckdb_engine.quote(column.name)}"
        )
    return f"SELECT {', '.join(outputs) or '1 AS one'} FROM read_parquet({duckdb_engine.literal(str(path))}, hive_partitioning = false)"


def _readable(duckdb_type: str, glue_type: str) -> bool:
    if duckdb_type == "TIMESTAMP WITH TIME ZONE" and glue_type == "timestamp":
        return True
    try:
        stored = hive_types.parse(hive_types.from_duckdb(duckdb_type))
    except InvalidInput:
        return False
    target = hive_types.parse(glue_type)
    if target.name in ("string", "varchar", "char"):
        return stored.name == "string"
    if stored.children or target.children:
        return stored.name == target.name
    if stored.name == target.name == "decimal":
        return stored.arguments[1] == target.arguments[1] and stored.arguments[0] <= target.arguments[0]
    return hive_types.can_widen(hive_types.from_duckdb(duckdb_type), glue_type)


def explain(error: duckdb.Error, uri: str) -> QueryError:
    """The error to report when a Parquet file could not be read."""
    return BadData(str(error).splitlines()[0], uri, code="HIVE_CANNOT_OPEN_SPLIT")
