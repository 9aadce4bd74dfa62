"""Conversions between Redshift types, written in DuckDB SQL.

Three strengths, as in PostgreSQL: *implicit* (operators and functions), *assignment* (a value put into a column) and
*explicit* (CAST). Source: "Type compatibility and conversion" in the Amazon Redshift Database Developer Guide.
"""

from __future__ import annotations

import re
from decimal import Decimal

from local.engines.redshift import errors
from local.engines.redshift.dialect import decimals
from local.engines.redshift.dialect.typed import Typed, quote_text
from local.engines.redshift.errors import CANNOT_COERCE, INVALID_TEXT, SqlError, raising, raising_with
from local.engines.redshift.types import Type

_TRUE = ("t", "true", "y", "yes", "1", "on")
_FALSE = ("f", "false", "n", "no", "0", "off")
_NUMBERS = frozenset(("int2", "int4", "int8", "numeric", "float4", "float8"))
_TEXT = frozenset(("char", "varchar", "unknown", "name"))

# Explicit casts that Redshift has, by source: everything else is refused with "cannot cast type".
_EXPLICIT = {
    "bool": frozenset(("bool", "int2", "int4", "int8", "super")),
    **{each: _NUMBERS | {"bool", "char", "varchar", "super"} for each in ("int2", "int4", "int8")},
    **{each: _NUMBERS | {"char", "varchar", "super"} for each in ("numeric", "float4", "float8")},
    "date": frozenset(("date", "timestamp", "timestamptz", "char", "varchar", "super")),
    "timestamp": frozenset(("date", "time", "timestamp", "timestamptz", "char", "varchar", "super")),
    "timestamptz": frozenset(
        ("date", "time", "timetz", "timestamp", "timestamptz", "char", "varchar", "super")
    ),
    "time": frozenset(("time", "timetz", "char", "varchar", "interval")),
    "timetz": frozenset(("time", "timetz", "char", "varchar")),
    "interval": frozenset(("interval", "char", "varchar", "time")),
    "super": _NUMBERS | {"bool", "char", "varchar", "super", "date", "timestamp", "timestamptz"},
    "varbyte": frozenset(("varbyte", "char", "varchar")),
    "oid": _NUMBERS | {"oid", "varchar", "char"},
}
_TEXT_TARGETS = _NUMBERS | {
    "bool", "char", "varchar", "date", "time", "timetz", "timestamp", "timestamptz", "interval", "super", "varbyte",
    "name", "oid",
}  # fmt: skip

# What goes into a column without being asked: the source types each target takes.
_ASSIGNMENT = {
    "bool": frozenset(("bool",)),
    **{each: _NUMBERS | {"oid", "super"} for each in _NUMBERS},
    "char": _TEXT | _NUMBERS | {"date", "timestamp", "timestamptz", "super"},
    "varchar": _TEXT | _NUMBERS | {"date", "timestamp", "timestamptz", "time", "timetz", "super", "oid"},
    "date": frozenset(("date", "timestamp", "timestamptz")),
    "timestamp": frozenset(("date", "timestamp", "timestamptz")),
    "timestamptz": frozenset(("date", "timestamp", "timestamptz")),
    "time": frozenset(("time", "timetz", "timestamp")),
    "timetz": frozenset(("time", "timetz", "timestamptz")),
    "super": frozenset(("super", "bool", "char", "varchar", "unknown", "date", "timestamp")) | _NUMBERS,
    "varbyte": frozenset(("varbyte", "varchar")),
    "interval": frozenset(("interval",)),
}


