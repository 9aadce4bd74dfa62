"""Redshift column types that an Iceberg port can have, and the logical types that fit them.

Source: "Supported data types with Apache Iceberg tables", Amazon Redshift Database Developer Guide; SMALLINT,
CHAR and TIME have no Iceberg counterpart there, so a port cannot have them.
"""

from __future__ import annotations

import re

from interline.contracts.problems import did_you_mean

LONGEST_VARCHAR = 65_535
"""Bytes: Redshift counts the length of VARCHAR in bytes, not in characters."""
MOST_DIGITS = 38

_SYNONYMS = {
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float": "double precision",
    "float8": "double precision",
    "bool": "boolean",
    "numeric": "decimal",
    "character varying": "varchar",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
}
_LOGICAL_TYPES = {
    "varchar": ("string",),
    "integer": ("integer",),
    "bigint": ("integer",),
    "decimal": ("number", "integer"),
    "real": ("number",),
    "double precision": ("number",),
    "boolean": ("boolean",),
    "date": ("date",),
    "timestamp": ("timestamp",),
    "timestamptz": ("timestamp",),
}
KNOWN_TYPES = tuple(_LOGICAL_TYPES)
_SHAPE = re.compile(r"([a-z][a-z0-9 ]*?)\s*(?:\(\s*([0-9]+)\s*(?:,\s*([0-9]+)\s*)?\))?")


def redshift_type(text: str) -> str:
    """Return the one spelling Interline uses for a Redshift type, for example ``varchar(16)``.

    Raises:
        ValueError: no type, or none that an Iceberg port can have; the message says what to write.
    """
    match = _SHAPE.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is no Redshift type")
    base, first, second = match[1], match[2], match[3]
    base = _SYNONYMS.get(base, base)
    if base in ("smallint", "int2", "char", "character", "bpchar", "time", "timetz", "super"):
        instead = {"smallint": "integer", "int2": "integer"}.get(base, "varchar(n)")
        raise ValueError(f"an Iceberg port cannot have the type {text!r}; use {instead}")
    if base not in _LOGICAL_TYPES:
        hint = did_you_mean(base, (*_LOGICAL_TYPES, *_SYNONYMS)) or f"known are {', '.join(KNOWN_TYPES)}"
        raise ValueError(f"{text!r} is no Redshift type ({hint})")
    if base == "varchar":
        return _varchar(text, first, second)
    if base == "decimal":
        return _decimal(text, first, second)
    if first is not None:
        raise ValueError(f"{base} takes no length: {text!r}")
    return base


def _varchar(text: str, length: str | None, second: str | None) -> str:
    if length is None or second is not None:
        raise ValueError(f"{text!r} has no length: write varchar(n), n bytes")
    if not 1 <= int(length) <= LONGEST_VARCHAR:
        raise ValueError(f"{text!r}: a varchar has 1 to {LONGEST_VARCHAR} bytes")
    return f"varchar({int(length)})"


def _decimal(text: str, precision: str | None, scale: str | None) -> str:
    if precision is None:
        raise ValueError(f"{text!r} has no precision: write decimal(p, s)")
    digits, decimals = int(precision), int(scale or 0)
    if not 1 <= digits <= MOST_DIGITS or decimals > digits:
        raise ValueError(f"{text!r}: a decimal has 1 to {MOST_DIGITS} digits, the scale among them")
    return f"decimal({digits},{decimals})"


def base_type(physical_type: str) -> str:
    """Return ``varchar`` of ``varchar(16)``."""
    return physical_type.partition("(")[0]


def fits(logical_type: str, physical_type: str) -> bool:
    """Say whether values of the contract's logical type are what the Redshift type holds."""
    return logical_type in _LOGICAL_TYPES[base_type(physical_type)]


def logical_types_of(physical_type: str) -> tuple[str, ...]:
    """Return the logical types that fit a Redshift type."""
    return _LOGICAL_TYPES[base_type(physical_type)]


def largest_whole_number(physical_type: str) -> int:
    """Return the largest whole number that a Redshift type holds.

    Raises:
        ValueError: the type holds no whole numbers alone.
    """
    base = base_type(physical_type)
    if base in ("integer", "bigint"):
        return 2**31 - 1 if base == "integer" else 2**63 - 1
    if base == "decimal":
        digits, decimals = physical_type[len("decimal(") : -1].split(",")
        return int(10 ** (int(digits) - int(decimals))) - 1
    raise ValueError(f"{physical_type} holds more than whole numbers")
