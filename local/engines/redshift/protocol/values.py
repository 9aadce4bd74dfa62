"""Values on the wire, in text and in binary format.

Binary formats are those of PostgreSQL's send and receive functions with 64-bit integer timestamps.
"""

from __future__ import annotations

import datetime
import json
import struct
from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from local.engines.redshift import types
from local.engines.redshift.errors import (
    INVALID_TEXT,
    PROTOCOL_VIOLATION,
    UNDEFINED_OBJECT,
    SqlError,
    unsupported,
)
from local.engines.redshift.types import Type

TEXT_FORMAT, BINARY_FORMAT = 0, 1

# A numeric parameter carries no scale; it is computed with as many digits after the point.
PARAMETER_SCALE = 10

_EPOCH = datetime.datetime(2000, 1, 1)  # noqa: DTZ001  (timestamps without time zone count from here)
_EPOCH_DATE = datetime.date(2000, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)
_DAY_MICROSECONDS = 86_400_000_000
_EXACT = Context(prec=76)

Encoder = Callable[[Any], bytes]
Decoder = Callable[[bytes], Any]


def encoder(kind: Type, format_code: int) -> Encoder:
    """The function that writes values of a type.

    Raises:
        SqlError: 0A000 when the type has no binary form here.
    """
    if format_code == TEXT_FORMAT:
        return (
            _numeric_text(kind.scale or 0) if kind.name == "numeric" else _TEXT.get(kind.name, _general_text)
        )
    if kind.name in _BINARY:
        return _BINARY[kind.name]
    if kind.is_text or kind.name in ("name", "super", "struct", "array", "smallints", "names"):
        return _TEXT.get(kind.name, _general_text)
    raise unsupported(f"binary output of type {kind.family}")


def parameter_type(oid: int) -> Type:
    """The type that a client declares for a parameter; 0 and 705 leave it open.

    Raises:
        SqlError: 42704 for an object identifier that is no type of a parameter.
    """
    found = _PARAMETER_TYPES.get(oid)
    if found is None:
        raise SqlError(UNDEFINED_OBJECT, f"type with OID {oid} does not exist")
    return found


def decode(kind: Type, format_code: int, data: bytes | None) -> Any:
    """The value of a parameter; None for null.

    Raises:
        SqlError: 22P02 for text that is no value of the type, 08P01 for binary data of a wrong length.
    """
    if data is None:
        return None
    if format_code == BINARY_FORMAT and kind.name in _FROM_BINARY:
        try:
            return _FROM_BINARY[kind.name](data)
        except (struct.error, OverflowError) as error:
            raise SqlError(PROTOCOL_VIOLATION, f"incorrect binary data for type {kind.family}") from error
    if format_code == BINARY_FORMAT and not kind.is_text:
        raise unsupported(f"binary input of type {kind.family}")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise SqlError("22021", "invalid byte sequence for encoding UTF8") from error
    read = _FROM_TEXT.get(kind.name)
    if read is None:
        return text
    try:
        return read(text)
    except (ValueError, InvalidOperation) as error:
        raise SqlError(INVALID_TEXT, f'invalid input syntax for type {kind.family}: "{text}"') from error


def text_of(kind: Type, value: Any) -> str:
    """A value as text, as the wire and the Data API show it."""
    return encoder(kind, TEXT_FORMAT)(value).decode()


def _general_text(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str).encode()
    return str(value).encode()


def _numeric_text(scale: int) -> Encoder:
    """Numbers with exactly so many digits after the point; the engine gives whole ones as integers now and then."""
    quantum = Decimal(1).scaleb(-scale)

    def encode(value: Decimal | int) -> bytes:
        text = f"{value:d}" if isinstance(value, int) else f"{value:f}"
        if (len(text) - text.find(".") - 1 if "." in text else 0) == scale:
            return text.encode()
        return f"{Decimal(value).quantize(quantum, context=_EXACT):f}".encode()

    return encode


def _float(digits: int) -> Encoder:
    def encode(value: float) -> bytes:
        if value != value:
            return b"NaN"
        if value in (float("inf"), float("-inf")):
            return b"Infinity" if value > 0 else b"-Infinity"
        return f"{value:.{digits}g}".encode()

    return encode


def _clock(value: datetime.time | datetime.datetime) -> str:
    shown = f"{value.hour:02}:{value.minute:02}:{value.second:02}"
    return _short(f"{shown}.{value.microsecond:06}") if value.microsecond else shown


def _short(text: str) -> str:
    """A text that ends in a fraction of six digits without the zeros at its end, but with two digits at least."""
    return text[:-4] + text[-4:].rstrip("0")


def _utc(value: datetime.datetime) -> datetime.datetime:
    return value.astimezone(datetime.UTC).replace(tzinfo=None) if value.tzinfo is not None else value


