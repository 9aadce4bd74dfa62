"""JSON lines and delimited text as typed rows, with the strictness of the SerDes that the catalog names.

A field that does not parse as its column's type ends the query and names object and line. Facts relied on, from the
Athena user guide: OpenX JSON is one object a line with case-insensitive keys, no key twice, and absent keys NULL
("OpenX JSON SerDe"); LazySimpleSerDe knows no quotes, reads `\\N` as NULL, an empty field as NULL unless the column is
a string, and ignores surplus fields; OpenCSVSerDe knows quotes and escapes, but no line breaks between quotes ("Open
CSV SerDe for processing CSV"). In all of them a line is a row, a blank line too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow
import pyarrow.parquet

from local.engines import duckdb_engine, hive_types
from local.engines.catalog import CatalogTable, Column
from local.engines.errors import BadData, NotSupported, QueryError
from local.engines.files import quoted_fields
from local.engines.files.lines import BLANK, LONGEST_LINE, PlainText
from local.engines.hive_types import GlueType

_PATTERNS = {
    "boolean": r"(?i)(true|false)",
    "date": r"\d{4}-\d{2}-\d{2}",
    "timestamp": r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,9})?",
    "float": r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|NaN|[+-]?Infinity",
    "decimal": r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?",
} | dict.fromkeys(hive_types.INTEGERS, r"[+-]?\d+")
_PATTERNS["double"] = _PATTERNS["float"]

_ROWS_AT_A_TIME = 100_000


def select(table: CatalogTable, columns: Sequence[Column], text: PlainText, uri: str) -> str:
    """A DuckDB query over one object's plain text that gives `columns` with their types.

    Raises NotSupported for options of the SerDe that are not understood, BadData when the object is no JSON lines.
    """
    if table.format == "json":
        return _select_json(table, columns, text, uri)
    if table.serde.endswith("OpenCSVSerde"):
        return _select_quoted(table, columns, text, uri)
    return _select_delimited(table, columns, text.path)


def rows_stored(table: CatalogTable, text: PlainText) -> int:
    """How many rows `select` must give: one a line, without the headers that the table says to skip."""
    return text.lines if table.format == "json" else max(0, text.lines - _skipped(table))


def locate(table: CatalogTable, text: PlainText, uri: str, error: duckdb.Error) -> QueryError:
    """The error to report when `select` failed while it ran: which line, and which field of it."""
    if table.format == "json":
        return _locate_json(table, text, uri, error)
    return _locate_delimited(table, text, uri, error)


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


def _select_json(table: CatalogTable, columns: Sequence[Column], text: PlainText, uri: str) -> str:
    _check_json_options(table)
    path = text.path
    spellings = _json_keys(text, uri, table)
    keys_of = {column.name: spellings.get(column.name, []) for column in columns}
    if any(len(keys) > 1 for keys in keys_of.values()):
        return _select_respelled(columns, keys_of, path, uri)
    reads: dict[str, str] = {}
    outputs = []
    for column in columns:
        nested = hive_types.is_nested(column.glue_type)
        keys = keys_of[column.name]
        if keys and nested:
            reads[keys[0]] = hive_types.to_duckdb(_as_spelled(column, keys[0], path, uri))
            value = f"CAST({duckdb_engine.quote(keys[0])} AS {column.duckdb_type})"
        elif keys:
            reads[keys[0]] = "VARCHAR"
            value = _typed(duckdb_engine.quote(keys[0]), column)
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
        f"columns = {{{struct}}}, compression = 'uncompressed', maximum_object_size = {LONGEST_LINE})"
    )
    return f"SELECT {', '.join(outputs) or '1 AS one'} FROM {source}"


def _as_spelled(column: Column, key: str, path: Path, uri: str) -> GlueType:
    """A nested column's type with the names that the objects spell: DuckDB's reader minds the case, the SerDe does not.

    Raises NotSupported where a file spells one name in several ways.
    """
    connection = duckdb_engine.connect()
    try:
        structures = connection.execute(
            f"SELECT DISTINCT json_structure(json_extract(json, ?)) FROM read_json_objects({duckdb_engine.literal(str(path))}, "
            f"format = 'newline_delimited', compression = 'uncompressed', maximum_object_size = {LONGEST_LINE})",
            ["$." + json.dumps(key)],
        ).fetchall()
    finally:
        connection.close()
    found = [json.loads(structure) for (structure,) in structures if structure is not None]
    return _respelled(hive_types.parse(column.glue_type), found, f"column {column.name} in {uri}")


def _respelled(kind: GlueType, structures: list[Any], where: str) -> GlueType:
    if kind.name == "array":
        items = [one[0] for one in structures if isinstance(one, list) and one]
        return replace(kind, children=(_respelled(kind.children[0], items, where),))
    if kind.name != "struct":
        return kind
    objects = [one for one in structures if isinstance(one, dict)]
    fields, children = [], []
    for field, child in zip(kind.fields, kind.children, strict=True):
        spellings = sorted({key for one in objects for key in one if key.lower() == field.lower()})
        if len(spellings) > 1:
            raise NotSupported(f"several spellings of a key ({', '.join(spellings)}) within the {where}")
        name = spellings[0] if spellings else field
        fields.append(name)
        children.append(_respelled(child, [one[name] for one in objects if name in one], where))
    return replace(kind, children=tuple(children), fields=tuple(fields))


def _select_respelled(columns: Sequence[Column], keys_of: dict[str, list[str]], path: Path, uri: str) -> str:
    """The query over a file that spells one key in several ways, which DuckDB's typed reader cannot tell apart."""
    outputs = []
    for column in columns:
        if hive_types.is_nested(column.glue_type):
            raise NotSupported(f"several spellings of a key beside the nested column {column.name} in {uri}")
        paths = [duckdb_engine.literal("$." + json.dumps(key)) for key in keys_of[column.name]]
        values = ", ".join(f"json_extract_string(json, {one})" for one in paths)
        value = f"COALESCE({values})" if values else "CAST(NULL AS VARCHAR)"
        outputs.append(f"{_typed(value, column)} AS {duckdb_engine.quote(column.name)}")
    source = (
        f"read_json_objects({duckdb_engine.literal(str(path))}, format = 'newline_delimited', "
        f"compression = 'uncompressed', maximum_object_size = {LONGEST_LINE})"
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


def _json_keys(text: PlainText, uri: str, table: CatalogTable) -> dict[str, list[str]]:
    """The keys of the objects in a file, by lower-case name; keys are matched without regard to case.

    Raises BadData when a line is no JSON object or has a key twice, in whatever spelling.
    """
    connection = duckdb_engine.connect()
    try:
        shapes = connection.execute(
            "SELECT DISTINCT json_keys(json) FROM read_json_objects(?, format = 'newline_delimited', "
            f"compression = 'uncompressed', maximum_object_size = {LONGEST_LINE})",
            [str(text.path)],
        ).fetchall()
    except duckdb.Error as error:
        raise locate(table, text, uri, error) from error
    finally:
        connection.close()
    spellings: dict[str, list[str]] = {}
    for key in sorted({key for (keys,) in shapes for key in keys or ()}):
        spellings.setdefault(key.lower(), []).append(key)
    if any(len({key.lower() for key in keys}) < len(keys) for (keys,) in shapes if keys):
        raise _locate_json(table, text, uri, None)
    return spellings


class _DuplicateKey(ValueError):
    """A JSON object has a key twice."""


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object with its keys in lower case. Raises _DuplicateKey."""
    found: dict[str, object] = {}
    for key, value in pairs:
        if key.lower() in found:
            raise _DuplicateKey(f'Duplicate key "{key.lower()}"')
        found[key.lower()] = value
    return found


def _locate_json(table: CatalogTable, text: PlainText, uri: str, error: duckdb.Error | None) -> QueryError:
    for number, line in enumerate(text.each(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, object_pairs_hook=_distinct)
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
        for position, column in enumerate(table.columns):
            misfit = _json_problem(row.get(column.name), column)
            if misfit:
                return BadData(
                    f"Error parsing field value '{misfit}' for field {position} ({column.name} {column.glue_type})",
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


def _first_line(error: duckdb.Error | None) -> str:
    return str(error).splitlines()[0] if error else "a key occurs twice"


def _skipped(table: CatalogTable) -> int:
    return int(table.parameters.get("skip.header.line.count", "0") or 0)


def _check_delimited_options(table: CatalogTable, known: set[str]) -> None:
    for option in table.serde_parameters:
        if option not in known:
            raise NotSupported(f"SerDe property {option} of table {table.name}")


def _delimiter(table: CatalogTable) -> str:
    parameters = table.serde_parameters
    delimiter = parameters.get("field.delim") or parameters.get("serialization.format") or "\x01"
    return "\x01" if delimiter == "1" else delimiter


def _select_delimited(table: CatalogTable, columns: Sequence[Column], path: Path) -> str:
    _check_delimited_options(
        table, {"field.delim", "serialization.format", "line.delim", "serialization.null.format"}
    )
    if table.serde_parameters.get("line.delim", "\n") != "\n":
        raise NotSupported(f"line.delim of table {table.name}")
    delimiter = _delimiter(table)
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
        f"SELECT string_split(coalesce(line, ''), {duckdb_engine.literal(delimiter)}) AS fields "
        f"FROM read_csv({duckdb_engine.literal(str(path))}, columns = {{'line': 'VARCHAR'}}, auto_detect = false, "
        f"header = false, skip = {_skipped(table)}, delim = '\x1f\x1e\x1d', quote = '', escape = '', "
        f"new_line = '\\n', nullstr = {duckdb_engine.literal(BLANK)}, compression = 'uncompressed', "
        f"max_line_size = {LONGEST_LINE})"
    )
    return f"SELECT {', '.join(outputs) or '1 AS one'} FROM ({source})"


def _quoting(table: CatalogTable) -> tuple[str, str, str]:
    parameters = table.serde_parameters
    return (
        parameters.get("separatorChar", ","),
        parameters.get("quoteChar", '"'),
        parameters.get("escapeChar", "\\"),
    )


def _select_quoted(table: CatalogTable, columns: Sequence[Column], text: PlainText, uri: str) -> str:
    _check_delimited_options(table, {"separatorChar", "quoteChar", "escapeChar", "serialization.format"})
    names = [column.name for column in table.columns]
    kinds = pyarrow.schema([(name, pyarrow.string()) for name in names])
    # the fields beside the text, which is gone when the query has run
    path = text.path.with_name("fields.parquet")
    with pyarrow.parquet.ParquetWriter(path, kinds, compression="none") as writer:
        rows: list[dict[str, str]] = []
        for number, fields in _quoted_rows(table, text, uri):
            if len(fields) > len(names):
                raise BadData(f"{len(fields)} fields for {len(names)} columns", uri, number)
            rows.append(dict(zip(names, fields, strict=False)))
            if len(rows) == _ROWS_AT_A_TIME:
                writer.write_table(pyarrow.Table.from_pylist(rows, kinds))
                rows.clear()
        writer.write_table(pyarrow.Table.from_pylist(rows, kinds))
    outputs = [
        f"{_typed(duckdb_engine.quote(column.name), column)} AS {duckdb_engine.quote(column.name)}"
        for column in columns
    ]
    return f"SELECT {', '.join(outputs) or '1 AS one'} FROM read_parquet({duckdb_engine.literal(str(path))})"


def _quoted_rows(table: CatalogTable, text: PlainText, uri: str) -> Iterator[tuple[int, list[str]]]:
    """Number and fields of every line after the headers."""
    separator, quote, escape = _quoting(table)
    skipped = _skipped(table)
    for number, line in enumerate(text.each(), start=1):
        if number <= skipped:
            continue
        try:
            yield number, quoted_fields.split(line, separator, quote, escape)
        except ValueError as error:
            raise BadData(str(error), uri, number) from error


def _delimited_rows(table: CatalogTable, text: PlainText) -> Iterator[tuple[int, list[str]]]:
    delimiter = _delimiter(table)
    skipped = _skipped(table)
    for number, line in enumerate(text.each(), start=1):
        if number > skipped:
            yield number, line.split(delimiter)


def _locate_delimited(table: CatalogTable, text: PlainText, uri: str, error: duckdb.Error) -> QueryError:
    quoted = table.serde.endswith("OpenCSVSerde")
    rows = _quoted_rows(table, text, uri) if quoted else _delimited_rows(table, text)
    for number, fields in rows:
        for position, (column, field) in enumerate(zip(table.columns, fields, strict=False)):
            nothing = () if quoted else ("", "\\N")
            if field not in nothing and not _text_fits(field, column):
                return BadData(
                    f"Error parsing field value '{field}' for field {position} ({column.name} {column.glue_type})",
                    uri,
                    number,
                )
    return BadData(f"Error reading delimited text: {_first_line(error)}", uri)
