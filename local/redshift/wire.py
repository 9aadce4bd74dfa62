"""The wire server: one listener per cluster, PostgreSQL protocol 3.0 over TLS, one thread per connection.

Protocol facts: https://www.postgresql.org/docs/8.0/protocol.html and redshift_connector's reading of it. Every answer is
collected and sent at once, with TCP_NODELAY: with Nagle's algorithm each statement would wait for a delayed
acknowledgement.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.redshift import errors
from local.redshift.cluster import Address, Cluster
from local.redshift.dialect.reading import Statement, statements
from local.redshift.dialect.typed import Output
from local.redshift.encoding import encoder, parameter_type, read_parameter
from local.redshift.errors import SqlError
from local.redshift.logins import let_in
from local.redshift.session import Plan, Result, Session

_LOG = logging.getLogger(__name__)
_SSL_REQUEST, _GSS_REQUEST, _CANCEL_REQUEST, _VERSION_3 = 80877103, 80877104, 80877102, 196608
_MAXIMUM_MESSAGE = 512 * 1024 * 1024
_FLUSH_BYTES = 256 * 1024
_INTEGER = struct.Struct("!i")
_SHORT = struct.Struct("!h")
_NULL = _INTEGER.pack(-1)

_PARAMETERS = {
    "server_version": "8.0.2",
    "server_encoding": "UTF8",
    "client_encoding": "UTF8",
    "DateStyle": "ISO, MDY",
    "TimeZone": "UTC",
    "integer_datetimes": "on",
    "standard_conforming_strings": "on",
}


@dataclass
class _Prepared:
    """A statement of the extended protocol; ``plan`` is None for an empty one."""

    plan: Plan | None
    parameter_oids: tuple[int, ...]


@dataclass
class _Portal:
    prepared: _Prepared
    parameters: list[Any]
    formats: tuple[int, ...]
    result: Result | None = None
    rows: Iterator[tuple[Any, ...]] | None = None
    sent: int = 0


@dataclass
class _Messages:
    """Messages collected for one write."""

    parts: list[bytes] = field(default_factory=list)
    size: int = 0

    def add(self, kind: bytes, body: bytes = b"") -> None:
        self.parts.append(kind + _INTEGER.pack(len(body) + 4) + body)
        self.size += len(body) + 5

    def take(self) -> bytes:
        data = b"".join(self.parts)
        self.parts.clear()
        self.size = 0
        return data


def _text(value: str) -> bytes:
    return value.encode() + b"\x00"


class _Disconnected(Exception):
    """The client is gone."""


class _Connection:
    """The conversation with one client."""

    def __init__(self, server: Server, client: socket.socket):
        self._server = server
        self._socket = client
        self._input = client.makefile("rb")
        self._output = _Messages()
        self._session: Session | None = None
        self._prepared: dict[str, _Prepared] = {}
        self._portals: dict[str, _Portal] = {}

    # -- bytes ----------------------------------------------------------------------------------------------

    def _read(self, size: int) -> bytes:
        data = self._input.read(size)
        if data is None or len(data) < size:
            raise _Disconnected
        return data

    def _flush(self) -> None:
        if self._output.parts:
            self._socket.sendall(self._output.take())

    def _message(self) -> tuple[bytes, bytes]:
        kind = self._read(1)
        (length,) = _INTEGER.unpack(self._read(4))
        if not 4 <= length <= _MAXIMUM_MESSAGE:
            raise _Disconnected
        return kind, self._read(length - 4)

    # -- start-up -------------------------------------------------------------------------------------------

    def serve(self) -> None:
        """Talk until the client leaves."""
        try:
            options = self._start()
            if options is None or not self._authenticate(options):
                return
            self._ready()
            self._converse()
        except (_Disconnected, ConnectionError, ssl.SSLError, TimeoutError):
            _LOG.debug("client left")
        finally:
            if self._session is not None:
                self._session.close()
            # The socket itself: after TLS it is not the one that the server accepted.
            with contextlib.suppress(OSError):
                self._socket.close()

    def _start(self) -> dict[str, str] | None:
        while True:
            (length,) = _INTEGER.unpack(self._read(4))
            if not 8 <= length <= 10_000:
                raise _Disconnected
            body = self._read(length - 4)
            (code,) = _INTEGER.unpack(body[:4])
            if code == _SSL_REQUEST and self._server.tls is not None:
                self._socket.sendall(b"S")
                self._socket = self._server.tls.wrap_socket(self._socket, server_side=True)
                self._input = self._socket.makefile("rb")
            elif code in (_SSL_REQUEST, _GSS_REQUEST):
                self._socket.sendall(b"N")
            elif code == _CANCEL_REQUEST:
                self._cancel(*struct.unpack("!ii", body[4:12]))
                return None
            elif code == _VERSION_3:
                words = body[4:].rstrip(b"\x00").split(b"\x00")
                return {
                    key.decode(): value.decode(errors="replace")
                    for key, value in zip(words[::2], words[1::2], strict=False)
                }
            else:
                self._fatal(
                    SqlError(
                        errors.PROTOCOL_VIOLATION,
                        f"unsupported frontend protocol {code >> 16}.{code & 65535}",
                    )
                )
                return None

    def _cancel(self, pid: int, secret: int) -> None:
        session = self._server.cluster.find_session(pid)
        if session is not None and secret == self._server.secret_of(pid):
            session.cancel()

    def _authenticate(self, options: dict[str, str]) -> bool:
        user = options.get("user", "")
        self._output.add(b"R", _INTEGER.pack(3))
        self._flush()
        kind, body = self._message()
        if kind != b"p":
            raise _Disconnected
        password = body.rstrip(b"\x00").decode(errors="replace")
        try:
            self._session = let_in(
                self._server.cluster,
                user,
                password,
                options.get("database", ""),
                options.get("application_name", ""),
            )
        except SqlError as error:
            _LOG.info("%s: login of %s refused: %s", self._server.cluster.identifier, user, error.message)
            self._fatal(error)
            return False
        self._output.add(b"R", _INTEGER.pack(0))
        for name, value in _PARAMETERS.items():
            self._output.add(b"S", _text(name) + _text(value))
        self._output.add(
            b"K", struct.pack("!ii", self._session.pid, self._server.secret_of(self._session.pid))
        )
        return True

    # -- conversation ---------------------------------------------------------------------------------------

    @property
    def session(self) -> Session:
        assert self._session is not None  # noqa: S101  (only called once the client is let in)
        return self._session

    def _converse(self) -> None:
        handlers = {
            b"P": self._parse,
            b"B": self._bind,
            b"D": self._describe,
            b"E": self._execute,
            b"C": self._close,
        }
        skipping = False
        while True:
            kind, body = self._message()
            if kind == b"X":
                return
            if kind == b"S":
                skipping = False
                self._ready()
            elif kind == b"H":
                self._flush()
            elif kind == b"Q":
                self._guarded(self._query, body)
                self._ready()
            elif not skipping:
                handler = handlers.get(kind)
                if handler is None:
                    self._error(
                        SqlError(errors.PROTOCOL_VIOLATION, f"invalid frontend message type {kind!r}")
                    )
                    skipping = True
                else:
                    skipping = not self._guarded(handler, body)

    def _guarded(self, handler: Any, body: bytes) -> bool:
        """Run a handler; an error is answered, and False returned."""
        try:
            handler(body)
        except SqlError as error:
            self._error(error)
        except (ConnectionError, _Disconnected):
            raise
        except Exception as error:
            _LOG.exception("internal error")
            self.session.rollback()
            self._error(SqlError(errors.INTERNAL_ERROR, f"internal error of the local Redshift: {error!r}"))
        else:
            return True
        return False

    def _ready(self) -> None:
        for message in self.session.notices:
            self._output.add(b"N", _fields("NOTICE", SqlError("00000", message)))
        self.session.notices.clear()
        self._output.add(b"Z", self.session.state.encode())
        self._flush()

    def _error(self, error: SqlError) -> None:
        self._output.add(b"E", _fields("ERROR", error))

    def _fatal(self, error: SqlError) -> None:
        self._output.add(b"E", _fields("FATAL", error))
        self._flush()

    # -- simple protocol ------------------------------------------------------------------------------------

    def _query(self, body: bytes) -> None:
        found = statements(body.rstrip(b"\x00").decode())
        if not found:
            self._output.add(b"I")
        # A text of several statements is one transaction unless it says otherwise.
        implicit = (
            len(found) > 1
            and self.session.state == "I"
            and not any(
                each.verb in ("BEGIN", "START", "COMMIT", "ROLLBACK", "END", "ABORT") for each in found
            )
        )
        if implicit:
            self.session.begin()
        try:
            for statement in found:
                plan = self.session.prepare(statement)
                result = self.session.run(plan)
                if result.columns is not None:
                    self._row_description(result.columns, ())
                    self._rows(result.columns, (), iter(result.rows))
                self._output.add(b"C", _text(result.tag))
            if implicit:
                self.session.commit()
        except BaseException:
            if implicit:
                self.session.rollback()
            raise

    # -- extended protocol ----------------------------------------------------------------------------------

    def _parse(self, body: bytes) -> None:
        name, text, rest = body.split(b"\x00", 2)
        (count,) = _SHORT.unpack(rest[:2])
        oids = struct.unpack(f"!{count}i", rest[2 : 2 + 4 * count])
        found = statements(text.decode())
        if len(found) > 1:
            raise SqlError(errors.SYNTAX_ERROR, "cannot insert multiple commands into a prepared statement")
        plan = self._plan(found[0], oids) if found else None
        self._prepared[name.decode()] = _Prepared(plan, oids)
        self._output.add(b"1")

    def _plan(self, statement: Statement, oids: Sequence[int]) -> Plan:
        return self.session.prepare(statement, [parameter_type(oid) for oid in oids])

    def _bind(self, body: bytes) -> None:
        portal, name, rest = body.split(b"\x00", 2)
        prepared = self._find_prepared(name.decode())
        position = 0

        def shorts() -> tuple[int, ...]:
            nonlocal position
            (count,) = _SHORT.unpack_from(rest, position)
            values = struct.unpack_from(f"!{count}h", rest, position + 2)
            position += 2 + 2 * count
            return values

        parameter_formats = shorts()
        (count,) = _SHORT.unpack_from(rest, position)
        position += 2
        values: list[Any] = []
        for index in range(count):
            (size,) = _INTEGER.unpack_from(rest, position)
            position += 4
            if size < 0:
                values.append(None)
                continue
            oid = prepared.parameter_oids[index] if index < len(prepared.parameter_oids) else 0
            values.append(
                read_parameter(rest[position : position + size], oid, _format(parameter_formats, index))
            )
            position += size
        self._portals[portal.decode()] = _Portal(prepared, values, shorts())
        self._output.add(b"2")

    def _describe(self, body: bytes) -> None:
        kind, name = body[:1], body[1:].rstrip(b"\x00").decode()
        formats: tuple[int, ...] = ()
        if kind == b"S":
            prepared = self._find_prepared(name)
            oids = prepared.parameter_oids
            self._output.add(b"t", struct.pack(f"!h{len(oids)}i", len(oids), *oids))
        else:
            portal = self._find_portal(name)
            prepared, formats = portal.prepared, portal.formats
        columns = prepared.plan.columns if prepared.plan is not None else None
        if columns is None:
            self._output.add(b"n")
        else:
            self._row_description(columns, formats)

    def _execute(self, body: bytes) -> None:
        name, rest = body.split(b"\x00", 1)
        portal = self._find_portal(name.decode())
        (limit,) = _INTEGER.unpack(rest[:4])
        plan = portal.prepared.plan
        if plan is None:
            self._output.add(b"I")
            return
        if portal.result is None:
            portal.result = self.session.run(plan, portal.parameters)
            portal.rows = iter(portal.result.rows)
        result = portal.result
        if plan.columns is not None and result.columns is not None and portal.rows is not None:
            sent = self._rows(result.columns, portal.formats, portal.rows, limit)
            portal.sent += sent
            if limit and sent == limit and portal.sent < len(result.rows):
                self._output.add(b"s")
                return
        self._output.add(b"C", _text(result.tag))

    def _close(self, body: bytes) -> None:
        name = body[1:].rstrip(b"\x00").decode()
        if body[:1] == b"S":
            self._prepared.pop(name, None)
        else:
            self._portals.pop(name, None)
        self._output.add(b"3")

    def _find_prepared(self, name: str) -> _Prepared:
        found = self._prepared.get(name)
        if found is None:
            raise SqlError("26000", f'prepared statement "{name}" does not exist')
        return found

    def _find_portal(self, name: str) -> _Portal:
        found = self._portals.get(name)
        if found is None:
            raise SqlError("34000", f'portal "{name}" does not exist')
        return found

    # -- results --------------------------------------------------------------------------------------------

    def _row_description(self, columns: Sequence[Output], formats: Sequence[int]) -> None:
        parts = [_SHORT.pack(len(columns))]
        for index, column in enumerate(columns):
            parts.append(_text(column.name))
            parts.append(
                struct.pack(
                    "!ihihih", 0, 0, column.type.oid, -1, column.type.modifier, _format(formats, index)
                )
            )
        self._output.add(b"T", b"".join(parts))

    def _rows(
        self,
        columns: Sequence[Output],
        formats: Sequence[int],
        rows: Iterator[tuple[Any, ...]],
        limit: int = 0,
    ) -> int:
        encoders = [encoder(column.type, _format(formats, index)) for index, column in enumerate(columns)]
        head = _SHORT.pack(len(columns))
        pack = _INTEGER.pack
        sent = 0
        for row in rows:
            parts = [head]
            for encode, value in zip(encoders, row, strict=True):
                if value is None:
                    parts.append(_NULL)
                else:
                    data = encode(value)
                    parts.append(pack(len(data)))
                    parts.append(data)
            self._output.add(b"D", b"".join(parts))
            sent += 1
            if self._output.size > _FLUSH_BYTES:
                self._flush()
            if sent == limit:
                break
        return sent


def _format(formats: Sequence[int], index: int) -> int:
    if not formats:
        return 0
    return formats[0] if len(formats) == 1 else formats[index]


def _fields(severity: str, error: SqlError) -> bytes:
    parts = [
        ("S", severity),
        ("C", error.sqlstate),
        ("M", error.message),
        ("D", error.detail),
        ("H", error.hint),
    ]
    return b"".join(key.encode() + _text(value) for key, value in parts if value) + b"\x00"


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _Connection(self.server, self.request).serve()  # type: ignore[arg-type]


class Server(socketserver.ThreadingTCPServer):
    """A cluster's listener on loopback.

    Args:
        tls: None to answer clients that ask for TLS with "no".
        port: 0 for any free one.
    """

    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, cluster: Cluster, tls: ssl.SSLContext | None, port: int = 0):
        super().__init__(("127.0.0.1", port), _Handler)
        self.cluster = cluster
        self.tls = tls
        self._secrets: dict[int, int] = {}
        cluster.address = Address("localhost", self.server_address[1])
        self._thread = threading.Thread(
            target=self.serve_forever, name=f"redshift-{cluster.identifier}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Close the listener and the sessions."""
        self.shutdown()
        self.server_close()
        self.cluster.close()

    def secret_of(self, pid: int) -> int:
        """The key that a cancel request for the process must show."""
        import secrets

        return self._secrets.setdefault(pid, secrets.randbits(31))

    def handle_error(self, request: Any, client_address: Any) -> None:
        _LOG.exception("connection from %s failed", client_address)
