"""The beginning of a connection: TLS, cancel requests, the start-up message, the password ("Start-up")."""

from __future__ import annotations

import ssl
import struct
from dataclasses import dataclass

from local.engines.redshift.errors import PROTOCOL_VIOLATION, SqlError, unsupported
from local.engines.redshift.protocol import messages
from local.engines.redshift.protocol.messages import Fields
from local.engines.redshift.protocol.stream import Disconnected, Stream

_SSL_REQUEST, _GSS_REQUEST, _CANCEL_REQUEST = 80877103, 80877104, 80877102
_PROTOCOL_3_0 = 3 << 16
_LONGEST_STARTUP = 10_000
_ENCODINGS = ("utf8", "utf-8", "unicode", "'utf-8'", "'utf8'")


@dataclass(frozen=True)
class CancelRequest:
    """A client asks, on a connection of its own, that what another one runs be stopped."""

    pid: int
    secret: int


@dataclass(frozen=True)
class Opening:
    """What a client says first: who it is, and which database it wants."""

    user: str
    database: str
    application: str


def read_opening(stream: Stream, tls: ssl.SSLContext | None) -> Opening | CancelRequest:
    """Negotiate encryption and read what the client wants.

    Args:
        tls: None to answer clients that ask for TLS with "no".

    Raises:
        SqlError: 08P01, 0A000 or 22023 for openings that Redshift refuses.
        Disconnected: when the client is gone, or never spoke this protocol.
    """
    while True:
        (length,) = struct.unpack("!i", stream.read(4))
        if not 8 <= length <= _LONGEST_STARTUP:
            raise Disconnected(f"a start-up message of {length} bytes")
        fields = Fields(stream.read(length - 4))
        code = fields.int32()
        if code == _SSL_REQUEST and tls is not None and not stream.encrypted:
            stream.write(b"S")
            stream.flush()
            stream.encrypt(tls)
        elif code in (_SSL_REQUEST, _GSS_REQUEST):
            stream.write(b"N")
            stream.flush()
        elif code == _CANCEL_REQUEST:
            return CancelRequest(fields.int32(), fields.uint32())
        elif code == _PROTOCOL_3_0:
            return _opening(fields)
        else:
            raise SqlError(
                PROTOCOL_VIOLATION,
                f"unsupported frontend protocol {code >> 16}.{code & 0xFFFF}: server supports 3.0 to 3.0",
            )


def _opening(fields: Fields) -> Opening:
    options: dict[str, str] = {}
    while name := fields.text():
        options[name] = fields.text()
    user = options.get("user", "")
    if not user:
        raise SqlError("28000", "no Redshift user name specified in startup packet")
    encoding = options.get("client_encoding", "UTF8").strip().lower()
    if encoding not in _ENCODINGS:
        raise SqlError(
            "22023", f'invalid value for parameter "client_encoding": "{encoding}"; the server speaks UTF8'
        )
    if options.get("replication", "false") not in ("false", "off", "0", "no"):
        raise unsupported("replication")
    return Opening(user, options.get("database") or user, options.get("application_name", ""))


def read_password(stream: Stream) -> str:
    """Ask for the password and read it.

    Redshift asks for a digest; here it comes as it is, over TLS or loopback, and only digests of it are kept.

    Raises:
        SqlError: 08P01 for any other message.
        Disconnected: when the client is gone.
    """
    stream.write(messages.authentication(messages.CLEARTEXT_PASSWORD))
    stream.flush()
    kind, body = stream.read_message()
    if kind != b"p":
        raise SqlError(PROTOCOL_VIOLATION, f"expected password response, got message type {kind!r}")
    return Fields(body).text()
