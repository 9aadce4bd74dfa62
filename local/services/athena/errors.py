"""How queries fail: Athena's codes and words."""

from __future__ import annotations

import re

import duckdb

from local.engines.errors import QueryError
from local.gateway.errors import AwsError

USER_ERROR, SYSTEM_ERROR = 2, 1


class InvalidRequest(AwsError):
    """The request is refused before a query exists."""

    def __init__(self, message: str, code: str = "INVALID_INPUT") -> None:
        super().__init__("InvalidRequestException", message)
        self.athena_error_code = code


class NotTrino(QueryError):
    """The statement uses what Athena's SQL does not have, or what the local Athena does not do."""

    def __init__(self, message: str) -> None:
        super().__init__("NOT_SUPPORTED", message)


class SyntaxProblem(QueryError):
    """The statement does not follow Athena's grammar."""

    def __init__(self, message: str) -> None:
        super().__init__("SYNTAX_ERROR", message)


class Cancelled(Exception):
    """StopQueryExecution was called."""


_OWN = re.compile(r"(?:Invalid Input Error: )?((?:[A-Z]+_)+[A-Z]+): (.*)", re.DOTALL)


def explain(error: duckdb.Error) -> QueryError:
    """A failure inside DuckDB in Athena's words; a code that a macro of ours raised stays what it is."""
    text = str(error)
    own = _OWN.match(text)
    if own:
        return QueryError(own[1], own[2].strip())
    missing = re.search(
        r'Referenced column "([^"]+)" (?:was )?not found|does not have a column named "([^"]+)"', text
    )
    if missing:
        name = missing[1] or missing[2]
        return QueryError(
            "COLUMN_NOT_FOUND",
            f"Column '{name}' cannot be resolved or requester is not authorized to access requested resources",
        )
    first = text.splitlines()[0]
    if isinstance(error, duckdb.ConversionException):
        return QueryError("INVALID_CAST_ARGUMENT", first.removeprefix("Conversion Error: "))
    if isinstance(error, duckdb.OutOfRangeException):
        return QueryError("NUMERIC_VALUE_OUT_OF_RANGE", first.removeprefix("Out of Range Error: "))
    if isinstance(error, duckdb.BinderException):
        if "must appear in the GROUP BY" in text:
            return QueryError("EXPRESSION_NOT_AGGREGATE", first.removeprefix("Binder Error: "))
        return QueryError("TYPE_MISMATCH", first.removeprefix("Binder Error: "))
    if isinstance(error, duckdb.ParserException):
        return SyntaxProblem(first.removeprefix("Parser Error: "))
    return QueryError("GENERIC_INTERNAL_ERROR", first)
