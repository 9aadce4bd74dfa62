"""The files of a COPY as rows of the engine, each field brought to its column's type.

Text conversions are those of "Data conversion parameters": an empty field is null for every type but text, blanks
around a number do not count, and text that is too long for its column is an error.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from local.engines.errors import BadData
from local.engines.files.lines import unpack
from local.engines.redshift import errors, types
from local.engines.redshift.catalog import Column
from local.engines.redshift.dialect import casts
from local.engines.redshift.dialect.macros import MACROS
from local.engines.redshift.dialect.typed import Typed, quote_name, quote_text
from local.engines.redshift.errors import INTERNAL_ERROR, SqlError
from local.engines.redshift.statements.copy_options import Copy
from local.engines.redshift.types import Type

# Text that no file contains: DuckDB takes it for null, so that empty fields stay empty.
_NEVER = "\\u0000 never"
_LONGEST_LINE = 64 * 1024 * 1024
_LONGEST_ROW = 4 * 1024 * 1024


@dataclass(frozen=True)
class Loaded:
    """Rows of the engine: `sql` is a query, `values` an expression over it for each wanted column."""

    sql: str
    values: tuple[str, ...]


def open_files(
    connection: duckdb.DuckDBPyConnection, copy: Copy, paths: Sequence[str], columns: list[Column]
) -> Loaded:
    """The rows of files that are all of the statement's format.

    Raises:
        SqlError: XX000 for Parquet files that do not fit the table.
    """
    if copy.format == "PARQUET":
        return _parquet(connection, paths, columns)
    if copy.format == "JSON":
        return _json(copy, paths, columns)
    return _delimited(copy, paths, columns)


def _listed(paths: Sequence[str]) -> str:
    return "[" + ", ".join(quote_text(path) for path in paths) + "]"


def first_fault(copy: Copy, path: str) -> tuple[int, str] | None:
    """What ends the load of one file before its fields are looked at: the line (0 for the file) and the reason, or None.

    Compressed bytes that end early; a row of more than 4 MB ("COPY": the largest input row); a NUL, unless NULL AS
    takes it ("Preparing your input data"); a blank line, which the engine would pass over and which Redshift takes for a
    line without delimiters, unless IGNOREBLANKLINES is given.
    """
    if copy.format == "PARQUET":
        return None
    try:
        content = _content(copy, path)
    except BadData as error:
        return 0, error.message.rpartition(" (")[0]
    if max(map(len, content.split(b"\n"))) > _LONGEST_ROW:
        rows = enumerate(content.split(b"\n"), 1)
        return next((number, "Row is larger than 4 MB") for number, row in rows if len(row) > _LONGEST_ROW)
    if copy.format == "JSON":
        return None
    nul = content.find(b"\0")
    if nul >= 0 and copy.null != "\0":
        return content.count(b"\n", 0, nul) + 1, "a NUL (UTF-8 0000), which only NULL AS '\\0' loads"
    line = None if copy.ignore_blank_lines else _blank_line(copy, content)
    return None if line is None else (line, "Delimiter not found (a blank line)")


def _content(copy: Copy, path: str) -> bytes:
    if copy.compression == "uncompressed":
        return Path(path).read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        unpacked = Path(folder) / "unpacked"
        unpack(Path(path), copy.compression, unpacked, path)
        return unpacked.read_bytes()


def _blank_line(copy: Copy, content: bytes) -> int | None:
    if not re.search(rb"(?:^|\n)\r?\n", content):
        return None
    if copy.format == "TEXT" or copy.quote.encode() not in content:
        lines = content.split(b"\n")[:-1]
        return next((number for number, line in enumerate(lines, 1) if not line.rstrip(b"\r")), None)
    reader = csv.reader(
        io.StringIO(content.decode(errors="replace"), newline=""),
        delimiter=copy.delimiter or ",",
        quotechar=copy.quote,
    )
    return next((reader.line_num for row in reader if not row), None)


def _delimited(copy: Copy, paths: Sequence[str], columns: list[Column]) -> Loaded:
    places = [f"c{position}" for position in range(len(columns))]
    read_as = ", ".join(f"'{place}': 'VARCHAR'" for place in places)
    csv = copy.format == "CSV"
    delimiter = copy.delimiter or ("," if csv else "|")
    quote = quote_text(copy.quote) if csv else "''"
    source = (
        f"SELECT * FROM read_csv({_listed(paths)}, columns = {{{read_as}}}, auto_detect = false, header = false, "
        f"skip = {copy.ignore_header}, delim = {quote_text(delimiter)}, quote = {quote}, escape = {quote}, "
        f"nullstr = {quote_text(_NEVER)}, compression = {quote_text(copy.compression)}, strict_mode = true, "
        f"null_padding = false, max_line_size = {_LONGEST_LINE}, encoding = 'utf-8')"
    )
    return Loaded(
        source, tuple(_from_field(copy, place, column) for place, column in zip(places, columns, strict=True))
    )


def _from_field(copy: Copy, place: str, column: Column) -> str:
    """A field of delimited text as the column's value."""
    kind = column.type
    text = kind.is_text
    field = place
    if copy.trim_blanks and kind.name == "varchar":
        field = f"rtrim({field}, ' ')"
    nulls = [f"{place} = {quote_text(copy.null)}"]
    if not text or copy.empty_as_null:
        nulls.append(f"{place} = ''")
    if not text or copy.blanks_as_null:
        nulls.append(f"trim({place}, ' ') = ''")
    value = f"CASE WHEN {' OR '.join(nulls)} THEN NULL ELSE {field} END"
    return _from_text(copy, value, kind, column.name)


