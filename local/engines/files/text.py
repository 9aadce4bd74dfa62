"""JSON lines and delimited text as typed rows, with the strictness of the SerDes that the catalog names.

A field that does not parse as its column's type ends the query and names object and line. Facts relied on, from the
Athena user guide: OpenX JSON is one object a line with case-insensitive keys and absent keys NULL; LazySimpleSerDe
knows no quotes, reads `\\N` as NULL, an empty field as NULL unless the column is a string, and ignores surplus fields;
OpenCSVSerDe knows quotes and escapes.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from local.engines import duckdb_engine, hive_types
from local.engines.catalog import CatalogTable, Column
from local.engines.errors import BadData, NotSupported, QueryError

_PATTERNS = {
    "boolean": r"(?i)(true|false)",
    "date": r"\d{4}-\d{2}-\d{2}",
    "timestamp": r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,9})?",
    "float": r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|NaN|[+-]?Infinity",
    "decimal": r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?",
} | dict.fromkeys(hive_types.INTEGERS, r"[+-]?\d+")
_PATTERNS["double"] = _PATTERNS["float"]

_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_UNREADABLE = (".bz2", ".snappy", ".lz4", ".lzo", ".deflate", ".zip")
_MAXIMUM_LINE = 64 * 1024 * 1024


def select(table: CatalogTable, columns: Sequence[Column], path: Path, uri: str) -> str:
    """A DuckDB query over one object's local copy that gives `columns` with their types.

    Raises NotSupported for options of the SerDe that are not understood, BadData when the object is no JSON lines.
    """
    if path.name.endswith(_UNREADABLE):
        raise NotSupported(f"the compression of {uri}")
    if table.format == "json":
        return _select_json(table, columns, path, uri)
    if table.serde.endswith("OpenCSVSerde"):
        return _select_quoted(table, columns, path)
    return _select_delimited(table, columns, path)


def locate(table: CatalogTable, path: Path, uri: str, error: duckdb.Error) -> QueryError:
    """The error to report when `select` failed while it ran: which line, and which field of it."""
    if table.format == "json":
        return _locate_json(table, path, uri, error)
    return _locate_delimited(table, path, uri, error)


def compression_of(path: Path) -> str:
    """DuckDB's name of the compression that a file's name tells."""
    return _COMPRESSIONS.get(path.suffix.lower(), "uncompressed")


def _typed(expression: str, column: Column) -> str:
    """SQL that turns text into the column's type or raises."""
    kind = hive_types.parse(column.glue_type)
    if kind.name in ("string", "varchar", "char"):
        return expression
    pattern = _PATTERNS.get(kind.name)
    if pattern is None:
        raise NotSupported(f"type {column.glue_type} of column {column.name} in a text file")
    # the message depends on the row, so that DuckDB does not evaluate it while planning
    complaint = f"concat('bad field {column.name.replace(chr(39), '')}: ', {expression})"
    return (
        f"CASE WHEN {expression} IS NULL THEN NULL "
        f"WHEN regexp_full_match({expression}, {duckdb_engine.literal(pattern)}) "
        f"THEN CAST({expression} AS {hive_types.to_duckdb(kind)}) ELSE error({complaint}) END"
    )


def _select_json(table: CatalogTable, columns: Sequence[Column], path: Path, uri: str) -> str:
    _check_json_options(table)
    spellings = _json_keys(path, uri, table)
    asked = {column.name: spellings.get(column.name, []) for column in columns}
    if any(len(keys) > 1 for keys in asked.values()):
        return _select_respelled(columns, asked, path, uri)
    reads: dict[str, str] = {}
    outputs = []
    for column in columns:
        nested = hive_types.is_nested(column.glue_type)
        keys = asked[column.name]
        if keys:
            reads[keys[0]] = hive_types.to_duckdb(column.glue_type) if nested else "VARCHAR"
            value = duckdb_engine.quote(keys[0]) if nested else _typed(duckdb_engine.quote(keys[0]), column)
        else:
            value = f"CAST(NULL AS {column.duckdb_type})"
        outputs.append(f"{value} AS {duckdb_engine.quote(column.name)}")
    if not reads:
        reads["(no column of the file is asked for)"] = "VARCHAR"
    struct = ", ".join(
        f"{duckdb_engine.literal(key)}: {duckdb_engine.literal(kind)}" for key, kind in reads.items()
    )
    source = (
        f"read_json({duckdb_engine.literal(str(path))}, format = 'newline_delimited', records = true, "
        f"columns = {{{struct}}}, compression = '{compression_of(path)}', maximum_object_size = {_MAXIMUM_LINE})"
    )
    return f"SELECT {', '.join(outputs) or '1 AS one'} FROM {source}"


