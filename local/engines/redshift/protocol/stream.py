"""The byte stream of one client: messages in, messages out, with little buffering of what goes out."""

from __future__ import annotations

import socket
import ssl
import struct

from local.engines.redshift.errors import PROTOCOL_VIOLATION, SqlError

# Larger than any statement or parameter that Redshift takes (16 MB), small enough to refuse a stray client's bytes.
LARGEST_MESSAGE = 64 * 1024 * 1024
_RECEIVE = 256 * 1024
_SEND_AT = 64 * 1024


class Disconnected(Exception):
    """The client is gone."""


class Stream:
    """Reads from and writes to one client's socket. One thread uses it."""

    def __init__(self, connection: socket.socket) -> None:
        # Without this every exchange waits for the other side's delayed acknowledgement.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = connection
        self._incoming = bytearray()
        self._outgoing: list[bytes] = []
        self._outgoing_size = 0

    @property
    def encrypted(self) -> bool:
        return isinstance(self.socket, ssl.SSLSocket)

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Go on over TLS.

        Raises:
            Disconnected: also when the client sent something in clear behind its request for TLS, which an attacker
                in between could have slipped in.
        """
        if self._incoming:
            raise Disconnected("unencrypted data after a request for TLS")
        try:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        except OSError as error:
            raise Disconnected(f"TLS handshake failed: {error}") from error

    def read(self, count: int) -> bytes:
        """Exactly so many bytes.

        Raises:
            Disconnected: when they do not come.
        """
        self._fill(count)
        found = bytes(self._incoming[:count])
        del self._incoming[:count]
        return found

    def read_message(self) -> tuple[bytes, bytes]:
        """The next message: its type and body.

        Raises:
            SqlError: 08P01 for a length that no message has.
            Disconnected: when the client is gone.
        """
        kind, length = struct.unpack("!ci", self.read(5))
        if not 4 <= length <= LARGEST_MESSAGE:
            raise SqlError(PROTOCOL_VIOLATION, f"invalid message length {length}")
        return kind, self.read(length - 4)

    def next_kind(self) -> bytes:
        """The type of the message that comes next; waits for it. Flush is passed over when more has arrived already.

        Raises:
            Disconnected: when nothing comes.
        """
        self._fill(1)
        position = 0
        while self._incoming[position : position + 1] == b"H" and len(self._incoming) > position + 5:
            position += 5
        return bytes(self._incoming[position : position + 1])

    def _fill(self, count: int) -> None:
        while len(self._incoming) < count:
            try:
                received = self.socket.recv(_RECEIVE)
            except OSError as error:
                raise Disconnected(str(error)) from error
            if not received:
                raise Disconnected("the client closed the connection")
            self._incoming += received

    def write(self, data: bytes) -> None:
        """Send soon: at the next flush, or as soon as enough has gathered."""
        self._outgoing.append(data)
        self._outgoing_size += len(data)
        if self._outgoing_size >= _SEND_AT:
            self.flush()

    def flush(self) -> None:
        """Send now.

        Raises:
            Disconnected: when the client is gone.
        """
        if not self._outgoing:
            return
        data = b"".join(self._outgoing)
        self._outgoing.clear()
        self._outgoing_size = 0
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Disconnected(str(error)) from error

    def close(self) -> None:
        """End the connection; what the client sends from now on is not read."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            # The client was faster.
            return
        finally:
            self.socket.close()