def _from_text(copy: Copy, value: str, kind: Type, name: str) -> str:
    if kind.name == "numeric" and not copy.round_decimals:
        # "By default, COPY truncates values when necessary to fit the column's scale" (ROUNDEC).
        value = f"regexp_replace({value}, '^(\\s*[+-]?)(\\d*\\.\\d{{{kind.scale or 0}}})\\d+(\\s*)$', '\\10\\2\\3')"
    given = Typed(f"({value})", types.TEXT, name=name)
    if kind.is_text and not copy.truncate_columns:
        return casts.assign(given, kind, name).sql
    if kind.name == "super":
        return f"CAST({given.sql} AS JSON)"
    return casts.cast(given, kind).sql


def _json(copy: Copy, paths: Sequence[str], columns: list[Column]) -> Loaded:
    """One object after the other; a key that is missing is null."""
    source = (
        f"SELECT CASE WHEN json_type(json) = 'OBJECT' THEN json ELSE error(concat('no JSON object: ', left(json, 60))) END "
        f"AS c FROM read_json_objects({_listed(paths)}, format = 'newline_delimited', "
        f"compression = {quote_text(copy.compression)}, maximum_object_size = {_LONGEST_LINE})"
    )
    return Loaded(source, tuple(_from_key(copy, column) for column in columns))


def _from_key(copy: Copy, column: Column) -> str:
    if copy.ignore_case:
        key = f"list_filter(json_keys(c), lambda k: lower(k) = {quote_text(column.name)})[1]"
        path = f"'$.\"' || {key} || '\"'"
    else:
        path = quote_text(f'$."{column.name}"')
    if column.type.name == "super":
        return f"json_extract(c, {path})"
    text = f"json_extract_string(c, {path})"
    if not column.type.is_text:
        text = f"nullif(trim({text}, ' '), '')"
    return _from_text(copy, text, column.type, column.name)


def _parquet(connection: duckdb.DuckDBPyConnection, paths: Sequence[str], columns: list[Column]) -> Loaded:
    """Columns of columnar files go to the table's by their position."""
    source = f"SELECT * FROM read_parquet({_listed(paths)})"
    described = connection.execute(f"DESCRIBE {source}").fetchall()
    if len(described) != len(columns):
        raise SqlError(
            INTERNAL_ERROR,
            "Spectrum Scan Error: Unmatched number of columns between table and file. "
            f"Table columns: {len(columns)}, Data columns: {len(described)}",
        )
    values = []
    for (name, kind, *_), column in zip(described, columns, strict=True):
        given = Typed(quote_name(name), _parquet_type(kind), name=column.name)
        try:
            values.append(casts.assign(given, column.type, column.name).sql)
        except SqlError as error:
            raise SqlError(
                INTERNAL_ERROR,
                f"Spectrum Scan Error: File has an incompatible Parquet schema. Column '{column.name}' has type "
                f"{column.type.display}, the file's column '{name}' {kind.lower()}",
            ) from error
    return Loaded(source, tuple(values))