def _offset(value: datetime.time) -> str:
    minutes = int((value.utcoffset() or datetime.timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}" + (f":{rest:02}" if rest else "")


def _date(value: datetime.date | str) -> str:
    """A date; one before the year 1 arrives as DuckDB's text."""
    return value.replace("(BC)", "BC") if isinstance(value, str) else value.isoformat()[:10]


def _timestamp(value: datetime.datetime | datetime.date | str) -> str:
    if isinstance(value, str):
        return value.replace("(BC)", "BC")
    if not isinstance(value, datetime.datetime):
        return f"{value.isoformat()} 00:00:00"
    text = value.replace(tzinfo=None).isoformat(" ") if value.tzinfo else value.isoformat(" ")
    return _short(text) if value.microsecond else text


def _interval(value: datetime.timedelta) -> bytes:
    seconds, microseconds = divmod(abs(value) // _MICROSECOND, 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    sign = "-" if value < datetime.timedelta() else ""
    parts = [f"{sign}{days} day{'' if days == 1 else 's'}"] if days else []
    if seconds or microseconds or not days:
        fraction = f".{microseconds:06}".rstrip("0") if microseconds else ""
        parts.append(f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}")
    return " ".join(parts).encode()


_TEXT: dict[str, Encoder] = {
    "bool": lambda value: b"t" if value else b"f",
    "int2": lambda value: b"%d" % value,
    "int4": lambda value: b"%d" % value,
    "int8": lambda value: b"%d" % value,
    "oid": lambda value: b"%d" % value,
    "float4": _float(6),
    "float8": _float(15),
    "date": lambda value: _date(value).encode(),
    "time": lambda value: _clock(value).encode(),
    "timetz": lambda value: (_clock(value) + _offset(value)).encode(),
    "timestamp": lambda value: _timestamp(value).encode(),
    "timestamptz": lambda value: (_timestamp(_utc(value)) + "+00").encode(),
    "names": lambda value: b"{%s}" % ",".join(value).encode(),
    "smallints": lambda value: b"{%s}" % ",".join(map(str, value)).encode(),
    "varbyte": lambda value: bytes(value).hex().encode(),
    "interval": lambda value: (
        _interval(value) if isinstance(value, datetime.timedelta) else str(value).encode()
    ),
}


def _microseconds(value: datetime.datetime | datetime.date) -> int:
    if not isinstance(value, datetime.datetime):
        value = datetime.datetime.combine(value, datetime.time())
    return (_utc(value) - _EPOCH) // _MICROSECOND


def _time_microseconds(value: datetime.time) -> int:
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond


def _interval_binary(value: datetime.timedelta) -> bytes:
    days, rest = divmod(value // _MICROSECOND, _DAY_MICROSECONDS)
    return struct.pack("!qii", rest, days, 0)


_BINARY: dict[str, Encoder] = {
    "bool": lambda value: b"\x01" if value else b"\x00",
    "int2": struct.Struct("!h").pack,
    "int4": struct.Struct("!i").pack,
    "int8": struct.Struct("!q").pack,
    "oid": struct.Struct("!I").pack,
    "float4": struct.Struct("!f").pack,
    "float8": struct.Struct("!d").pack,
    "date": lambda value: struct.pack("!i", (value - _EPOCH_DATE).days),
    "time": lambda value: struct.pack("!q", _time_microseconds(value)),
    "timetz": lambda value: struct.pack(
        "!qi",
        _time_microseconds(value),
        -int((value.utcoffset() or datetime.timedelta()).total_seconds()),
    ),
    "timestamp": lambda value: struct.pack("!q", _microseconds(value)),
    "timestamptz": lambda value: struct.pack("!q", _microseconds(value)),
    "varbyte": bytes,
    "interval": _interval_binary,
}


def _unpack(layout: str) -> Decoder:
    unpack = struct.Struct(layout).unpack
    return lambda data: unpack(data)[0]


def _moment(data: bytes) -> datetime.datetime:
    return _EPOCH + datetime.timedelta(microseconds=struct.unpack("!q", data)[0])


_FROM_BINARY: dict[str, Decoder] = {
    "bool": lambda data: struct.unpack("!?", data)[0],
    "int2": _unpack("!h"),
    "int4": _unpack("!i"),
    "int8": _unpack("!q"),
    "oid": _unpack("!I"),
    "float4": _unpack("!f"),
    "float8": _unpack("!d"),
    "date": lambda data: _EPOCH_DATE + datetime.timedelta(days=struct.unpack("!i", data)[0]),
    "timestamp": _moment,
    "timestamptz": lambda data: _moment(data).replace(tzinfo=datetime.UTC),
    "interval": lambda data: datetime.timedelta(
        days=struct.unpack("!qii", data)[1], microseconds=struct.unpack("!qii", data)[0]
    ),
}


def _boolean(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered in ("t", "true", "y", "yes", "1", "on"):
        return True
    if lowered in ("f", "false", "n", "no", "0", "off"):
        return False
    raise ValueError(text)


def _numeric(text: str) -> Decimal:
    value = Decimal(text)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -PARAMETER_SCALE:
        raise unsupported(f"a numeric parameter with more than {PARAMETER_SCALE} digits after the point")
    return value


_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "bool": _boolean,
    "int2": int,
    "int4": int,
    "int8": int,
    "oid": int,
    "float4": float,
    "float8": float,
    "numeric": _numeric,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "timestamp": datetime.datetime.fromisoformat,
    "timestamptz": datetime.datetime.fromisoformat,
}

_PARAMETER_TYPES = {
    0: types.UNKNOWN,
    705: types.UNKNOWN,
    16: types.BOOL,
    18: types.TEXT,
    19: types.NAME,
    20: types.BIGINT,
    21: types.SMALLINT,
    23: types.INTEGER,
    25: types.TEXT,
    26: types.OID,
    700: types.REAL,
    701: types.DOUBLE,
    1042: types.TEXT,
    1043: types.TEXT,
    1082: types.DATE,
    1083: types.TIME,
    1114: types.TIMESTAMP,
    1184: types.TIMESTAMPTZ,
    1186: types.INTERVAL,
    1700: types.numeric(types.MAXIMUM_PRECISION, PARAMETER_SCALE),
}
