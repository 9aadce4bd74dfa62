"""Reading the parts of table definitions: types, columns, constraints, distribution and sort keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot.tokenizer_core import TokenType

from local.engines.redshift import errors, types
from local.engines.redshift.catalog import Column
from local.engines.redshift.dialect.reading import TokenReader, parse_expression
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.types import Type

_TYPE_WORDS = (
    "DOUBLE PRECISION", "CHARACTER VARYING", "CHAR VARYING", "NATIONAL CHARACTER VARYING", "NATIONAL CHARACTER",
    "BINARY VARYING", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITHOUT TIME ZONE", "TIME WITH TIME ZONE",
    "TIME WITHOUT TIME ZONE",
)  # fmt: skip
_ENCODINGS = frozenset(
    [
        "raw",
        "az64",
        "bytedict",
        "delta",
        "delta32k",
        "lzo",
        "mostly8",
        "mostly16",
        "mostly32",
        "runlength",
        "text255",
        "text32k",
        "zstd",
        "auto",
    ]
)
_AFTER_DEFAULT = frozenset(
    (
        "ENCODE",
        "DISTKEY",
        "SORTKEY",
        "NOT",
        "NULL",
        "UNIQUE",
        "PRIMARY",
        "REFERENCES",
        "COLLATE",
        "IDENTITY",
        "GENERATED",
        ",",
        ")",
    )
)


@dataclass
class Definition:
    """What CREATE TABLE says of a table."""

    columns: list[Column] = field(default_factory=list)
    keys: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    dist_style: str = "AUTO"
    dist_key: str | None = None
    sort_keys: tuple[str, ...] = ()
    sort_style: str = "COMPOUND"
    like: tuple[tuple[str, ...], bool] | None = None
    names_only: tuple[str, ...] = ()


def read_type(reader: TokenReader, *, casting: bool = False) -> Type:
    """A type name with its arguments."""
    for words in _TYPE_WORDS:
        if reader.accept(*words.split()):
            name = words.lower()
            break
    else:
        name = reader.identifier()
    arguments: tuple[str, ...] = ()
    if reader.peek_word() == "(":
        arguments = tuple(part.strip() for part in reader.parenthesized().split(","))
        if name in ("timestamp", "time") and reader.accept("WITH", "TIME", "ZONE"):
            name += " with time zone"
        elif name in ("timestamp", "time"):
            reader.accept("WITHOUT", "TIME", "ZONE")
        if name.startswith("time"):
            arguments = ()
    return types.from_sql(name, arguments, casting=casting)


def read_columns(reader: TokenReader, definition: Definition) -> None:
    """The parenthesized list of columns and constraints; a list of bare names goes to ``names_only``."""
    if reader.peek_word() != "(":
        raise reader.error()
    reader.take()
    if reader.accept("LIKE"):
        source = reader.qualified_name()
        defaults = reader.accept("INCLUDING", "DEFAULTS")
        if not defaults:
            reader.accept("EXCLUDING", "DEFAULTS")
        definition.like = (source, defaults)
        if not reader.accept(")"):
            raise reader.error()
        return
    names: list[str] = []
    while True:
        if not read_table_constraint(reader, definition):
            name = reader.identifier()
            if reader.peek_word() in (",", ")"):
                names.append(name)
            else:
                definition.columns.append(read_column(reader, name, definition))
        if reader.accept(")"):
            break
        if not reader.accept(","):
            raise reader.error()
    if names and definition.columns:
        raise SqlError(errors.SYNTAX_ERROR, f'syntax error: column "{names[0]}" has no type')
    definition.names_only = tuple(names)
    check_distinct([each.name for each in definition.columns] or names)


def check_distinct(names: list[str] | tuple[str, ...]) -> None:
    """Raise 42701 for a column that is named twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise SqlError(errors.DUPLICATE_COLUMN, f'column "{name}" specified more than once')
        seen.add(name)


def read_table_constraint(reader: TokenReader, definition: Definition) -> bool:
    """Take a constraint of a table if one comes next; whether one did."""
    if reader.peek_word() == "CONSTRAINT":
        reader.take()
        reader.identifier()
    if reader.peek_word() == "CHECK":
        raise unsupported("CHECK constraint")
    if reader.accept("PRIMARY", "KEY"):
        definition.keys.append(("PRIMARY KEY", reader.names()))
    elif reader.peek_word() == "UNIQUE" and reader.peek_word(1) == "(":
        reader.take()
        definition.keys.append(("UNIQUE", reader.names()))
    elif reader.accept("FOREIGN", "KEY"):
        columns = reader.names()
        reader.expect("REFERENCES")
        reader.qualified_name()
        if reader.peek_word() == "(":
            reader.names()
        definition.keys.append(("FOREIGN KEY", columns))
    else:
        return False
    return True


