"""What a COPY statement asks for."""

from __future__ import annotations

from dataclasses import dataclass, field

from local.engines.redshift import errors
from local.engines.redshift.dialect.reading import Statement, TokenReader
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.statements import s3_access
from local.engines.redshift.statements.unload import read_delimiter

_COMPRESSIONS = {"GZIP": "gzip", "ZSTD": "zstd"}
# They change how a real cluster stores, encodes or reports, not which rows are loaded.
_WITHOUT_EFFECT = ("COMPUPDATE", "STATUPDATE")
_REFUSED = (
    "ACCEPTANYDATE", "AVRO", "BZIP2", "COMPROWS", "CONVERTGEOMETRY", "CREDENTIALS", "ENCRYPTED", "ESCAPE", "FILLRECORD",
    "FIXEDWIDTH", "JOB", "LZOP", "MAXERROR", "NOLOAD", "ORC", "READRATIO", "REMOVEQUOTES", "SHAPEFILE", "SSH",
)  # fmt: skip
_DATE_FORMATS = ("auto", "yyyy-mm-dd")
_TIME_FORMATS = ("auto", "yyyy-mm-dd hh:mi:ss", "yyyy-mm-dd hh24:mi:ss")


@dataclass
class Copy:
    """A COPY statement. ``null`` is the text that stands for null in text formats."""

    table: tuple[str, ...]
    columns: tuple[str, ...]
    source: str
    role: str = ""
    format: str = "TEXT"
    delimiter: str | None = None
    quote: str = '"'
    null: str = "\\N"
    ignore_header: int = 0
    empty_as_null: bool = False
    blanks_as_null: bool = False
    trim_blanks: bool = False
    round_decimals: bool = False
    truncate_columns: bool = False
    explicit_ids: bool = False
    ignore_blank_lines: bool = False
    manifest: bool = False
    compression: str = "uncompressed"
    ignore_case: bool = False
    named: set[str] = field(default_factory=set)


def read(statement: Statement) -> Copy:
    """The parts of a COPY.

    Raises:
        SqlError: 42601 for what is no COPY, 0A000 for what is not done here.
    """
    reader = TokenReader(statement)
    reader.expect("COPY")
    table = reader.qualified_name()
    columns = reader.names() if reader.peek_word() == "(" else ()
    reader.expect("FROM")
    if reader.peek_word() in ("STDIN", "PROGRAM"):
        raise unsupported("COPY FROM STDIN")
    source = reader.string()
    if not source.startswith("s3://"):
        raise unsupported("COPY from anything but S3 in the local Redshift")
    copy = Copy(table, columns, source)
    while not reader.done:
        _read_option(reader, copy)
    if not copy.role:
        raise SqlError(errors.SYNTAX_ERROR, "COPY needs IAM_ROLE")
    if copy.format in ("PARQUET", "JSON") and copy.named:
        raise SqlError(
            errors.SYNTAX_ERROR,
            f"{sorted(copy.named)[0]} option is not supported for {copy.format} formatting",
        )
    return copy


def _read_option(reader: TokenReader, copy: Copy) -> None:
    word = reader.peek_word()
    if word == "IAM_ROLE" or word in ("ACCESS_KEY_ID", "CREDENTIALS", "WITH"):
        copy.role = s3_access.read_role(reader)
    elif reader.accept("FORMAT"):
        reader.accept("AS")
        _read_format(reader, copy)
    elif word in ("CSV", "PARQUET", "JSON"):
        _read_format(reader, copy)
    elif word in _COMPRESSIONS:
        reader.take()
        copy.compression = _COMPRESSIONS[word]
    elif word in _WITHOUT_EFFECT:
        reader.take()
        any(reader.accept(each) for each in ("ON", "OFF", "TRUE", "FALSE", "PRESET"))
    elif reader.accept("MANIFEST"):
        copy.manifest = True
    elif reader.accept("EXPLICIT_IDS"):
        copy.explicit_ids = True
    elif reader.accept("REGION"):
        reader.accept("AS")
        reader.string()
    elif reader.accept("ENCODING"):
        reader.accept("AS")
        _expect_one_of(reader, "ENCODING", ("utf8",))
    elif word in _REFUSED:
        raise unsupported(f"{word} of COPY in the local Redshift")
    else:
        _read_text_option(reader, copy)


def _read_text_option(reader: TokenReader, copy: Copy) -> None:
    """Options of delimited text only."""
    word = reader.peek_word()
    if reader.accept("DELIMITER"):
        reader.accept("AS")
        copy.delimiter = read_delimiter(reader)
    elif reader.accept("QUOTE"):
        reader.accept("AS")
        copy.quote = read_delimiter(reader)
    elif reader.accept("IGNOREHEADER"):
        reader.accept("AS")
        copy.ignore_header = reader.number()
    elif reader.accept("NULL"):
        reader.accept("AS")
        copy.null = reader.string()
    elif reader.accept("EMPTYASNULL"):
        copy.empty_as_null = True
    elif reader.accept("BLANKSASNULL"):
        copy.blanks_as_null = True
    elif reader.accept("ROUNDEC"):
        copy.round_decimals = True
    elif reader.accept("TRIMBLANKS"):
        copy.trim_blanks = True
    elif reader.accept("TRUNCATECOLUMNS"):
        copy.truncate_columns = True
        return
    elif reader.accept("IGNOREBLANKLINES"):
        copy.ignore_blank_lines = True
    elif reader.accept("ACCEPTINVCHARS"):
        raise unsupported("ACCEPTINVCHARS of COPY in the local Redshift")
    elif reader.accept("DATEFORMAT"):
        reader.accept("AS")
        _expect_one_of(reader, "DATEFORMAT", _DATE_FORMATS)
        return
    elif reader.accept("TIMEFORMAT"):
        reader.accept("AS")
        _expect_one_of(reader, "TIMEFORMAT", _TIME_FORMATS)
        return
    else:
        raise reader.error()
    copy.named.add(word)


def _read_format(reader: TokenReader, copy: Copy) -> None:
    word = reader.peek_word()
    if word in _REFUSED:
        raise unsupported(f"format {word} of COPY in the local Redshift")
    if word not in ("CSV", "PARQUET", "JSON", "TEXT"):
        raise reader.error()
    reader.take()
    copy.format = word
    if word == "CSV" and reader.accept("QUOTE"):
        reader.accept("AS")
        copy.quote = read_delimiter(reader)
    if word == "JSON":
        reader.accept("AS")
        paths = reader.string() if reader.is_string() else "auto"
        if paths.lower() not in ("auto", "auto ignorecase"):
            raise unsupported("JSON with paths or 'noshred' of COPY in the local Redshift")
        copy.ignore_case = paths.lower() == "auto ignorecase"


def _expect_one_of(reader: TokenReader, option: str, known: tuple[str, ...]) -> None:
    value = reader.string() if reader.is_string() else reader.identifier()
    if value.lower() not in known:
        raise unsupported(f"{option} '{value}' of COPY in the local Redshift")
