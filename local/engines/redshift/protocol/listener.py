"""A cluster's listener on loopback: accepts clients, lets them in, and notices when they are gone.

One thread for each client, and one for all clients that watches whether a client whose statement runs is still there.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import select
import socket
import ssl
import threading
from collections.abc import Iterator

from local.engines.redshift.cluster import Address, Cluster
from local.engines.redshift.credentials import authenticate
from local.engines.redshift.errors import SqlError
from local.engines.redshift.protocol import messages
from local.engines.redshift.protocol.conversation import Conversation
from local.engines.redshift.protocol.startup import CancelRequest, read_opening, read_password
from local.engines.redshift.protocol.stream import Disconnected, Stream
from local.engines.redshift.session import Session

HOST = "127.0.0.1"

# Connections to one cluster ("Quotas and limits in Amazon Redshift").
CONNECTION_LIMIT = 500
_STARTUP_SECONDS = 60
_BACKLOG = 128

log = logging.getLogger(__name__)


class Listener:
    """The wire server of one cluster.

    Args:
        tls: None to answer clients that ask for TLS with "no".
        port: 0 for any free one.
    """

    def __init__(self, cluster: Cluster, tls: ssl.SSLContext | None, port: int = 0) -> None:
        self._cluster = cluster
        self._tls = tls
        self._socket = socket.create_server((HOST, port), backlog=_BACKLOG)
        self.port: int = self._socket.getsockname()[1]
        cluster.address = Address(HOST, self.port)
        self._clients: dict[int, tuple[socket.socket, Session, int]] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._watch = Watch()

    def start(self) -> None:
        """Accept clients from now on."""
        name = f"redshift-{self._cluster.identifier}"
        threading.Thread(target=self._accept, name=name, daemon=True).start()
        self._watch.start(f"{name}-watch")

    def close(self) -> None:
        """Take no more clients, end the connections, and with them their sessions."""
        self._closed.set()
        with contextlib.suppress(OSError):
            # A thread that waits in accept() is woken by this only, not by closing the socket.
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._watch.close()
        with self._lock:
            clients = list(self._clients.values())
        for connection, session, _ in clients:
            session.cancel()
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                if not self._closed.is_set():
                    log.exception("%s: cannot accept a client", self._cluster.identifier)
                    self._closed.wait(0.1)
                continue
            threading.Thread(
                target=self._serve,
                args=(connection,),
                name=f"redshift-{self._cluster.identifier}-client",
                daemon=True,
            ).start()

    def _serve(self, connection: socket.socket) -> None:
        """Talk with one client until it leaves."""
        connection.settimeout(_STARTUP_SECONDS)
        stream = Stream(connection)
        try:
            opening = read_opening(stream, self._tls)
            if isinstance(opening, CancelRequest):
                self._cancel(opening)
                return
            session = authenticate(
                self._cluster, opening.user, read_password(stream), opening.database, opening.application
            )
            stream.socket.settimeout(None)
            with self._connected(stream, session) as secret:
                conversation = Conversation(stream, session)
                conversation.greet(secret)
                conversation.converse()
        except SqlError as error:
            log.info("%s: refused: %s", self._cluster.identifier, error.message)
            with contextlib.suppress(Disconnected):
                stream.write(messages.error_response(error, "FATAL"))
                stream.flush()
        except Disconnected as error:
            log.debug("%s: client left: %s", self._cluster.identifier, error)
        except Exception:
            log.exception("%s: a connection failed", self._cluster.identifier)
        finally:
            stream.close()

    @contextlib.contextmanager
    def _connected(self, stream: Stream, session: Session) -> Iterator[int]:
        """Count a client while it is connected; gives the secret of its cancel requests."""
        secret = secrets.randbits(32)
        try:
            with self._lock:
                if len(self._clients) >= CONNECTION_LIMIT:
                    raise SqlError(
                        "53300", f'connection limit "{CONNECTION_LIMIT}" exceeded for non-bootstrap users'
                    )
                self._clients[session.pid] = (stream.socket, session, secret)
            self._watch.add(stream.socket.fileno(), session)
            yield secret
        finally:
            self._watch.remove(stream.socket.fileno())
            with self._lock:
                self._clients.pop(session.pid, None)
            session.close()

    def _cancel(self, request: CancelRequest) -> None:
        """Stop what a process runs, if the secret is its own; a wrong one is not answered ("Cancelling Requests")."""
        with self._lock:
            found = self._clients.get(request.pid)
        if found is not None and secrets.compare_digest(str(found[2]), str(request.secret)):
            found[1].cancel()


class Watch:
    """Notices clients that close their connection while their statement runs, and cancels it.

    Where the system cannot tell (``poll`` without POLLRDHUP), a statement of a client that is gone runs to its end.
    """

    _EVERY_SECONDS = 0.5

    def __init__(self) -> None:
        self._sessions: dict[int, Session] = {}
        self._closed = threading.Event()
        self._hung_up = getattr(select, "POLLRDHUP", None)

    def start(self, name: str) -> None:
        if self._hung_up is not None:
            threading.Thread(target=self._run, name=name, daemon=True).start()

    def add(self, descriptor: int, session: Session) -> None:
        self._sessions[descriptor] = session

    def remove(self, descriptor: int) -> None:
        self._sessions.pop(descriptor, None)

    def close(self) -> None:
        self._closed.set()

    def _run(self) -> None:
        while not self._closed.wait(self._EVERY_SECONDS):
            watched = dict(self._sessions)
            poll = select.poll()
            for descriptor in watched:
                poll.register(descriptor, self._hung_up or 0)
            for descriptor, _ in poll.poll(0):
                session = watched[descriptor]
                if self._sessions.get(descriptor) is session:
                    session.cancel()
