"""UNLOAD: a query's rows as files in S3 ("UNLOAD" in the Amazon Redshift Database Developer Guide).

The cluster has one slice: there is one file, named as the first file of slice 0 with PARALLEL ON.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlglot import exp

from local.engines import objects
from local.engines.redshift import errors
from local.engines.redshift.dialect import casts
from local.engines.redshift.dialect.reading import Statement, TokenReader, parse, statements
from local.engines.redshift.dialect.typed import Output, Typed, quote_name, quote_text
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.external_scans import materialize_scans
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements import s3_access
from local.engines.redshift.translation import Translation, translate_query
from local.engines.redshift.types import Type
from local.gateway.errors import AwsError
from local.gateway.identity import Caller

_COMPRESSIONS = {"GZIP": ("gzip", ".gz"), "ZSTD": ("zstd", ".zst")}
_REFUSED = ("PARTITION", "FIXEDWIDTH", "BZIP2", "ESCAPE", "ROWGROUPSIZE", "MASTER_SYMMETRIC_KEY")
_UNITS = {"MB": 1024**2, "GB": 1024**3}
_LARGEST_FILE = int(6.2 * _UNITS["GB"])


@dataclass
class Unload:
    """What an UNLOAD asks for; ``delimiter`` is None until it is known to be the format's own."""

    query: str
    target: str
    role: str
    format: str = "TEXT"
    header: bool = False
    delimiter: str | None = None
    add_quotes: bool = False
    null: str = ""
    allow_overwrite: bool = False
    clean_path: bool = False
    parallel: bool = True
    compression: str | None = None
    manifest: bool = False
    extension: str = ""
    largest_file: int = _LARGEST_FILE


