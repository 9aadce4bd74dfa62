"""Names and values as they may stand in Redshift SQL.

Source: Amazon Redshift Database Developer Guide, "Names and identifiers" and "Literals"; a backslash in a Redshift
string literal escapes the next character ("POSIX operators": write two).
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,126}")


@lru_cache(maxsize=10_000)
def identifier(name: str) -> str:
    """Return a quoted identifier.

    Raises:
        ValueError: the name has anything but a-z, 0-9 and _, or more than 127 bytes.
    """
    if not _IDENTIFIER.fullmatch(name):
        raise ValueError(f"{name!r} cannot be a name in SQL")
    return f'"{name}"'


def relation(schema: str, table: str) -> str:
    """Return ``"schema"."table"``."""
    return f"{identifier(schema)}.{identifier(table)}"


def literal(value: str | int | float | bool) -> str:
    """Return a value as a literal.

    Raises:
        ValueError: a text with a NUL, or a number that is none.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError(f"{value!r} is no number that SQL can compare")
        return format(Decimal(repr(value)), "f")
    if "\0" in value:
        raise ValueError("a text with a NUL character cannot be a literal")
    doubled = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def day_literal(day: str) -> str:
    """Return a data day, ``YYYY-MM-DD``, as a date.

    Raises:
        ValueError: the text is no day.
    """
    if date.fromisoformat(day).isoformat() != day:
        raise ValueError(f"{day!r} is no data day, expected YYYY-MM-DD")
    return f"cast('{day}' as date)"


def column_list(names: tuple[str, ...], alias: str = "") -> str:
    """Return quoted column names, each after the alias if there is one."""
    prefix = f"{alias}." if alias else ""
    return ", ".join(prefix + identifier(name) for name in names)
