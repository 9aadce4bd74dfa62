"""What the sessions of a cluster share: its database's catalog, its locks, and the engine that holds its rows."""

from __future__ import annotations

import datetime
import itertools
import threading
from collections import Counter
from pathlib import Path
from typing import Protocol

import duckdb

from local.engines.redshift.catalog import PUBLIC, CommittedCatalog, Grant, Schema, User
from local.engines.redshift.dialect.macros import MACROS
from local.engines.redshift.locks import Locks
from local.engines.redshift.query_log import QueryLog

_SETTINGS = """
SET TimeZone = 'UTC';
SET preserve_insertion_order = false;
SET integer_division = false;
SET default_null_order = 'NULLS_LAST';
"""
_SERIALS = itertools.count(1)


class OpenSession(Protocol):
    """What other sessions may know of a session and do to it."""

    pid: int
    user: str
    statement_time: datetime.datetime

    def cancel(self) -> None:
        """Stop the statement that runs now; from another thread."""

    def close(self) -> None:
        """End the session."""


class ClusterState:
    """One provisioned cluster with one database, as its sessions see it.

    Attributes:
        account: the AWS account it belongs to.
        identifier: cluster identifier.
        database: name of its database.
        roles: ARNs of the IAM roles associated with it, which its SQL may name.
        row_changes: how many transactions changed rows of a table, by its object identifier.
        serial: a number that no other cluster of this process has or had.
    """

    def __init__(
        self,
        account: str,
        identifier: str,
        database: str,
        master_user: str,
        roles: tuple[str, ...] = (),
        directory: Path | None = None,
        region: str = "us-east-1",
    ):
        self.serial = next(_SERIALS)
        self.account = account
        self.identifier = identifier
        self.database = database
        self.master_user = master_user
        self.roles = roles
        self.region = region
        self.directory = directory
        self.locks = Locks()
        self.catalog = CommittedCatalog()
        self.commit_lock = threading.Lock()
        self.queries = itertools.count(1000)
        self.log = QueryLog()
        self.row_changes: Counter[int] = Counter()
        self._oids = itertools.count(100_000)
        self._pids = itertools.count(1_073_741_824 // 1024)
        self._sessions: dict[int, OpenSession] = {}
        self._sessions_lock = threading.Lock()
        self._engine = duckdb.connect(":memory:")
        self._engine.execute(_SETTINGS)
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
            self._engine.execute("SET temp_directory = ?", [str(directory)])
        self._engine.execute(MACROS)
        self._bootstrap()

    def _bootstrap(self) -> None:
        owner = self.master_user
        changes = {
            ("user", "rdsdb"): User("rdsdb", 1, superuser=True),
            ("user", owner): User(owner, 100, superuser=True, create_database=True),
            ("schema", "public"): Schema("public", 2200, owner),
            ("grants", "schema", "public"): frozenset(
                Grant(privilege, "public", PUBLIC, owner) for privilege in ("usage", "create")
            ),
            ("grants", "database", self.database): frozenset([Grant("temp", "public", PUBLIC, owner)]),
        }
        self.catalog.commit({}, changes)

    def next_oid(self) -> int:
        """A new object identifier."""
        return next(self._oids)

    def connection(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own for a session: temporary tables and the transaction belong to it."""
        connection = self._engine.cursor()
        connection.execute(_SETTINGS)
        return connection

    def next_pid(self) -> int:
        """A new process id."""
        return next(self._pids)

    def remember(self, session: OpenSession) -> None:
        """Put a session on the list of those that are open."""
        with self._sessions_lock:
            self._sessions[session.pid] = session

    def forget(self, session: OpenSession) -> None:
        """Take a session that has ended off the list."""
        with self._sessions_lock:
            self._sessions.pop(session.pid, None)

    def find_session(self, pid: int) -> OpenSession | None:
        """The session of a process id, or None."""
        with self._sessions_lock:
            return self._sessions.get(pid)

    def sessions(self) -> list[OpenSession]:
        """The sessions that are open."""
        with self._sessions_lock:
            return list(self._sessions.values())

    def create_user(self, name: str, *, superuser: bool = False) -> User:
        """Make a user who is let in by IAM only, if there is none of the name."""
        with self.commit_lock:
            existing: User | None = self.catalog.snapshot.get(("user", name))
            if existing is not None:
                return existing
            user = User(name, self.next_oid(), superuser=superuser)
            self.catalog.commit({}, {("user", name): user})
            return user

    def close(self) -> None:
        """End every session and free the engine."""
        for session in self.sessions():
            session.close()
        self._engine.close()