def cast(value: Typed, target: Type, *, cutting: bool = False) -> Typed:
    """The value as the target type.

    Args:
        cutting: digits after the point that do not fit are cut off instead of rounded: so are "the results of explicit
            casts of values selected from tables" ("Numeric types").

    Raises:
        SqlError: 42846 when Redshift has no such cast; 22P02 for a literal that cannot be read as the type.
    """
    source = value.type
    if value.is_null:
        return Typed(f"CAST(NULL AS {target.duckdb})", target, is_null=False, name=value.name)
    if source == target:
        if value.constant is not None and source.precision == 19:
            return Typed(_in_64_bits(value.sql, source, target), target, name=value.name)
        return value
    allowed = _TEXT_TARGETS if source.name in _TEXT else _EXPLICIT.get(source.name, frozenset())
    if target.name not in allowed:
        raise SqlError(CANNOT_COERCE, f"cannot cast type {source.family} to {target.family}")
    if (
        cutting
        and source.name == "numeric"
        and (target.is_integer or (target.name == "numeric" and (target.scale or 0) < (source.scale or 0)))
    ):
        return Typed(decimals.cut(value, target), target, name=value.name)
    return Typed(_in_64_bits(_conversion(value, target), source, target), target, name=value.name)


def _in_64_bits(sql: str, source: Type, target: Type) -> str:
    """A decimal of 19 digits is stored in 64 bits, which do not hold all of them ("Numeric types")."""
    if target.name != "numeric" or target.precision != 19 or source.is_integer:
        return sql
    greatest = Decimal(2**63 - 1).scaleb(-(target.scale or 0))
    beyond = raising(errors.NUMERIC_OUT_OF_RANGE, "Numeric data overflow")
    return f"CASE WHEN abs({sql}) > CAST('{greatest:f}' AS {target.duckdb}) THEN {beyond} ELSE {sql} END"


def implicit(value: Typed, target: Type) -> Typed:
    """A value brought to a type that an operator or function takes."""
    if value.type.name == target.name and target.name not in ("numeric", "varchar", "char"):
        return value
    return cast(value, target)


def assign(value: Typed, target: Type, column: str) -> Typed:
    """A value put into a column: too long text is an error, not cut.

    Raises:
        SqlError: 42804 when the types do not go together without a cast.
    """
    if value.is_null:
        return cast(value, target)
    source = value.type
    if source.name != "unknown" and source.name not in _ASSIGNMENT.get(target.name, frozenset()):
        raise SqlError(
            errors.DATATYPE_MISMATCH,
            f'column "{column}" is of type {target.family} but expression is of type {source.family}',
            hint="You will need to rewrite or cast the expression.",
        )
    if source == target:
        return value
    if target.name in ("varchar", "char"):
        text = text_of(value)
        return Typed(_fit(text, source, target, value.constant), target, name=value.name)
    return cast(value, target)


def text_of(value: Typed) -> str:
    """DuckDB SQL of a value as text, in Redshift's output format.

    Raises:
        SqlError: 42846 for booleans, which Redshift does not turn into text.
    """
    name = value.type.name
    if name in _TEXT:
        return value.sql
    if name == "bool":
        raise SqlError(CANNOT_COERCE, "cannot cast type boolean to character varying")
    if name in ("float8", "float4"):
        return f"rs_float_text(CAST({value.sql} AS DOUBLE), {15 if name == 'float8' else 6})"
    if name == "numeric" and value.type.precision == value.type.scale:
        # DuckDB writes no digit before the point when the type has none.
        return f"regexp_replace(CAST({value.sql} AS VARCHAR), '^(-?)\\.', '\\10.')"
    if name in ("timestamp", "timestamptz"):
        moment = value.sql if name == "timestamp" else f"timezone('UTC', {value.sql})"
        # A fraction of a second has at least two digits.
        text = f"regexp_replace(CAST({moment} AS VARCHAR), '(\\.\\d)$', '\\10')"
        return text if name == "timestamp" else f"({text} || '+00')"
    if name == "time":
        return f"regexp_replace(CAST({value.sql} AS VARCHAR), '(\\.\\d)$', '\\10')"
    if name == "super":
        return f"rs_super_text({value.sql})"
    if name == "varbyte":
        return f"lower(hex({value.sql}))"
    if name in ("struct", "array"):
        raise SqlError(CANNOT_COERCE, f"cannot cast type {name} to character varying")
    return f"CAST({value.sql} AS VARCHAR)"