def _select_respelled(columns: Sequence[Column], asked: dict[str, list[str]], path: Path, uri: str) -> str:
    """The query over a file that spells one key in several ways, which DuckDB's typed reader cannot tell apart."""
    outputs = []
    for column in columns:
        if hive_types.is_nested(column.glue_type):
            raise NotSupported(f"several spellings of a key beside the nested column {column.name} in {uri}")
        paths = [duckdb_engine.literal("$." + json.dumps(key)) for key in asked[column.name]]
        values = ", ".join(f"json_extract_string(json, {one})" for one in paths)
        value = f"COALESCE({values})" if values else "CAST(NULL AS VARCHAR)"
        outputs.append(f"{_typed(value, column)} AS {duckdb_engine.quote(column.name)}")
    source = (
        f"read_json_objects({duckdb_engine.literal(str(path))}, format = 'newline_delimited', "
        f"compression = '{compression_of(path)}', maximum_object_size = {_MAXIMUM_LINE})"
    )
    return f"SELECT {', '.join(outputs)} FROM {source}"


def _check_json_options(table: CatalogTable) -> None:
    known = {"paths", "serialization.format", "case.insensitive", "ignore.malformed.json", "dots.in.keys"}
    for option, value in table.serde_parameters.items():
        if option not in known:
            raise NotSupported(f"SerDe property {option} of table {table.name}")
        if (option, value.lower()) in (
            ("ignore.malformed.json", "true"),
            ("case.insensitive", "false"),
            ("dots.in.keys", "true"),
        ):
            raise NotSupported(f"SerDe property {option}={value} of table {table.name}")


def _json_keys(path: Path, uri: str, table: CatalogTable) -> dict[str, list[str]]:
    """The keys of the objects in a file, by lower-case name; keys are matched without regard to case."""
    connection = duckdb_engine.connect()
    try:
        keys = connection.execute(
            "SELECT DISTINCT unnest(json_keys(json)) FROM read_json_objects(?, format = 'newline_delimited', "
            f"compression = '{compression_of(path)}', maximum_object_size = {_MAXIMUM_LINE})",
            [str(path)],
        ).fetchall()
    except duckdb.Error as error:
        raise locate(table, path, uri, error) from error
    finally:
        connection.close()
    spellings: dict[str, list[str]] = {}
    for (key,) in sorted(keys):
        spellings.setdefault(key.lower(), []).append(key)
    return spellings


def _locate_json(table: CatalogTable, path: Path, uri: str, error: duckdb.Error) -> QueryError:
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as problem:
            return BadData(
                f"Row is not a valid JSON Object - JSONException: {problem}",
                uri,
                number,
                code="HIVE_CURSOR_ERROR",
            )
        if not isinstance(row, dict):
            return BadData(
                "Row is not a valid JSON Object - JSONException: a JSONObject text must begin with '{'",
                uri,
                number,
                code="HIVE_CURSOR_ERROR",
            )
        values = {key.lower(): value for key, value in row.items()}
        for position, column in enumerate(table.columns):
            problem = _json_problem(values.get(column.name), column)
            if problem:
                return BadData(
                    f"Error parsing field value '{problem}' for field {position} ({column.name} {column.glue_type})",
                    uri,
                    number,
                )
    return BadData(f"Error reading JSON: {_first_line(error)}", uri)


def _json_problem(value: object, column: Column) -> str | None:
    """The text of a value that does not fit its column, or None."""
    if value is None:
        return None
    kind = hive_types.parse(column.glue_type)
    if kind.children:
        fits = isinstance(value, list) if kind.name == "array" else isinstance(value, dict)
        return None if fits and _nested_fits(value, column) else json.dumps(value)
    if kind.name in ("string", "varchar", "char"):
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return None if _text_fits(text, column) else text


def _nested_fits(value: object, column: Column) -> bool:
    connection = duckdb_engine.connect()
    try:
        connection.execute(
            "SELECT json_transform_strict(?::JSON, (SELECT json_structure(?::JSON)))", [json.dumps(value)] * 2
        )
        connection.execute(f"SELECT CAST(?::JSON AS {column.duckdb_type})", [json.dumps(value)])
    except duckdb.Error:
        return False
    finally:
        connection.close()
    return True


def _text_fits(text: str, column: Column) -> bool:
    kind = hive_types.parse(column.glue_type)
    if kind.name in ("string", "varchar", "char"):
        return True
    if not re.fullmatch(_PATTERNS[kind.name], text):
        return False
    connection = duckdb_engine.connect()
    try:
        connection.execute(f"SELECT CAST(? AS {column.duckdb_type})", [text])
    except duckdb.Error:
        return False
    finally:
        connection.close()
    return True


def _lines(path: Path) -> list[str]:
    kind = compression_of(path)
    connection = duckdb_engine.connect()
    try:
        if kind == "uncompressed":
            return path.read_text(encoding="utf-8", errors="replace").split("\n")
        rows = connection.execute(
            "SELECT line FROM read_csv(?, columns = {'line': 'VARCHAR'}, delim = '\x1f', quote = '', escape = '', "
            f"header = false, compression = '{kind}', auto_detect = false, ignore_errors = true)",
            [str(path)],
        ).fetchall()
        return [line or "" for (line,) in rows]
    finally:
        connection.close()


