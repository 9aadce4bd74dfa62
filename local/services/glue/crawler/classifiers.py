"""Glue's built-in classifiers for Parquet, JSON lines and CSV, and custom CSV classifiers.

Facts from the Glue developer guide ("Built-in classifiers", "CSV classifier"): how a CSV header is recognised, that
the built-in CSV classifier makes LazySimpleSerDe tables (of quoted fields too, which that SerDe cannot read), that names
become lower case, that an array of JSON becomes one column `array`. JSON text is never taken for dates or timestamps;
integers that fit 32 bits are `int`; a key with values of several kinds is a string.
"""

from __future__ import annotations

import csv
import json
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from local.engines import duckdb_engine, hive_types, objects
from local.engines.errors import InvalidInput, NotSupported, QueryError
from local.engines.files import parquet
from local.engines.files.lines import BLANK, LONGEST_LINE, PlainText, plain_text
from local.engines.objects import StoredObject
from local.services.glue.crawler.schemas import Schema, merge_types

_DELIMITERS = (",", "|", "\t", ";", "\x01")
_SAMPLED_LINES = 1000
_INTEGER = r"[+-]?\d{1,18}"
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_LARGEST_INT = 2**31 - 1

_LONGEST_DOCUMENT = 10 * 1024 * 1024
"""Bytes of JSON over several lines: a crawler reads no more to infer a schema ("How can I prevent the AWS Glue crawler
from creating multiple tables?", re:Post Knowledge Center)."""
_MOST_COLUMNS = 1_600
"""Columns of one table; Redshift has as many at most ("CREATE TABLE", Amazon Redshift Database Developer Guide)."""

_found: dict[tuple[object, ...], Schema | Unrecognised] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Unrecognised:
    """No classifier recognised an object, and why not."""

    reason: str


@dataclass(frozen=True)
class CsvClassifier:
    """A custom classifier for CSV: `header` is UNKNOWN, PRESENT or ABSENT, `names` the columns if they are given."""

    name: str
    delimiter: str = ","
    quote: str = ""
    header: str = "UNKNOWN"
    names: tuple[str, ...] = ()
    serde: str = "LazySimpleSerDe"


def classify(found: StoredObject, custom: tuple[CsvClassifier, ...] = ()) -> Schema | Unrecognised:
    """The schema of one object, from the whole of it, or why no classifier recognises it. Remembered by content."""
    key = (found.etag, found.size, found.key.rsplit(".", 1)[-1], custom)
    with _lock:
        if key in _found:
            return _found[key]
    with objects.borrowed_copy(found) as path:
        schema = _classify(found, path, custom)
    if isinstance(schema, Schema) and len(schema.columns) > _MOST_COLUMNS:
        schema = Unrecognised(
            f"it has {len(schema.columns):,} columns; a table has {_MOST_COLUMNS:,} at most"
        )
    with _lock:
        _found[key] = schema
    return schema


def _classify(found: StoredObject, path: Path, custom: tuple[CsvClassifier, ...]) -> Schema | Unrecognised:
    with path.open("rb") as opened:
        head = opened.read(4)
    if head == b"PAR1":
        return _parquet(found, path)
    try:
        with plain_text(path, found.uri) as text:
            schema = _classify_text(found, path, text, custom)
    except (QueryError, NotSupported) as error:
        return Unrecognised(error.message)
    return schema


def _classify_text(
    found: StoredObject, path: Path, text: PlainText, custom: tuple[CsvClassifier, ...]
) -> Schema | Unrecognised:
    lines = [line for line in islice(text.each(), _SAMPLED_LINES) if line.strip()]
    if not lines:
        return Unrecognised("it holds no text")
    if any("\0" in line for line in lines):
        return Unrecognised("it holds NUL bytes: is it UTF-16, or no text at all?")
    for classifier in custom:
        schema = _csv(text, lines, classifier)
        if isinstance(schema, Schema):
            return schema
    if lines[0].lstrip().startswith(("{", "[")):
        return _json(found, path, text, lines[0])
    return _csv(text, lines, None)


def _parquet(found: StoredObject, path: Path) -> Schema | Unrecognised:
    try:
        described = parquet.schema(path, found.uri)
        columns = tuple((name.lower(), hive_types.from_duckdb(kind)) for name, kind in described)
    except (QueryError, InvalidInput) as error:
        return Unrecognised(error.message)
    return Schema(
        "parquet",
        columns,
        f"{_PARQUET}.serde.ParquetHiveSerDe",
        (("serialization.format", "1"),),
        (),
        f"{_PARQUET}.MapredParquetInputFormat",
        f"{_PARQUET}.MapredParquetOutputFormat",
    )


def _json(found: StoredObject, path: Path, text: PlainText, first: str) -> Schema | Unrecognised:
    """JSON lines; documents over several lines; or one array, which becomes a column of its own.

    The array's schema is that of "Writing custom classifiers" in the Glue developer guide, which shows what the built-in
    classifier makes of one. Athena reads none but the first of the three ("Best practices for reading JSON data").
    """
    try:
        whole = json.loads(first)
        if isinstance(whole, dict):
            with plain_text(path, found.uri, json=True) as lines:
                return _json_lines(lines.path)
        documents = _documents(text)
    except RecursionError:
        return Unrecognised("its JSON is nested too deeply")
    except ValueError as error:
        try:
            documents = _documents(text)
        except ValueError:
            return Unrecognised(f"line 1 is no JSON: {error}")
        except RecursionError:
            return Unrecognised("its JSON is nested too deeply")
    copies = text.path.with_name("documents")
    array = isinstance(documents[0], list)
    if array:
        documents = [{"array": documents[0]}]
    copies.write_text("".join(json.dumps(document) + "\n" for document in documents))
    return _json_lines(copies)


