"""A cluster: one database, its users, its sessions, and the engine that holds its rows."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from local.engines.redshift.catalog import PUBLIC, CommittedCatalog, Grant, Schema, User
from local.engines.redshift.dialect.macros import MACROS
from local.engines.redshift.errors import INVALID_AUTHORIZATION, INVALID_CATALOG, SqlError
from local.engines.redshift.locks import Locks
from local.engines.redshift.passwords import Passwords
from local.engines.redshift.system_catalog.leader import Leader

if TYPE_CHECKING:
    from local.engines.redshift.session import Session

_SETTINGS = """
SET TimeZone = 'UTC';
SET preserve_insertion_order = false;
SET integer_division = false;
SET default_null_order = 'NULLS_LAST';
"""


_SERIALS = itertools.count(1)


@dataclass(frozen=True)
class Address:
    """Where a cluster listens."""

    host: str
    port: int


class Cluster:
    """One provisioned cluster with one database.

    Attributes:
        account: the AWS account it belongs to.
        identifier: cluster identifier.
        database: name of its database.
        roles: ARNs of the IAM roles associated with it, which its SQL may name.
        serial: a number that no other cluster of this process has or had.
        address: where its wire server listens, once it does.
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
        self.address: Address | None = None
        self.passwords = Passwords()
        self.locks = Locks()
        self.catalog = CommittedCatalog()
        self.leader = Leader()
        self.commit_lock = threading.Lock()
        self.queries = itertools.count(1000)
        self._oids = itertools.count(100_000)
        self._pids = itertools.count(1_073_741_824 // 1024)
        self._sessions: dict[int, Session] = {}
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

    def session(self, user: str, database: str | None = None, application: str = "") -> Session:
        """A session for a user who has already been let in.

        Raises:
            SqlError: 28000 for an unknown user, 3D000 for an unknown database.
        """
        from local.engines.redshift.session import Session

        if database is not None and database.lower() != self.database:
            raise SqlError(INVALID_CATALOG, f'database "{database}" does not exist')
        if self.catalog.snapshot.get(("user", user)) is None:
            raise SqlError(INVALID_AUTHORIZATION, f'user "{user}" does not exist')
        with self._sessions_lock:
            pid = next(self._pids)
            session = Session(self, user, pid, application)
            self._sessions[pid] = session
        return session

    def forget(self, session: Session) -> None:
        """Take a session that has ended off the list."""
        with self._sessions_lock:
            self._sessions.pop(session.pid, None)

    def find_session(self, pid: int) -> Session | None:
        """The session of a process id, or None."""
        with self._sessions_lock:
            return self._sessions.get(pid)

    def sessions(self) -> list[Session]:
        """The sessions that are open."""
        with self._sessions_lock:
            return list(self._sessions.values())

    def create_user(self, name: str, *, superuser: bool = False) -> User:
        """Make a user who is let in by IAM only, if there is none of the name."""
        with self.commit_lock:
            existing = self.catalog.snapshot.get(("user", name))
            if existing is not None:
                return existing
            user = User(name, self.next_oid(), superuser=superuser)
            self.catalog.commit({}, {("user", name): user})
            return user

    def close(self) -> None:
        """End every session and free the engines."""
        for session in self.sessions():
            session.close()
        self._engine.close()
        self.leader.close()


_CLUSTERS: dict[tuple[str, str], Cluster] = {}
_CLUSTERS_LOCK = threading.Lock()


def register(cluster: Cluster) -> None:
    """Make a cluster known to ``cluster_for``."""
    with _CLUSTERS_LOCK:
        _CLUSTERS[cluster.account, cluster.identifier] = cluster


def unregister(account: str, identifier: str) -> Cluster | None:
    """Forget a cluster; what it was, or None."""
    with _CLUSTERS_LOCK:
        return _CLUSTERS.pop((account, identifier), None)


def cluster_for(account: str, identifier: str) -> Cluster | None:
    """The cluster of an account, or None."""
    with _CLUSTERS_LOCK:
        return _CLUSTERS.get((account, identifier))


def all_clusters() -> list[Cluster]:
    """Every cluster of every account."""
    with _CLUSTERS_LOCK:
        return list(_CLUSTERS.values())