def _unload(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    unload = read(statement)
    # Analysed now, so that mistakes show when the statement is prepared.
    _translate(session, unload)

    def run(parameters: Sequence[Any]) -> Result:
        caller = s3_access.caller_with(session, unload.role)
        count = _write(session, unload, _translate(session, unload), caller)
        session.notice(f"UNLOAD completed, {count} record(s) unloaded successfully.")
        return Result("UNLOAD", count=count)

    return Plan(run)


def read(statement: Statement) -> Unload:
    """The parts of an UNLOAD.

    Raises:
        SqlError: 42601 for what is no UNLOAD, 0A000 for options that are not done here.
    """
    reader = TokenReader(statement)
    reader.expect("UNLOAD")
    reader.expect("(")
    query = reader.string()
    reader.expect(")")
    reader.expect("TO")
    unload = Unload(query, reader.string(), s3_access.read_role(reader))
    while not reader.done:
        _read_option(reader, unload)
    if unload.format == "PARQUET" and (
        unload.header or unload.compression or unload.delimiter or unload.null
    ):
        raise SqlError(
            errors.SYNTAX_ERROR, "PARQUET cannot be combined with HEADER, DELIMITER, NULL or compression"
        )
    if unload.allow_overwrite and unload.clean_path:
        raise SqlError(errors.SYNTAX_ERROR, "ALLOWOVERWRITE and CLEANPATH cannot both be specified")
    return unload


def _read_option(reader: TokenReader, unload: Unload) -> None:
    if reader.accept("FORMAT"):
        reader.accept("AS")
        _read_format(reader, unload)
    elif reader.peek_word() in ("CSV", "PARQUET", "JSON"):
        _read_format(reader, unload)
    elif reader.accept("HEADER"):
        unload.header = True
    elif reader.accept("DELIMITER"):
        reader.accept("AS")
        unload.delimiter = read_delimiter(reader)
    elif reader.accept("ADDQUOTES"):
        unload.add_quotes = True
    elif reader.accept("NULL"):
        reader.accept("AS")
        unload.null = reader.string()
    elif reader.accept("ALLOWOVERWRITE"):
        unload.allow_overwrite = True
    elif reader.accept("CLEANPATH"):
        unload.clean_path = True
    elif reader.accept("PARALLEL"):
        unload.parallel = not (reader.accept("OFF") or reader.accept("FALSE"))
        if unload.parallel:
            reader.accept("ON") or reader.accept("TRUE")
    elif reader.peek_word() in _COMPRESSIONS:
        unload.compression = reader.take().text.upper()
    elif reader.accept("MANIFEST"):
        if reader.accept("VERBOSE"):
            raise unsupported("MANIFEST VERBOSE in the local Redshift")
        unload.manifest = True
    elif reader.accept("MAXFILESIZE"):
        reader.accept("AS")
        unload.largest_file = _read_size(reader)
    elif reader.accept("EXTENSION"):
        unload.extension = "." + reader.string().lstrip(".")
    elif reader.accept("REGION"):
        reader.accept("AS")
        reader.string()
    elif reader.accept("ENCRYPTED"):
        # Without a key of one's own it is what S3 does with every object.
        reader.accept("AUTO")
    elif reader.accept("KMS_KEY_ID"):
        raise unsupported("KMS_KEY_ID of UNLOAD in the local Redshift: the local AWS has no KMS")
    elif (word := reader.peek_word().split(" ")[0]) in _REFUSED:
        raise unsupported(f"{word} of UNLOAD in the local Redshift")
    else:
        raise reader.error()


def _read_format(reader: TokenReader, unload: Unload) -> None:
    word = reader.take().text.upper()
    if word not in ("CSV", "PARQUET", "JSON"):
        raise SqlError(errors.SYNTAX_ERROR, f'syntax error at or near "{word}"')
    unload.format = word


def read_delimiter(reader: TokenReader) -> str:
    """One character, a tab as ``\\t`` too.

    Raises:
        SqlError: 22023 for anything else.
    """
    text = {"\\t": "\t"}.get(given := reader.string(), given)
    if len(text.encode()) != 1:
        raise SqlError(errors.INVALID_PARAMETER, "COPY delimiter must be a single character")
    return text


def _read_size(reader: TokenReader) -> int:
    """Bytes of MAXFILESIZE: from 5 MB to 6.2 GB, in MB unless it says GB."""
    token = reader.take()
    try:
        amount = float(token.text)
    except ValueError as error:
        raise errors.syntax_error(token.text) from error
    unit = "GB" if reader.accept("GB") else "MB"
    reader.accept("MB")
    size = int(amount * _UNITS[unit])
    if not 5 * _UNITS["MB"] <= size <= _LARGEST_FILE:
        raise SqlError(errors.INVALID_PARAMETER, "MAXFILESIZE must be between 5 MB and 6.2 GB")
    return size


def _translate(session: Session, unload: Unload) -> Translation:
    found = statements(unload.query)
    if len(found) != 1 or found[0].verb not in ("SELECT", "WITH"):
        raise SqlError(errors.SYNTAX_ERROR, "UNLOAD takes one SELECT")
    tree = parse(found[0].text)
    if isinstance(tree, exp.Query) and tree.args.get("limit") is not None:
        raise SqlError(
            errors.FEATURE_NOT_SUPPORTED,
            "Limit clause is not supported",
            hint="Put the LIMIT into a subquery in the FROM clause.",
        )
    translation = translate_query(session, tree)
    if translation.compilation.system or translation.compilation.leader_function:
        raise SqlError(
            errors.FEATURE_NOT_SUPPORTED,
            "Specified types or functions (one per INFO message) not supported on Redshift tables.",
        )
    return translation


def _write(session: Session, unload: Unload, translation: Translation, caller: Caller) -> int:
    """Write the files; the number of rows."""
    name = _file_name(unload)
    uri = unload.target + name
    try:
        objects.split_uri(uri)
        objects.require_write(caller, uri)
        _make_room(unload, caller)
    except AwsError as error:
        raise s3_access.s3_error(error) from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        count = _copy_to(session, unload, translation, path)
        content = path.read_bytes() if path.exists() else b""
    if len(content) > unload.largest_file:
        raise unsupported(
            "UNLOAD of more than MAXFILESIZE, which would be several files, in the local Redshift"
        )
    written = []
    # Without rows Redshift writes no Parquet; text formats may come as an empty object.
    if count or unload.format != "PARQUET":
        objects.put(uri, content)
        written.append({"url": uri, "meta": {"content_length": len(content)}})
    if unload.manifest:
        objects.put(f"{unload.target}manifest", json.dumps({"entries": written}, indent=2).encode())
    return count


def _file_name(unload: Unload) -> str:
    number = "0000_part_00" if unload.parallel else "000"
    if unload.format == "PARQUET":
        return f"{number}{unload.extension or '.parquet'}"
    return number + unload.extension + (_COMPRESSIONS[unload.compression][1] if unload.compression else "")


def _make_room(unload: Unload, caller: Caller) -> None:
    """See to it that nothing is overwritten that may not be.

    Raises:
        SqlError: XX000 when files are there and the statement does not say what with them.
    """
    there = objects.list_prefix(unload.target)
    if unload.clean_path:
        for each in there:
            objects.require_delete(caller, each.uri)
        for each in there:
            objects.delete(each.uri)
    elif there and not unload.allow_overwrite:
        raise SqlError(
            errors.INTERNAL_ERROR,
            "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually "
            "removing the target files in S3, or using the ALLOWOVERWRITE option.",
        )


def _copy_to(session: Session, unload: Unload, translation: Translation, path: Path) -> int:
    """Let the engine write the rows into a local file; their number."""
    connection = session.engine
    query = materialize_scans(session, translation.sql, translation.compilation)
    places = [f"c{position}" for position in range(len(translation.columns))]
    if unload.format in ("TEXT", "CSV"):
        shown = [_text(place, column) for place, column in zip(places, translation.columns, strict=True)]
    else:
        shown = [_native(place, column) for place, column in zip(places, translation.columns, strict=True)]
    items = ", ".join(
        f"{value} AS {quote_name(column.name)}"
        for value, column in zip(shown, translation.columns, strict=True)
    )
    source = f"SELECT {items} FROM ({query}) AS rows_({', '.join(places)})"
    sql = f"COPY ({source}) TO {quote_text(str(path))} ({', '.join(_engine_options(unload))})"
    found = connection.execute(sql).fetchall()
    return int(found[0][0])


def _engine_options(unload: Unload) -> list[str]:
    if unload.format == "PARQUET":
        return ["FORMAT parquet", "COMPRESSION snappy"]
    compression = _COMPRESSIONS[unload.compression][0] if unload.compression else "uncompressed"
    if unload.format == "JSON":
        return ["FORMAT json", f"COMPRESSION {compression}"]
    delimiter = unload.delimiter or ("," if unload.format == "CSV" else "|")
    quoted = unload.format == "CSV" or unload.add_quotes
    options = [
        "FORMAT csv",
        f"HEADER {str(unload.header).lower()}",
        f"DELIMITER {quote_text(delimiter)}",
        f"NULLSTR {quote_text(unload.null)}",
        f"COMPRESSION {compression}",
        "QUOTE '\"', ESCAPE '\"'" if quoted else "QUOTE '', ESCAPE ''",
    ]
    if unload.add_quotes:
        options.append("FORCE_QUOTE *")
    return options


def _text(place: str, column: Output) -> str:
    """A value as UNLOAD writes it into text files."""
    if column.type.name == "bool":
        return f"CASE WHEN {place} THEN 't' WHEN NOT {place} THEN 'f' END"
    return casts.text_of(Typed(place, column.type))


def _native(place: str, column: Output) -> str:
    if column.type.name in ("interval", "varbyte", "timetz", "struct", "array"):
        raise unsupported(f"UNLOAD of type {column.type.family} in this format in the local Redshift")
    return f"CAST({place} AS {column.type.duckdb})"


PLANNERS: dict[str, StatementPlanner] = {
    "UNLOAD": _unload,
}