_PARQUET_TYPES = {
    "BOOLEAN": types.BOOL,
    "TINYINT": types.SMALLINT,
    "SMALLINT": types.SMALLINT,
    "INTEGER": types.INTEGER,
    "BIGINT": types.BIGINT,
    "FLOAT": types.REAL,
    "DOUBLE": types.DOUBLE,
    "VARCHAR": types.TEXT,
    "DATE": types.DATE,
    "TIMESTAMP": types.TIMESTAMP,
    "TIMESTAMP_NS": types.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": types.TIMESTAMPTZ,
}


def _parquet_type(kind: str) -> Type:
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind)
    if decimal:
        return types.numeric(int(decimal[1]), int(decimal[2]))
    if kind not in _PARQUET_TYPES:
        raise errors.unsupported(f"COPY of a Parquet column of type {kind} in the local Redshift")
    return _PARQUET_TYPES[kind]


def locate(
    copy: Copy, columns: list[Column], files: Sequence[tuple[str, str]], error: duckdb.Error
) -> tuple[str, str]:
    """Where a load failed (``s3://…:line``, or empty) and why.

    Args:
        files: local path and address of each.
        error: what the engine said about all of them together.
    """
    reason = errors.from_duckdb(error).message
    if copy.format == "PARQUET":
        return "", reason
    with duckdb.connect(":memory:") as connection:
        connection.execute(MACROS)
        for path, uri in files:
            failed = _first_failure(connection, open_files(connection, copy, [path], columns))
            if failed is not None:
                row, message = failed
                return f"{uri}:{row + copy.ignore_header}" if row else uri, _reason(message)
    return "", reason


def _first_failure(connection: duckdb.DuckDBPyConnection, loaded: Loaded) -> tuple[int, str] | None:
    """The first row that cannot be loaded, counted from 1, or 0 when the engine says the line itself."""
    try:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE given AS SELECT *, row_number() OVER () AS row_ FROM ({loaded.sql})"
        )
    except duckdb.Error as error:
        return 0, str(error)
    total = connection.execute("SELECT count(*) FROM given").fetchone()
    first, last = 1, int(total[0]) if total else 0
    items = ", ".join(loaded.values)
    message = None
    while first <= last:
        middle = (first + last) // 2
        try:
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE tried AS SELECT {items} FROM given WHERE row_ BETWEEN {first} AND {middle}"
            )
        except duckdb.Error as error:
            message, found, last = str(errors.from_duckdb(error)), middle, middle - 1
        else:
            first = middle + 1
    return (found, message) if message is not None else None


def _reason(message: str) -> str:
    """What was wrong with a line, without the engine's advice."""
    if "state machine reached an invalid state" in message:
        return "its lines end in several ways (LF, CR, CR LF)"
    line = re.search(r"CSV Error on Line: (\d+)", message)
    if "Expected Number of Columns" in message or "Error when" in message or line:
        counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
        where = f"line {line[1]}: " if line else ""
        if counts:
            found = "Extra column(s) found" if int(counts[2]) > int(counts[1]) else "Delimiter not found"
            return f"{where}{found} (expected {counts[1]} fields, found {counts[2]})"
        if "unicode" in message.lower():
            return f"{where}String contains invalid or unsupported UTF8 codepoints"
        if "quote" in message.split("Possible fixes", 1)[0]:
            return f"{where}Invalid quote formatting for CSV"
        return where + " ".join(message.split("Possible fixes", 1)[0].split())
    return re.sub(r' in file "[^"]*"', "", message.split("\n", 1)[0])
