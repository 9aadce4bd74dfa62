"""Values on the wire: PostgreSQL text and binary formats, as redshift_connector and psycopg read them.

Source: "Message Formats" and the type formats of the PostgreSQL frontend/backend protocol 3.0.
"""

from __future__ import annotations

import datetime
import decimal
import struct
from collections.abc import Callable
from typing import Any

from local.redshift.errors import PROTOCOL_VIOLATION, SqlError, unsupported
from local.redshift.types import (
    BIGINT,
    BOOL,
    DATE,
    DOUBLE,
    INTEGER,
    REAL,
    SMALLINT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    UNKNOWN,
    Type,
    numeric,
)

_EPOCH = datetime.datetime(2000, 1, 1)  # noqa: DTZ001  (timestamps without time zone)
_EPOCH_DATE = datetime.date(2000, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)
TEXT_FORMAT, BINARY_FORMAT = 0, 1


def as_text(value: Any, kind: Type) -> str:
    """A value in Redshift's text output format."""
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, float):
        return float_text(value, 6 if kind.name == "float4" else 15)
    if isinstance(value, datetime.datetime):
        return _timestamp_text(value, kind)
    if isinstance(value, datetime.time):
        text = value.isoformat()
        return text if value.microsecond == 0 or "." not in text else text.rstrip("0")
    if isinstance(value, datetime.timedelta):
        return _interval_text(value)
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, decimal.Decimal):
        if kind.name == "numeric":
            value = value.quantize(decimal.Decimal(1).scaleb(-(kind.scale or 0)))
        return f"{value:f}"
    if isinstance(value, int) and kind.name == "numeric" and kind.scale:
        return f"{decimal.Decimal(value).quantize(decimal.Decimal(1).scaleb(-kind.scale)):f}"
    return str(value)


def float_text(value: float, digits: int) -> str:
    """A double as %.15g, infinities and NaN by name."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return f"{value:.{digits}g}"


def _timestamp_text(value: datetime.datetime, kind: Type) -> str:
    zone = ""
    if kind.name == "timestamptz":
        if value.tzinfo is not None:
            value = value.astimezone(datetime.UTC)
        zone = "+00"
    text = value.replace(tzinfo=None).isoformat(sep=" ")
    return (text.rstrip("0") if "." in text else text) + zone


def _interval_text(value: datetime.timedelta) -> str:
    seconds = value.seconds
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if value.microseconds:
        clock += f".{value.microseconds:06d}".rstrip("0")
    if value.days and not seconds and not value.microseconds:
        return f"{value.days} day{'s' if abs(value.days) != 1 else ''}"
    return f"{value.days} day{'s' if abs(value.days) != 1 else ''} {clock}" if value.days else clock


def _microseconds(value: datetime.datetime) -> int:
    if value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return (value - _EPOCH) // _MICROSECOND


_BINARY: dict[str, Callable[[Any], bytes]] = {
    "bool": lambda value: b"\x01" if value else b"\x00",
    "int2": struct.Struct("!h").pack,
    "int4": struct.Struct("!i").pack,
    "oid": struct.Struct("!i").pack,
    "int8": struct.Struct("!q").pack,
    "float4": struct.Struct("!f").pack,
    "float8": struct.Struct("!d").pack,
    "timestamp": lambda value: struct.pack("!q", _microseconds(value)),
    "timestamptz": lambda value: struct.pack("!q", _microseconds(value)),
    "date": lambda value: struct.pack("!i", (value - _EPOCH_DATE).days),
    "time": lambda value: struct.pack(
        "!q", ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
    ),
}
_TEXTUAL = frozenset(("varchar", "char", "unknown", "name", "super"))


def encoder(kind: Type, wire_format: int) -> Callable[[Any], bytes]:
    """How values of a column are written.

    Raises:
        SqlError: 0A000 for a binary format that is not known.
    """
    if wire_format == TEXT_FORMAT or kind.name in _TEXTUAL:
        if kind.name in _TEXTUAL or kind.is_integer:
            return lambda value: str(value).encode()
        return lambda value: as_text(value, kind).encode()
    binary = _BINARY.get(kind.name)
    if binary is None:
        raise unsupported(f"binary format of type {kind.family}")
    return binary


# Types that clients name for parameters (pg_type.oid).
_PARAMETERS: dict[int, Type] = {
    16: BOOL, 20: BIGINT, 21: SMALLINT, 23: INTEGER, 700: REAL, 701: DOUBLE, 1082: DATE, 1083: TIME, 1114: TIMESTAMP,
    1184: TIMESTAMPTZ, 1700: numeric(38, 10),
}  # fmt: skip


def parameter_type(oid: int) -> Type:
    """The type of a parameter; text and unknown take theirs from where they stand."""
    return _PARAMETERS.get(oid, UNKNOWN)


_READERS: dict[int, Callable[[bytes], Any]] = {
    16: lambda data: data != b"\x00",
    20: lambda data: struct.unpack("!q", data)[0],
    21: lambda data: struct.unpack("!h", data)[0],
    23: lambda data: struct.unpack("!i", data)[0],
    700: lambda data: struct.unpack("!f", data)[0],
    701: lambda data: struct.unpack("!d", data)[0],
    1082: lambda data: _EPOCH_DATE + datetime.timedelta(days=struct.unpack("!i", data)[0]),
    1114: lambda data: _EPOCH + datetime.timedelta(microseconds=struct.unpack("!q", data)[0]),
    1184: lambda data: (_EPOCH + datetime.timedelta(microseconds=struct.unpack("!q", data)[0])).replace(
        tzinfo=datetime.UTC
    ),
}


def read_parameter(data: bytes, oid: int, wire_format: int) -> Any:
    """The value of a bound parameter; text stays text.

    Raises:
        SqlError: 08P01 for bytes that are not of the type.
    """
    try:
        if wire_format == TEXT_FORMAT:
            return data.decode()
        reader = _READERS.get(oid)
        return reader(data) if reader else data.decode()
    except (struct.error, UnicodeDecodeError) as error:
        raise SqlError(PROTOCOL_VIOLATION, f"invalid value for parameter of type {oid}") from error
