"""Glue's built-in classifiers for Parquet, JSON lines and CSV, and custom CSV classifiers.

Facts from the Glue developer guide ("Built-in classifiers", "CSV classifier"): how a CSV header is recognised, that
the built-in CSV classifier makes LazySimpleSerDe tables, that names become lower case. JSON text is never taken for
dates or timestamps; integers that fit 32 bits are `int`; a key with values of several kinds is a string.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from local.engines import duckdb_engine, hive_types, objects
from local.engines.errors import InvalidInput, QueryError
from local.engines.files import parquet
from local.engines.files import text as text_formats
from local.engines.objects import StoredObject
from local.services.glue.crawler.schemas import Schema

_DELIMITERS = (",", "|", "\t", ";", "\x01")
_SAMPLED_LINES = 1000
_INTEGER = r"[+-]?\d{1,18}"
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_LARGEST_INT = 2**31 - 1

_found: dict[tuple[object, ...], Schema | None] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class CsvClassifier:
    """A custom classifier for CSV: `header` is UNKNOWN, PRESENT or ABSENT, `names` the columns if they are given."""

    name: str
    delimiter: str = ","
    quote: str = ""
    header: str = "UNKNOWN"
    names: tuple[str, ...] = ()
    serde: str = "LazySimpleSerDe"


def classify(found: StoredObject, custom: tuple[CsvClassifier, ...] = ()) -> Schema | None:
    """The schema of one object, from the whole of it; None when no classifier recognises it. Remembered by content."""
    key = (found.etag, found.size, found.key.rsplit(".", 1)[-1], custom)
    with _lock:
        if key in _found:
            return _found[key]
    with objects.borrowed_copy(found) as path:
        schema = _classify(found, path, custom)
    with _lock:
        _found[key] = schema
    return schema


def _classify(found: StoredObject, path: Path, custom: tuple[CsvClassifier, ...]) -> Schema | None:
    with path.open("rb") as opened:
        head = opened.read(4)
    if head == b"PAR1":
        return _parquet(found, path)
    lines = _first_lines(str(path), text_formats.compression_of(path))
    if not lines:
        return None
    for classifier in custom:
        schema = _csv(path, lines, classifier)
        if schema is not None:
            return schema
    if _is_json_object(lines[0]):
        return _json(path)
    return _csv(path, lines, None)


def _parquet(found: StoredObject, path: Path) -> Schema | None:
    try:
        described = parquet.schema(path, found.uri)
        columns = tuple((name.lower(), hive_types.from_duckdb(kind)) for name, kind in described)
    except (QueryError, InvalidInput):
        return None
    return Schema(
        "parquet",
        columns,
        f"{_PARQUET}.serde.ParquetHiveSerDe",
        (("serialization.format", "1"),),
        (),
        f"{_PARQUET}.MapredParquetInputFormat",
        f"{_PARQUET}.MapredParquetOutputFormat",
    )


def _first_lines(path: str, compression: str) -> list[str]:
    connection = duckdb_engine.connect()
    try:
        rows = connection.execute(
            f"SELECT line FROM read_csv(?, columns = {{'line': 'VARCHAR'}}, auto_detect = false, header = false, "
            "delim = '\x1f\x1e\x1d', quote = '', escape = '', nullstr = '\x1c\x1c', ignore_errors = true, "
            f"compression = '{compression}', max_line_size = 67108864) LIMIT {_SAMPLED_LINES}",
            [path],
        ).fetchall()
    except duckdb.Error:
        return []
    finally:
        connection.close()
    return [line.rstrip("\r") for (line,) in rows if line and line.strip()]


def _is_json_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _json(path: Path) -> Schema:
    source = (
        f"read_json_objects({duckdb_engine.literal(str(path))}, format = 'newline_delimited', ignore_errors = true, "
        f"compression = '{text_formats.compression_of(path)}', maximum_object_size = 67108864)"
    )
    connection = duckdb_engine.connect()
    try:
        # Glue looks at objects only; what is no object ends the query that reads it
        (structure,) = connection.execute(
            f"SELECT json_group_structure(json) FROM {source} WHERE json_type(json) = 'OBJECT'"
        ).fetchone() or ("{}",)
        described = json.loads(structure)
        wide = _wide_integers(connection, source, described)
    finally:
        connection.close()
    columns: dict[str, str] = {}
    for key, value in described.items():
        kind = _json_type(value, _path("$", key), wide)
        name = key.lower()
        columns[name] = kind if name not in columns else "string"
    return Schema("json", tuple(columns.items()), "org.openx.data.jsonserde.JsonSerDe")


def _path(parent: str, key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{parent}."{escaped}"'


def _integer_paths(value: Any, path: str) -> list[str]:
    if isinstance(value, dict):
        return [found for key, child in value.items() for found in _integer_paths(child, _path(path, key))]
    if isinstance(value, list):
        return _integer_paths(value[0], f"{path}[*]") if value else []
    return [path] if value in ("UBIGINT", "BIGINT", "HUGEINT") else []


def _wide_integers(connection: duckdb.DuckDBPyConnection, source: str, described: dict[str, Any]) -> set[str]:
    """The paths of integers of which one at least does not fit 32 bits."""
    paths = _integer_paths(described, "$")
    if not paths:
        return set()
    outputs = []
    for path in paths:
        text = duckdb_engine.literal(path)
        if "[*]" in path:
            values = f"list_transform(json_extract_string(json, {text}), v -> abs(TRY_CAST(v AS HUGEINT)))"
            outputs.append(f"max(list_max({values}))")
        else:
            outputs.append(f"max(abs(TRY_CAST(json_extract_string(json, {text}) AS HUGEINT)))")
    largest = connection.execute(
        f"SELECT {', '.join(outputs)} FROM {source} WHERE json_type(json) = 'OBJECT'"
    ).fetchone()
    return {
        path
        for path, value in zip(paths, largest or (), strict=True)
        if value is not None and value > _LARGEST_INT
    }


def _json_type(value: Any, path: str, wide: set[str]) -> str:
    if isinstance(value, dict):
        members = [f"{key}:{_json_type(child, _path(path, key), wide)}" for key, child in value.items()]
        return f"struct<{','.join(members)}>" if members else "string"
    if isinstance(value, list):
        return f"array<{_json_type(value[0], f'{path}[*]', wide)}>" if value else "array<string>"
    if value in ("UBIGINT", "BIGINT", "HUGEINT"):
        return "bigint" if path in wide else "int"
    return {"DOUBLE": "double", "BOOLEAN": "boolean"}.get(value, "string")


def _csv(path: Path, lines: list[str], custom: CsvClassifier | None) -> Schema | None:
    delimiter = custom.delimiter if custom else _delimiter(lines)
    if delimiter is None:
        return None
    quoted = custom is not None and custom.serde == "OpenCSVSerDe"
    quote = custom.quote or '"' if quoted and custom else ""
    rows = [_fields(line, delimiter, quote) for line in lines]
    width = len(rows[0])
    if width < 2 or len(rows) < 2:
        return None
    kinds = ["string"] * width
    if not quoted:
        kinds = _column_kinds(path, delimiter, width, skipped=1)
    header = (
        _has_header(rows[0], kinds)
        if custom is None or custom.header == "UNKNOWN"
        else custom.header == "PRESENT"
    )
    if not header and not quoted:
        kinds = _column_kinds(path, delimiter, width, skipped=0)
    names = list(custom.names) if custom and custom.names else _names(rows[0], header)
    if len(names) != width:
        return None
    parameters: tuple[tuple[str, str], ...] = (
        ("areColumnsQuoted", "true" if quoted else "false"),
        ("columnsOrdered", "true"),
        ("delimiter", delimiter),
    )
    if header:
        parameters += (("skip.header.line.count", "1"),)
    columns = tuple(zip(names, kinds, strict=True))
    if quoted:
        return Schema(
            custom.name if custom else "csv",
            columns,
            "org.apache.hadoop.hive.serde2.OpenCSVSerde",
            (("quoteChar", quote), ("separatorChar", delimiter)),
            parameters,
        )
    return Schema(
        "csv",
        columns,
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        (("field.delim", delimiter),),
        parameters,
    )


def _fields(line: str, delimiter: str, quote: str) -> list[str]:
    if not quote:
        return line.split(delimiter)
    import csv

    return next(csv.reader([line], delimiter=delimiter, quotechar=quote))


def _delimiter(lines: list[str]) -> str | None:
    """The delimiter that cuts every line into the same number of fields, the most if there are several."""
    best: tuple[int, str] | None = None
    for delimiter in _DELIMITERS:
        widths = {line.count(delimiter) + 1 for line in lines}
        if len(widths) == 1 and (width := widths.pop()) > 1 and (best is None or width > best[0]):
            best = (width, delimiter)
    return best[1] if best else None


def _column_kinds(path: Path, delimiter: str, width: int, skipped: int) -> list[str]:
    """bigint, double, boolean or string for each column, from every line after the skipped ones."""
    tests = []
    for number in range(1, width + 1):
        field = f"fields[{number}]"
        value = f"NULLIF(NULLIF({field}, ''), '\\N')"
        tests.append(
            f"count({value}), bool_and(regexp_full_match({value}, {duckdb_engine.literal(_INTEGER)})), "
            f"bool_and(regexp_full_match({value}, {duckdb_engine.literal(_NUMBER)})), "
            f"bool_and(lower({value}) IN ('true', 'false'))"
        )
    connection = duckdb_engine.connect()
    try:
        row = connection.execute(
            f"SELECT {', '.join(tests)} FROM (SELECT string_split(rtrim(line, chr(13)), {duckdb_engine.literal(delimiter)}) "
            f"AS fields FROM read_csv({duckdb_engine.literal(str(path))}, columns = {{'line': 'VARCHAR'}}, "
            f"auto_detect = false, header = false, skip = {skipped}, delim = '\x1f\x1e\x1d', quote = '', escape = '', "
            f"nullstr = '\x1c\x1c', compression = '{text_formats.compression_of(path)}', max_line_size = 67108864))"
        ).fetchone()
    finally:
        connection.close()
    kinds = []
    for number in range(width):
        present, integer, numeric, boolean = (row or ())[number * 4 : number * 4 + 4]
        if not present:
            kinds.append("string")
        else:
            kinds.append("bigint" if integer else "double" if numeric else "boolean" if boolean else "string")
    return kinds


def _has_header(first: list[str], kinds: list[str]) -> bool:
    """Whether the first row is a header: all texts, none too long, and different in kind from the rows below."""
    for position, text in enumerate(first):
        last = position == len(first) - 1
        if len(text) >= 150 or (not text and not last):
            return False
        if re.fullmatch(_NUMBER, text) or text.lower() in ("true", "false"):
            return False
    return any(kind != "string" for kind in kinds)


def _names(first: list[str], header: bool) -> list[str]:
    if not header:
        return [f"col{number}" for number in range(len(first))]
    names: list[str] = []
    for number, text in enumerate(first):
        name = text.strip().lower() or f"col{number}"
        names.append(f"{name}{number}" if name in names else name)
    return names
