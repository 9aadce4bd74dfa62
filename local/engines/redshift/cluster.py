"""A cluster: its shared state, who may enter, and the sessions it opens."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from local.engines.redshift.cluster_state import ClusterState
from local.engines.redshift.errors import INVALID_AUTHORIZATION, INVALID_CATALOG, SqlError
from local.engines.redshift.passwords import Passwords
from local.engines.redshift.session import Session
from local.engines.redshift.statements.dispatcher import plan_statement
from local.engines.redshift.system_catalog import SYSTEM_TABLES
from local.engines.redshift.system_catalog.leader import Leader


@dataclass(frozen=True)
class Address:
    """Where a cluster listens."""

    host: str
    port: int


class Cluster(ClusterState):
    """One provisioned cluster with one database.

    Attributes:
        address: where its wire server listens, once it does.
        passwords: temporary ones, as GetClusterCredentials gives them.
        leader: the leader node, which answers for the system catalog.
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
        super().__init__(account, identifier, database, master_user, roles, directory, region)
        self.address: Address | None = None
        self.passwords = Passwords()
        self.leader = Leader(SYSTEM_TABLES)

    def session(self, user: str, database: str | None = None, application: str = "") -> Session:
        """A session for a user who has already been let in.

        Raises:
            SqlError: 28000 for an unknown user, 3D000 for an unknown database.
        """
        if database is not None and database.lower() != self.database:
            raise SqlError(INVALID_CATALOG, f'database "{database}" does not exist')
        if self.catalog.snapshot.get(("user", user)) is None:
            raise SqlError(INVALID_AUTHORIZATION, f'user "{user}" does not exist')
        session = Session(
            self,
            user,
            self.next_pid(),
            application,
            plan_statement=plan_statement,
            system_catalog=self.leader,
        )
        self.remember(session)
        return session

    def close(self) -> None:
        """End every session and free the engines."""
        super().close()
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