def _documents(text: PlainText) -> list[Any]:
    """JSON values one after the other, wherever their lines end. Raises ValueError, RecursionError."""
    if text.path.stat().st_size > _LONGEST_DOCUMENT:
        raise ValueError(f"no value ends within its first {_LONGEST_DOCUMENT:,} bytes")
    content = "\n".join(text.each())
    decoder = json.JSONDecoder()
    values: list[Any] = []
    position = 0
    while rest := content[position:].lstrip():
        value, length = decoder.raw_decode(rest)
        position = len(content) - len(rest) + length
        values.append(value)
    return values


def _json_lines(path: Path) -> Schema:
    source = (
        f"read_json_objects({duckdb_engine.literal(str(path))}, format = 'newline_delimited', ignore_errors = true, "
        f"compression = 'uncompressed', maximum_object_size = {LONGEST_LINE})"
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
        names: dict[str, str] = {}
        kinds: dict[str, str] = {}
        for key, child in value.items():
            # names in a struct are told apart without regard to case
            name = names.setdefault(key.lower(), key)
            kind = _json_type(child, _path(path, key), wide)
            kinds[name] = merge_types(kinds[name], kind) if name in kinds else kind
        return f"struct<{','.join(f'{name}:{kind}' for name, kind in kinds.items())}>" if kinds else "string"
    if isinstance(value, list):
        return f"array<{_json_type(value[0], f'{path}[*]', wide)}>" if value else "array<string>"
    if value in ("UBIGINT", "BIGINT", "HUGEINT"):
        return "bigint" if path in wide else "int"
    return {"DOUBLE": "double", "BOOLEAN": "boolean"}.get(value, "string")


def _csv(text: PlainText, lines: list[str], custom: CsvClassifier | None) -> Schema | Unrecognised:
    cut = _delimiter(lines) if custom is None else (custom.delimiter, _quote_of(custom))
    if cut is None:
        return Unrecognised(
            "its lines are neither JSON nor cut into the same number of fields by one of , | tab ; or Ctrl-A"
        )
    delimiter, quote = cut
    quoted = custom is not None and custom.serde == "OpenCSVSerDe"
    rows = [_fields(line, delimiter, quote) for line in lines]
    width = len(rows[0])
    if width < 2 or len(rows) < 2:
        return Unrecognised("CSV needs two columns and two rows to be recognised")
    if width > _MOST_COLUMNS:
        return Unrecognised(f"it has {width:,} columns; a table has {_MOST_COLUMNS:,} at most")
    kinds = ["string"] * width
    if not quoted:
        kinds = _column_kinds(text, cut, width, skipped=1)
    header = (
        _has_header(rows[0], kinds)
        if custom is None or custom.header == "UNKNOWN"
        else custom.header == "PRESENT"
    )
    if not header and not quoted:
        kinds = _column_kinds(text, cut, width, skipped=0)
    names = list(custom.names) if custom and custom.names else _names(rows[0], header)
    if len(names) != width:
        return Unrecognised(f"line 1 has {width} fields, the classifier {len(names)} columns")
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
    if not quote or quote not in line:
        return line.split(delimiter)
    return next(csv.reader([line], delimiter=delimiter, quotechar=quote), [])


def _quote_of(custom: CsvClassifier) -> str:
    return custom.quote or '"' if custom.serde == "OpenCSVSerDe" else ""


def _delimiter(lines: list[str]) -> tuple[str, str] | None:
    """The delimiter that cuts every line into the same number of fields, the most if there are several, and the quote.

    Quotes count where that makes the lines alike; otherwise they are letters like any other (the quote is then empty).
    """
    for quote in ('"', "") if any('"' in line for line in lines) else ("",):
        best: tuple[int, str] | None = None
        for delimiter in _DELIMITERS:
            widths = {len(_fields(line, delimiter, quote)) for line in lines}
            if len(widths) == 1 and (width := widths.pop()) > 1 and (best is None or width > best[0]):
                best = (width, delimiter)
        if best:
            return best[1], quote
    return None


def _column_kinds(text: PlainText, cut: tuple[str, str], width: int, skipped: int) -> list[str]:
    """bigint, double, boolean or string for each column, from every line after the skipped ones."""
    delimiter, quote = cut
    if quote:
        rows = (_fields(line, delimiter, quote) for line in islice(text.each(), skipped, None))
        return _kinds_of_rows(rows, width)
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
            f"SELECT {', '.join(tests)} FROM (SELECT string_split(line, {duckdb_engine.literal(delimiter)}) "
            f"AS fields FROM read_csv({duckdb_engine.literal(str(text.path))}, columns = {{'line': 'VARCHAR'}}, "
            f"auto_detect = false, header = false, skip = {skipped}, delim = '\x1f\x1e\x1d', quote = '', escape = '', "
            f"new_line = '\\n', nullstr = {duckdb_engine.literal(BLANK)}, compression = 'uncompressed', "
            f"max_line_size = {LONGEST_LINE}))"
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


def _kinds_of_rows(rows: Iterable[list[str]], width: int) -> list[str]:
    tests = (
        ("bigint", re.compile(_INTEGER)),
        ("double", re.compile(_NUMBER)),
        ("boolean", re.compile("(?i)true|false")),
    )
    fitting = [[kind for kind, _ in tests] for _ in range(width)]
    present = [False] * width
    patterns = dict(tests)
    for row in rows:
        for number, value in enumerate(row[:width]):
            if value in ("", "\\N"):
                continue
            present[number] = True
            fitting[number] = [kind for kind in fitting[number] if patterns[kind].fullmatch(value)]
    return [kinds[0] if seen and kinds else "string" for seen, kinds in zip(present, fitting, strict=True)]


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