def text_length(kind: Type) -> int:
    """The longest text, in bytes, of a value of the type."""
    fixed = {
        "int2": 6, "int4": 11, "int8": 20, "float4": 32, "float8": 32, "bool": 5, "date": 10, "timestamp": 29,
        "timestamptz": 32, "time": 15, "timetz": 21, "interval": 64,
    }  # fmt: skip
    if kind.name in ("varchar", "char", "unknown"):
        return kind.length or 1
    if kind.name == "numeric":
        return (kind.precision or 18) + 2
    return fixed.get(kind.name, 65535)


def _conversion(value: Typed, target: Type) -> str:
    source, sql, name = value.type, value.sql, target.name
    if name in ("varchar", "char"):
        text = text_of(value)
        if name == "char" and source.name in ("varchar", "unknown"):
            text = _single_bytes(text)
        if source.name in ("varchar", "char", "unknown") and text_length(source) <= (target.length or 1):
            return f"rtrim({text})" if name == "char" and source.name != "char" else text
        if source.name not in _TEXT and text_length(source) <= (target.length or 1):
            return text
        cut = f"rs_cut({text}, {target.length})" if (target.length or 0) < 65535 else text
        return f"rtrim({cut})" if name == "char" else cut
    if name in ("name", "oid"):
        return f"CAST({sql} AS {target.duckdb})"
    if source.name in _TEXT:
        return _from_text(value, target)
    if source.name == "super":
        return _from_super(sql, target)
    if name == "super":
        return f"CAST(to_json({sql}) AS JSON)"
    if name == "bool" and source.is_integer:
        return f"({sql} <> 0)"
    if source.name in ("float4", "float8") and target.is_integer:
        return f"CAST(round_even({sql}, 0) AS {target.duckdb})"
    if source.name == "timestamp" and name == "timestamptz":
        return f"timezone('UTC', {sql})"
    if source.name == "timestamptz" and name in ("timestamp", "date", "time"):
        return f"CAST(timezone('UTC', {sql}) AS {target.duckdb})"
    return f"CAST({sql} AS {target.duckdb})"


def _from_text(value: Typed, target: Type) -> str:
    """Text read as another type.

    Always by TRY_CAST and a raised error: DuckDB may evaluate a plain CAST in a CASE branch for rows that the CASE does
    not choose (it converts the whole dictionary of a vector), which would fail what Redshift runs.
    """
    name, sql = target.name, value.sql
    if isinstance(value.constant, str):
        _check_literal(value.constant, target)
    if name == "super":
        return f"CAST(to_json({sql}) AS JSON)"
    if name == "varbyte":
        return f"encode({sql})"
    sqlstate, what = INVALID_TEXT, f"invalid input syntax for {target.family}: "
    if name == "bool":
        true, false = (", ".join(map(quote_text, words)) for words in (_TRUE, _FALSE))
        read = f"CASE WHEN lower(trim({sql})) IN ({true}) THEN TRUE WHEN lower(trim({sql})) IN ({false}) THEN FALSE END"
        what = "invalid input syntax for type boolean: "
    elif target.is_integer:
        read = (
            f"CASE WHEN NOT regexp_matches({sql}, '[._a-zA-Z]') THEN TRY_CAST({sql} AS {target.duckdb}) END"
        )
    elif name in ("date", "timestamp", "timestamptz", "time"):
        sqlstate, what = errors.INVALID_DATETIME, f"invalid input syntax for type {target.family}: "
        if name in ("date", "timestamp"):
            what = f"invalid input syntax for type {name}: "
        read = f"rs_text_{name}({sql})"
    else:
        what = f"invalid input syntax for type {target.family}: "
        if target.is_temporal or name == "interval":
            sqlstate = errors.INVALID_DATETIME
        read = f"TRY_CAST({sql} AS {target.duckdb})"
    wrong = raising_with(sqlstate, what + '"', sql, '"')
    if target.is_integer:
        beyond = raising_with(
            errors.NUMERIC_OUT_OF_RANGE, 'value "', sql, f'" is out of range for type {target.family}'
        )
        wrong = f"CASE WHEN regexp_full_match({sql}, '\\s*[+-]?\\d+\\s*') THEN {beyond} ELSE {wrong} END"
    elif name == "numeric":
        beyond = raising(errors.NUMERIC_OUT_OF_RANGE, "Numeric data overflow")
        wrong = f"CASE WHEN isfinite(TRY_CAST({sql} AS DOUBLE)) THEN {beyond} ELSE {wrong} END"
    return f"coalesce({read}, CASE WHEN {sql} IS NOT NULL THEN {wrong} END)"


