"""Errors of the local Redshift, each with the SQLSTATE that Redshift sends for it.

SQLSTATE values are those of PostgreSQL 8.0 (https://www.postgresql.org/docs/8.0/errcodes-appendix.html),
which Amazon Redshift keeps.
"""

from __future__ import annotations

import re

import duckdb

SYNTAX_ERROR = "42601"
FEATURE_NOT_SUPPORTED = "0A000"
UNDEFINED_TABLE = "42P01"
UNDEFINED_COLUMN = "42703"
UNDEFINED_FUNCTION = "42883"
UNDEFINED_OBJECT = "42704"
UNDEFINED_PARAMETER = "42P02"
UNDEFINED_SCHEMA = "3F000"
DUPLICATE_TABLE = "42P07"
DUPLICATE_SCHEMA = "42P06"
DUPLICATE_OBJECT = "42710"
DUPLICATE_COLUMN = "42701"
AMBIGUOUS_COLUMN = "42702"
GROUPING_ERROR = "42803"
DATATYPE_MISMATCH = "42804"
CANNOT_COERCE = "42846"
WRONG_OBJECT_TYPE = "42809"
INVALID_COLUMN_REFERENCE = "42P10"
INVALID_TABLE_DEFINITION = "42P16"
INSUFFICIENT_PRIVILEGE = "42501"
DEPENDENT_OBJECTS = "2BP01"
INVALID_TEXT = "22P02"
INVALID_DATETIME = "22007"
DATETIME_OUT_OF_RANGE = "22008"
INVALID_PARAMETER = "22023"
NUMERIC_OUT_OF_RANGE = "22003"
DIVISION_BY_ZERO = "22012"
STRING_TOO_LONG = "22001"
NOT_NULL_VIOLATION = "23502"
IN_FAILED_TRANSACTION = "25P02"
ACTIVE_TRANSACTION = "25001"
SERIALIZATION_FAILURE = "40001"
DEADLOCK = "40P01"
QUERY_CANCELED = "57014"
INVALID_AUTHORIZATION = "28000"
INVALID_CATALOG = "3D000"
PROTOCOL_VIOLATION = "08P01"
INTERNAL_ERROR = "XX000"

_MARKER = "interline-sqlstate"
_MARKED = re.compile(rf"{_MARKER} (\w{{5}}) (.*)", re.DOTALL)


class SqlError(Exception):
    """An error as Redshift reports it to a client.

    Attributes:
        sqlstate: five characters.
        message: the primary message, without severity.
        detail, hint: further lines, or None.
    """

    def __init__(self, sqlstate: str, message: str, *, detail: str | None = None, hint: str | None = None):
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.detail = detail
        self.hint = hint


def unsupported(construct: str, hint: str | None = None) -> SqlError:
    """The error for what Redshift, or this local Redshift, does not do: 0A000 naming the construct."""
    return SqlError(FEATURE_NOT_SUPPORTED, f"{construct} is not supported", hint=hint)


def syntax_error(near: str) -> SqlError:
    """Redshift's answer to text that it cannot parse."""
    where = f'at or near "{near}"' if near else "at end of input"
    return SqlError(SYNTAX_ERROR, f"syntax error {where}")


def raising(sqlstate: str, message: str) -> str:
    """DuckDB SQL of a call that raises this error when a row reaches it."""
    text = f"{_MARKER} {sqlstate} {message}".replace("'", "''")
    return f"error('{text}')"


def raising_with(sqlstate: str, before: str, value_sql: str, after: str = "") -> str:
    """DuckDB SQL of a call that raises an error whose message holds the value of an expression."""
    head = f"{_MARKER} {sqlstate} {before}".replace("'", "''")
    tail = after.replace("'", "''")
    return f"error('{head}' || coalesce(CAST({value_sql} AS VARCHAR), 'NULL') || '{tail}')"


def from_duckdb(error: duckdb.Error) -> SqlError:
    """The Redshift error for what the engine underneath raised while it ran a translated statement."""
    text = str(error)
    marked = _MARKED.search(text)
    if marked:
        return SqlError(marked[1], marked[2].strip())
    text = re.sub(r"^\w[\w ]*Error: ", "", text.split("\n\nLINE", 1)[0]).strip()
    if isinstance(error, duckdb.InterruptException):
        return SqlError(QUERY_CANCELED, "Query (pid) cancelled on user's request")
    if isinstance(error, duckdb.TransactionException) or "conflict" in text.lower():
        return SqlError(
            SERIALIZATION_FAILURE,
            "could not complete because of conflict with concurrent transaction",
            detail=text,
        )
    if "Date out of range" in text or "Timestamp out of range" in text:
        return SqlError(DATETIME_OUT_OF_RANGE, "date/time field value out of range", detail=text)
    if isinstance(error, duckdb.ConversionException):
        return _conversion(text)
    if "More than one row returned by a subquery" in text:
        return SqlError("21000", "single-row subquery returns more than one row")
    if "Could not parse string" in text:
        value = re.search(r'string "([^"]*)"', text)
        return SqlError(INVALID_DATETIME, f'invalid value for the format: "{value[1] if value else text}"')
    if isinstance(error, duckdb.OutOfRangeException) or "out of range" in text.lower() or "Overflow" in text:
        return SqlError(NUMERIC_OUT_OF_RANGE, "Numeric data overflow", detail=text)
    if isinstance(error, duckdb.ConstraintException):
        column = re.search(r"NOT NULL constraint failed: (?:[\w\"]+\.)?\"?(\w+)", text)
        if column:
            return SqlError(
                NOT_NULL_VIOLATION, f"Cannot insert a NULL value into column {column[1].strip(chr(34))}"
            )
        return SqlError(INTERNAL_ERROR, text)
    if isinstance(error, duckdb.BinderException):
        if "GROUP BY" in text:
            name = re.search(r'column "?(\w+)"?', text)
            return SqlError(
                GROUPING_ERROR,
                f'column "{name[1] if name else "?"}" must appear in the GROUP BY clause or be used in an aggregate function',
            )
        if "aggregate" in text.lower() or "window" in text.lower():
            return SqlError(GROUPING_ERROR, text)
        return SqlError(INTERNAL_ERROR, text)
    if isinstance(error, duckdb.OutOfMemoryException):
        return SqlError("53200", "out of memory", detail=text)
    return SqlError(INTERNAL_ERROR, text)


def _conversion(text: str) -> SqlError:
    value = re.search(r"string '(.*)' to (\w+)", text, re.DOTALL)
    if value:
        target = {
            "INT16": "smallint",
            "INT32": "integer",
            "INT64": "bigint",
            "DOUBLE": "double precision",
            "FLOAT": "real",
            "BOOL": "boolean",
            "DECIMAL": "numeric",
        }.get(value[2], value[2].lower())
        return SqlError(INVALID_TEXT, f'invalid input syntax for {_family(target)} "{value[1]}"')
    field = re.search(r'(?:invalid|out of range)[^"]*"([^"]*)"', text)
    if "date" in text or "timestamp" in text.lower() or "time field" in text:
        shown = field[1] if field else text
        if "out of range" in text:
            return SqlError(DATETIME_OUT_OF_RANGE, f'date/time field value out of range: "{shown}"')
        return SqlError(INVALID_DATETIME, f'invalid input syntax for type timestamp: "{shown}"')
    if "out of range" in text or "Could not cast" in text:
        return SqlError(NUMERIC_OUT_OF_RANGE, "Value out of range", detail=text)
    return SqlError(INVALID_TEXT, text)


def _family(type_name: str) -> str:
    return "type numeric:" if type_name == "numeric" else f"{type_name}:"
