"""The messages that a server sends, and the reading of those that a client sends ("Message Formats")."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from local.engines.redshift.dialect.typed import Output
from local.engines.redshift.errors import PROTOCOL_VIOLATION, SqlError

AUTHENTICATION_OK, CLEARTEXT_PASSWORD = 0, 3

_NULL = struct.pack("!i", -1)
_TYPE_SIZES = {
    "bool": 1,
    "int2": 2,
    "int4": 4,
    "int8": 8,
    "oid": 4,
    "float4": 4,
    "float8": 8,
    "date": 4,
    "time": 8,
    "timetz": 12,
    "timestamp": 8,
    "timestamptz": 8,
    "interval": 16,
    "name": 64,
}


def message(kind: bytes, body: bytes = b"") -> bytes:
    """A message of one type: its byte, its length, its body."""
    return kind + struct.pack("!i", len(body) + 4) + body


def text(value: str) -> bytes:
    """A string that ends with a zero byte; zero bytes inside would end it early."""
    return value.replace("\x00", "").encode() + b"\x00"


def authentication(code: int) -> bytes:
    return message(b"R", struct.pack("!i", code))


def parameter_status(name: str, value: str) -> bytes:
    return message(b"S", text(name) + text(value))


def backend_key(pid: int, secret: int) -> bytes:
    return message(b"K", struct.pack("!iI", pid, secret))


def ready_for_query(state: str) -> bytes:
    return message(b"Z", state.encode())


def command_complete(tag: str) -> bytes:
    return message(b"C", text(tag))


def parameter_description(oids: Sequence[int]) -> bytes:
    return message(b"t", struct.pack(f"!h{len(oids)}I", len(oids), *oids))


def row_description(columns: Sequence[Output], formats: Sequence[int]) -> bytes:
    """RowDescription; columns are never told to belong to a table."""
    parts = [struct.pack("!h", len(columns))]
    for column, format_code in zip(columns, formats, strict=True):
        size = _TYPE_SIZES.get(column.type.name, -1)
        parts.append(text(column.name))
        parts.append(struct.pack("!IhIhih", 0, 0, column.type.oid, size, column.type.modifier, format_code))
    return message(b"T", b"".join(parts))


def error_response(error: SqlError, severity: str = "ERROR", position: int | None = None) -> bytes:
    """ErrorResponse with the fields of "Error and Notice Message Fields".

    Args:
        position: where in the client's text the error is, counted in characters from 1.
    """
    fields = [(b"S", severity), (b"C", error.sqlstate), (b"M", error.message)]
    if error.detail:
        fields.append((b"D", error.detail))
    if error.hint:
        fields.append((b"H", error.hint))
    if position is not None:
        fields.append((b"P", str(position)))
    return message(b"E", b"".join(code + text(value) for code, value in fields) + b"\x00")


def notice_response(notice: str, severity: str = "INFO") -> bytes:
    fields = ((b"S", severity), (b"C", "00000"), (b"M", notice))
    return message(b"N", b"".join(code + text(value) for code, value in fields) + b"\x00")


PARSE_COMPLETE = message(b"1")
BIND_COMPLETE = message(b"2")
CLOSE_COMPLETE = message(b"3")
NO_DATA = message(b"n")
EMPTY_QUERY = message(b"I")
PORTAL_SUSPENDED = message(b"s")


class Fields:
    """Takes the fields of a client's message one after the other.

    Every method raises SqlError 08P01 when the message is too short for what is asked of it.
    """

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def int16(self) -> int:
        return int(self._unpack("!h"))

    def uint16(self) -> int:
        return int(self._unpack("!H"))

    def int32(self) -> int:
        return int(self._unpack("!i"))

    def uint32(self) -> int:
        return int(self._unpack("!I"))

    def byte(self) -> bytes:
        return self.take(1)

    def take(self, count: int) -> bytes:
        """So many bytes."""
        end = self._at + count
        if count < 0 or end > len(self._body):
            raise _malformed()
        found = self._body[self._at : end]
        self._at = end
        return found

    def value(self) -> bytes | None:
        """A length and so many bytes; None for null, whose length is -1."""
        length = self.int32()
        return None if length == -1 else self.take(length)

    def text(self) -> str:
        """A string that ends with a zero byte."""
        end = self._body.find(b"\x00", self._at)
        if end < 0:
            raise _malformed()
        found = self._body[self._at : end]
        self._at = end + 1
        try:
            return found.decode()
        except UnicodeDecodeError as error:
            raise SqlError("22021", "invalid byte sequence for encoding UTF8") from error

    def _unpack(self, layout: str) -> int:
        size = struct.calcsize(layout)
        found: int = struct.unpack(layout, self.take(size))[0]
        return found


def _malformed() -> SqlError:
    return SqlError(PROTOCOL_VIOLATION, "invalid message format")


def data_rows(rows: Iterable[Sequence[Any]], encoders: Sequence[Callable[[Any], bytes]]) -> Iterator[bytes]:
    """DataRow of each row, its values written by the encoder of their column."""
    head, length = struct.pack("!h", len(encoders)), struct.Struct("!i").pack
    for row in rows:
        parts = [head]
        for encode, value in zip(encoders, row, strict=True):
            if value is None:
                parts.append(_NULL)
            else:
                data = encode(value)
                parts.append(length(len(data)))
                parts.append(data)
        body = b"".join(parts)
        yield b"D" + length(len(body) + 4) + body