def _from_super(sql: str, target: Type) -> str:
    kinds = {
        "bool": "('BOOLEAN')",
        "date": "('VARCHAR')",
        "timestamp": "('VARCHAR')",
        "timestamptz": "('VARCHAR')",
    }.get(target.name, "('BIGINT', 'UBIGINT', 'DOUBLE', 'HUGEINT', 'VARCHAR')")
    return (
        f"CASE WHEN {sql} IS NULL OR json_type({sql}) = 'NULL' THEN NULL WHEN json_type({sql}) IN {kinds} "
        f"THEN TRY_CAST(({sql} ->> '$') AS {target.duckdb}) END"
    )


def _check_literal(text: str, target: Type) -> None:
    if target.is_integer and not re.fullmatch(r"\s*[+-]?\d+\s*", text):
        raise SqlError(INVALID_TEXT, f'invalid input syntax for {target.family}: "{text}"')
    if target.name == "numeric" and not re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", text):
        raise SqlError(INVALID_TEXT, f'invalid input syntax for type numeric: "{text}"')
    if target.name in ("float4", "float8") and "_" in text:
        raise SqlError(INVALID_TEXT, f'invalid input syntax for type {target.family}: "{text}"')
    if target.name == "bool" and text.strip().lower() not in _TRUE + _FALSE:
        raise SqlError(INVALID_TEXT, f'invalid input syntax for type boolean: "{text}"')


_NOT_IN_REPERTOIRE = "22021"
_MULTIBYTE = "CHAR string contains a multibyte character: CHAR holds single-byte characters only, VARCHAR any"


def _single_bytes(text: str) -> str:
    """Text for a CHAR, which "can only contain single-byte characters" ("Character types")."""
    return f"CASE WHEN strlen({text}) <> length({text}) THEN {raising(_NOT_IN_REPERTOIRE, _MULTIBYTE)} ELSE {text} END"


def _fit(text: str, source: Type, target: Type, constant: str | int | None) -> str:
    """Text for a column: trailing blanks beyond its length are cut, anything else beyond it is an error."""
    limit = target.length or 1
    if isinstance(constant, str) and source.name == "unknown":
        if target.name == "char" and not constant.isascii():
            raise SqlError(_NOT_IN_REPERTOIRE, _MULTIBYTE)
        encoded = constant.encode()
        if len(encoded) > limit:
            if encoded[limit:].strip(b" "):
                raise SqlError(errors.STRING_TOO_LONG, f"value too long for type {target.display}")
            constant = encoded[:limit].decode(errors="ignore")
        return quote_text(constant.rstrip(" ") if target.name == "char" else constant)
    if source.name in ("varchar", "char") and (source.length or 1) <= limit:
        text = _single_bytes(text) if target.name == "char" and source.name != "char" else text
        return f"rtrim({text})" if target.name == "char" and source.name != "char" else text
    if source.name not in _TEXT and text_length(source) <= limit:
        return text
    if target.name == "char":
        text = _single_bytes(text)
    wrong = raising(errors.STRING_TOO_LONG, f"value too long for type {target.display}")
    fitted = f"CASE WHEN {text} IS NULL THEN NULL WHEN strlen({text}) <= {limit} THEN {text} WHEN strlen(rtrim({text})) <= {limit} THEN rtrim({text}) ELSE {wrong} END"
    return f"rtrim({fitted})" if target.name == "char" else fitted


def unknown_to(value: Typed, other: Type) -> Typed:
    """An untyped literal or parameter beside a typed operand takes that operand's type."""
    if value.type.name != "unknown" or other.name in ("unknown", "interval"):
        return value
    if value.is_null:
        return Typed(f"CAST(NULL AS {other.duckdb})", other, name=value.name)
    if other.is_text or other.name == "name":
        return Typed(
            value.sql, Type("varchar", length=value.type.length or 65535), value.constant, name=value.name
        )
    return cast(value, other)
