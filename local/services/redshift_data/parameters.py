"""Named parameters of the Data API: ``:name`` in the SQL text, values as text."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

from sqlglot import TokenType

from local.engines.redshift.dialect.reading import tokenize
from local.engines.redshift.errors import SqlError
from local.gateway.errors import AwsError

_NAME = re.compile(r"[0-9a-zA-Z_]+")


def bind(sql: str, values: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text with numbered parameters, and their values in that order.

    A colon in a string, a comment or a cast (``::``) is none of a parameter.

    Raises:
        AwsError: ValidationException for a parameter that the text does not mention.
    """
    if not values:
        return sql, []
    try:
        tokens = tokenize(sql)
    except SqlError:
        # Text that is no SQL at all: Redshift says so when it runs.
        return sql, []
    order: dict[str, int] = {}
    parts, copied = [], 0
    for colon, name in itertools.pairwise(tokens):
        if colon.token_type != TokenType.COLON or name.start != colon.end + 1 or name.text not in values:
            continue
        number = order.setdefault(name.text, len(order) + 1)
        parts.append(f"{sql[copied : colon.start]}${number}")
        copied = name.end + 1
    unused = [name for name in values if name not in order]
    if unused:
        raise AwsError(
            "ValidationException",
            f"Parameters list contains unused parameters. Unused parameters: [{', '.join(unused)}]",
        )
    return "".join(parts) + sql[copied:], [values[name] for name in order]


def read(given: list[dict[str, str]] | None) -> dict[str, str]:
    """Name → value of a request's Parameters.

    Raises:
        AwsError: ValidationException for a bad name or one that is given twice.
    """
    values: dict[str, str] = {}
    for parameter in given or []:
        name = str(parameter.get("name", ""))
        if not _NAME.fullmatch(name):
            raise AwsError("ValidationException", f"Parameter name {name!r} does not match [0-9a-zA-Z_]+")
        if name in values:
            raise AwsError("ValidationException", f"Parameter {name} is given more than once")
        values[name] = str(parameter.get("value", ""))
    return values