def read_column(reader: TokenReader, name: str, definition: Definition) -> Column:
    """The rest of a column definition whose name was read."""
    kind = read_type(reader)
    nullable, default, encoding, identity, by_default = True, None, None, None, False
    while reader.peek_word() not in (",", ")", ""):
        if reader.accept("NOT", "NULL"):
            nullable = False
        elif reader.accept("NULL"):
            nullable = True
        elif reader.accept("DEFAULT"):
            default = read_default(reader)
        elif reader.accept("GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"):
            identity, by_default = _identity(reader), True
        elif reader.accept("IDENTITY"):
            identity = _identity(reader)
        elif reader.accept("ENCODE"):
            encoding = read_encoding(reader)
        elif reader.accept("DISTKEY"):
            definition.dist_style, definition.dist_key = "KEY", name
        elif reader.accept("SORTKEY"):
            definition.sort_keys = (*definition.sort_keys, name)
        elif reader.accept("PRIMARY", "KEY"):
            nullable = False
            definition.keys.append(("PRIMARY KEY", (name,)))
        elif reader.accept("UNIQUE"):
            definition.keys.append(("UNIQUE", (name,)))
        elif reader.accept("REFERENCES"):
            reader.qualified_name()
            if reader.peek_word() == "(":
                reader.names()
            definition.keys.append(("FOREIGN KEY", (name,)))
        elif reader.accept("COLLATE"):
            if not reader.accept("CASE_SENSITIVE"):
                raise unsupported("COLLATE other than CASE_SENSITIVE in the local Redshift")
        elif reader.peek_word() == "CHECK":
            raise unsupported("CHECK constraint")
        else:
            raise reader.error()
    return Column(name, kind, nullable, default, encoding, identity, identity_by_default=by_default)


def read_default(reader: TokenReader) -> str:
    """The text of a default expression; it must parse."""
    first = reader.take()
    words, depth = [reader.source(first)], 1 if first.token_type == TokenType.L_PAREN else 0
    while True:
        token = reader.peek()
        if token is None or (
            depth == 0 and reader.peek_word() in _AFTER_DEFAULT and token.token_type != TokenType.STRING
        ):
            break
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if depth < 0:
            break
        words.append(reader.source(reader.take()))
    text = " ".join(words)
    parse_expression(text)
    return text


def _identity(reader: TokenReader) -> tuple[int, int]:
    parts = [part.strip() for part in reader.parenthesized().split(",")]
    if len(parts) != 2 or not all(part.lstrip("-").isdigit() for part in parts):
        raise SqlError(errors.SYNTAX_ERROR, "IDENTITY takes a seed and a step")
    return int(parts[0]), int(parts[1])


def read_encoding(reader: TokenReader) -> str:
    """A compression encoding.

    Raises:
        SqlError: 22023 for one that does not exist.
    """
    name = reader.identifier()
    if name not in _ENCODINGS:
        raise SqlError(errors.INVALID_PARAMETER, f'invalid encoding type "{name}"')
    return name


def read_attributes(reader: TokenReader, definition: Definition) -> None:
    """BACKUP, DISTSTYLE, DISTKEY, SORTKEY and ENCODE AUTO, in any order."""
    while True:
        if reader.accept("BACKUP"):
            if not (reader.accept("YES") or reader.accept("NO")):
                raise reader.error()
        elif reader.accept("DISTSTYLE"):
            style = reader.identifier().upper()
            if style not in ("AUTO", "EVEN", "KEY", "ALL"):
                raise SqlError(errors.SYNTAX_ERROR, f'invalid DISTSTYLE "{style}"')
            definition.dist_style = style
        elif reader.accept("DISTKEY"):
            (key,) = reader.names() if reader.peek_word() == "(" else (reader.identifier(),)
            definition.dist_style, definition.dist_key = "KEY", key
        elif (
            reader.accept("COMPOUND", "SORTKEY")
            or reader.accept("INTERLEAVED", "SORTKEY")
            or reader.accept("SORTKEY")
        ):
            if not reader.accept("AUTO"):
                definition.sort_keys = reader.names()
        elif reader.accept("ENCODE", "AUTO"):
            continue
        else:
            return


def check_keys(definition: Definition) -> None:
    """Raise 42703 when a key names a column that the table does not have."""
    names = {each.name for each in definition.columns}
    key_columns = [definition.dist_key] if definition.dist_key else []
    key_columns += list(definition.sort_keys) + [name for _, columns in definition.keys for name in columns]
    for name in key_columns:
        if name not in names:
            raise SqlError(errors.UNDEFINED_COLUMN, f'column "{name}" named in key does not exist')
    if definition.dist_style == "KEY" and definition.dist_key is None:
        raise SqlError(errors.INVALID_TABLE_DEFINITION, "DISTSTYLE KEY needs a DISTKEY column")