def _first_line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]


def _skipped(table: CatalogTable) -> int:
    return int(table.parameters.get("skip.header.line.count", "0") or 0)


def _check_delimited_options(table: CatalogTable, known: set[str]) -> None:
    for option in table.serde_parameters:
        if option not in known:
            raise NotSupported(f"SerDe property {option} of table {table.name}")


def _select_delimited(table: CatalogTable, columns: Sequence[Column], path: Path) -> str:
    _check_delimited_options(
        table, {"field.delim", "serialization.format", "line.delim", "serialization.null.format"}
    )
    if table.serde_parameters.get("line.delim", "\n") != "\n":
        raise NotSupported(f"line.delim of table {table.name}")
    delimiter = (
        table.serde_parameters.get("field.delim")
        or table.serde_parameters.get("serialization.format")
        or "\x01"
    )
    if delimiter == "1":
        delimiter = "\x01"
    null = table.serde_parameters.get("serialization.null.format", "\\N")
    positions = {column.name: number for number, column in enumerate(table.columns, start=1)}
    outputs = []
    for column in columns:
        field = f"fields[{positions[column.name]}]"
        present = f"NULLIF({field}, {duckdb_engine.literal(null)})"
        if hive_types.parse(column.glue_type).name not in ("string", "varchar", "char"):
            present = f"NULLIF({present}, '')"
        outputs.append(f"{_typed(present, column)} AS {duckdb_engine.quote(column.name)}")
    # one column a line: the delimiter chosen here must not occur in the text, and quotes mean nothing
    source = (
        f"SELECT string_split(rtrim(line, chr(13)), {duckdb_engine.literal(delimiter)}) AS fields "
        f"FROM read_csv({duckdb_engine.literal(str(path))}, columns = {{'line': 'VARCHAR'}}, auto_detect = false, "
        f"header = false, skip = {_skipped(table)}, delim = '\x1f\x1e\x1d', quote = '', escape = '', "
        f"new_line = '\\n', nullstr = '\x1c\x1c', compression = '{compression_of(path)}', "
        f"max_line_size = {_MAXIMUM_LINE})"
    )
    return f"SELECT {', '.join(outputs) or '1 AS one'} FROM ({source})"


def _quoting(table: CatalogTable) -> tuple[str, str, str]:
    parameters = table.serde_parameters
    return (
        parameters.get("separatorChar", ","),
        parameters.get("quoteChar", '"'),
        parameters.get("escapeChar", "\\"),
    )


def _select_quoted(table: CatalogTable, columns: Sequence[Column], path: Path) -> str:
    _check_delimited_options(table, {"separatorChar", "quoteChar", "escapeChar", "serialization.format"})
    separator, quote, escape = _quoting(table)
    names = ", ".join(f"{duckdb_engine.literal(column.name)}: 'VARCHAR'" for column in table.columns)
    outputs = [
        f"{_typed(duckdb_engine.quote(column.name), column)} AS {duckdb_engine.quote(column.name)}"
        for column in columns
    ]
    source = (
        f"read_csv({duckdb_engine.literal(str(path))}, columns = {{{names}}}, auto_detect = false, header = false, "
        f"skip = {_skipped(table)}, delim = {duckdb_engine.literal(separator)}, quote = {duckdb_engine.literal(quote)}, "
        f"escape = {duckdb_engine.literal(quote if escape == chr(92) else escape)}, nullstr = '\x1c\x1c', null_padding = true, "
        f"compression = '{compression_of(path)}', max_line_size = {_MAXIMUM_LINE})"
    )
    return f"SELECT {', '.join(outputs) or '1 AS one'} FROM {source}"


def _locate_delimited(table: CatalogTable, path: Path, uri: str, error: duckdb.Error) -> QueryError:
    skipped = _skipped(table)
    lines = _lines(path)
    if table.serde.endswith("OpenCSVSerde"):
        separator, quote, _ = _quoting(table)
        rows = list(csv.reader(lines, delimiter=separator, quotechar=quote))
    else:
        delimiter = table.serde_parameters.get("field.delim") or "\x01"
        rows = [line.rstrip("\r").split(delimiter) for line in lines]
    for number, fields in enumerate(rows[skipped:], start=skipped + 1):
        for position, (column, text) in enumerate(zip(table.columns, fields, strict=False)):
            if text not in ("", "\\N") and not _text_fits(text, column):
                return BadData(
                    f"Error parsing field value '{text}' for field {position} ({column.name} {column.glue_type})",
                    uri,
                    number,
                )
    return BadData(f"Error reading delimited text: {_first_line(error)}", uri)
