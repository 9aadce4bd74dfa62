"""The Redshift API: clusters that are created listen, and temporary credentials open them.

moto keeps what describes a cluster; the cluster itself is `local.engines.redshift.cluster`. Operations that would only change
what is described are refused.
"""

from __future__ import annotations

import dataclasses
import datetime
import logging
import re
import ssl
import zlib
from pathlib import Path
from typing import Any

from moto.core.responses import ActionResult
from moto.redshift import models
from moto.redshift.responses import RedshiftResponse

from local.engines.redshift import cluster as clusters
from local.engines.redshift.cluster import Cluster
from local.engines.redshift.credentials import user_of_role
from local.engines.redshift.protocol.listener import HOST, Listener
from local.engines.redshift.tls import server_context
from local.gateway import identity, moto_operations
from local.gateway.errors import AwsError, NotServed
from local.gateway.iam import authorization

# Seconds ("GetClusterCredentials" in the Amazon Redshift API Reference).
SHORTEST_CREDENTIALS, LONGEST_CREDENTIALS = 900, 3600

_IDENTIFIER = re.compile(r"[a-z](?:-?[a-z0-9])*")
_DATABASE = re.compile(r"[a-z_][a-z0-9_$]{0,63}")
_MASTER_USER = re.compile(r"[a-z][a-z0-9_+.@-]{0,127}")
# What a real cluster would do with them is not done here.
_REFUSED_PARAMETERS = (
    "AdditionalInfo",
    "CatalogName",
    "ClusterParameterGroupName",
    "DefaultIamRoleArn",
    "ElasticIp",
    "HsmClientCertificateIdentifier",
    "HsmConfigurationIdentifier",
    "LoadSampleData",
    "MultiAZ",
    "RedshiftIdcApplicationArn",
    "SnapshotScheduleIdentifier",
)

# Below the ports that Linux gives to connections by itself, so that few others use them.
_FIRST_PORT, _PORTS = 20_000, 10_000

log = logging.getLogger(__name__)


class Listeners:
    """The wire servers of the clusters of this process, all with one TLS identity."""

    def __init__(self) -> None:
        self._tls: ssl.SSLContext | None = None
        self._home: Path | None = None
        self._listening: dict[tuple[str, str], Listener] = {}

    def prepare(self, home: Path) -> None:
        """Make the certificate authority and write it to ``home/ca.pem``."""
        self._tls = server_context(home)
        self._home = home / "redshift"

    def open(self, described: models.Cluster, account: str) -> None:
        """Create the cluster that moto describes and let it listen on a free port of loopback."""
        directory = self._home / account / described.cluster_identifier if self._home else None
        cluster = Cluster(
            account=account,
            identifier=described.cluster_identifier,
            database=described.db_name,
            master_user=described.master_username,
            roles=tuple(described.iam_roles_arn),
            directory=directory,
            region=described.region,
        )
        if described.master_user_password:
            key = ("user", cluster.master_user)
            master = cluster.catalog.snapshot[key]
            changed = dataclasses.replace(master, password=described.master_user_password)
            cluster.catalog.commit({key: master}, {key: changed})
        listener = self._listener(cluster)
        listener.start()
        described.port = listener.port
        clusters.register(cluster)
        self._listening[account, cluster.identifier] = listener
        log.info("cluster %s of %s listens on %s:%s", cluster.identifier, account, HOST, described.port)

    def _listener(self, cluster: Cluster) -> Listener:
        """Listen, if it is free, on the port that this cluster had the last time: dbt parses a project anew when its
        database is at another address."""
        name = f"{self._home}/{cluster.account}/{cluster.identifier}".encode()
        usual = _FIRST_PORT + zlib.crc32(name) % _PORTS
        try:
            return Listener(cluster, self._tls, usual)
        except OSError:
            return Listener(cluster, self._tls)

    def close(self, account: str, identifier: str) -> None:
        """End a cluster: its listener, its sessions, its data."""
        cluster = clusters.unregister(account, identifier)
        listener = self._listening.pop((account, identifier), None)
        if listener is not None:
            listener.close()
        if cluster is not None:
            cluster.close()

    def close_all(self) -> None:
        for account, identifier in list(self._listening):
            self.close(account, identifier)


_listeners = Listeners()


def require_cluster(account: str, identifier: str | None) -> Cluster:
    """The cluster of an account.

    Raises:
        AwsError: ClusterNotFound.
    """
    found = clusters.cluster_for(account, identifier or "")
    if found is None:
        raise AwsError("ClusterNotFound", f"Cluster {identifier} not found.", 404)
    return found


class ClusterOperations:
    """Operations on clusters, as methods of moto's RedshiftResponse."""

    def create_cluster(self: Any) -> ActionResult:
        """CreateCluster: the cluster listens when this answers."""
        _require_creatable(self.params)
        account = self.current_account
        if clusters.cluster_for(account, self._get_param("ClusterIdentifier")) is not None:
            raise AwsError("ClusterAlreadyExists", "Cluster already exists")
        for role in self._get_param("IamRoles", []):
            authorization.require_service_role(role, "redshift.amazonaws.com")
        answered = _moto_create_cluster(self)
        described = self.redshift_backend.clusters[self._get_param("ClusterIdentifier")]
        try:
            _listeners.open(described, account)
        except BaseException:
            del self.redshift_backend.clusters[described.cluster_identifier]
            raise
        return answered

    def delete_cluster(self: Any) -> ActionResult:
        """DeleteCluster, without a final snapshot: a snapshot would hold no data."""
        if not self._get_bool_param("SkipFinalClusterSnapshot", False):
            raise NotServed("redshift", "DeleteCluster", "a final snapshot would hold no data; skip it")
        answered = _moto_delete_cluster(self)
        _listeners.close(self.current_account, self._get_param("ClusterIdentifier"))
        return answered

    def modify_cluster_iam_roles(self: Any) -> ActionResult:
        """ModifyClusterIamRoles: which roles the cluster's SQL may name."""
        cluster = require_cluster(self.current_account, self._get_param("ClusterIdentifier"))
        if self._get_param("DefaultIamRoleArn"):
            raise NotServed("redshift", "ModifyClusterIamRoles", "a default role is not applied here")
        added = tuple(self._get_param("AddIamRoles", []))
        for role in added:
            authorization.require_service_role(role, "redshift.amazonaws.com")
        removed = set(self._get_param("RemoveIamRoles", []))
        remaining = tuple(role for role in cluster.roles if role not in removed and role not in added)
        cluster.roles = remaining + added
        described = self.redshift_backend.clusters[cluster.identifier]
        described.iam_roles_arn = list(cluster.roles)
        return ActionResult({"Cluster": described})


class CredentialOperations:
    """Temporary passwords, as methods of moto's RedshiftResponse."""

    def get_cluster_credentials(self: Any) -> ActionResult:
        """GetClusterCredentials: a random password for a database user, which the listener checks."""
        cluster = require_cluster(self.current_account, self._get_param("ClusterIdentifier"))
        if self._get_param("DbGroups"):
            raise NotServed("redshift", "GetClusterCredentials", "DbGroups are not joined here")
        name = self._get_param("DbUser")
        if not name:
            raise AwsError("MissingParameter", "The request must contain the parameter DbUser")
        create = bool(self._get_bool_param("AutoCreate", False))
        # The prefixes are part of the answer: "IAM:" and, with AutoCreate, "IAMA:".
        user = f"{'IAMA' if create else 'IAM'}:{str(name).lower()}"
        seconds = _duration(self._get_int_param("DurationSeconds", SHORTEST_CREDENTIALS))
        return ActionResult(_password(cluster, user, seconds, create_user=create))

    def get_cluster_credentials_with_iam(self: Any) -> ActionResult:
        """GetClusterCredentialsWithIAM: as the database user of the caller's role, who is created when let in."""
        cluster = require_cluster(self.current_account, self._get_param("ClusterIdentifier"))
        user = user_of_role(identity.current_caller())
        seconds = _duration(self._get_int_param("DurationSeconds", SHORTEST_CREDENTIALS))
        answer = _password(cluster, user, seconds, create_user=True)
        answer["NextRefreshTime"] = answer["Expiration"]
        return ActionResult(answer)


def _password(cluster: Cluster, user: str, seconds: int, *, create_user: bool) -> dict[str, Any]:
    password = cluster.passwords.issue(user, seconds, create_user=create_user)
    expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    return {"DbUser": user, "DbPassword": password, "Expiration": expires}


def _duration(seconds: int) -> int:
    if not SHORTEST_CREDENTIALS <= seconds <= LONGEST_CREDENTIALS:
        raise AwsError(
            "InvalidParameterValue",
            f"DurationSeconds must be between {SHORTEST_CREDENTIALS} and {LONGEST_CREDENTIALS}, not {seconds}",
        )
    return seconds


def _require_creatable(parameters: dict[str, Any]) -> None:
    """Raise AwsError for parameters that AWS refuses, NotServed for those that are not applied here."""
    for name in _REFUSED_PARAMETERS:
        if parameters.get(name):
            raise NotServed("redshift", "CreateCluster", f"{name} is not applied here")
    identifier = str(parameters.get("ClusterIdentifier") or "")
    if not _IDENTIFIER.fullmatch(identifier) or len(identifier) > 63:
        raise _invalid("ClusterIdentifier", identifier, "1-63 lower case letters, digits and single hyphens")
    database = str(parameters.get("DBName") or "dev")
    if not _DATABASE.fullmatch(database):
        raise _invalid("DBName", database, "1-64 lower case letters, digits and underscores")
    user = str(parameters.get("MasterUsername") or "")
    if not _MASTER_USER.fullmatch(user):
        raise _invalid("MasterUsername", user, "1-128 lower case letters, digits and _ + . @ -")
    managed = str(parameters.get("ManageMasterPassword")).lower() == "true"
    if managed == bool(parameters.get("MasterUserPassword")):
        raise AwsError(
            "InvalidParameterCombination", "Give either MasterUserPassword or ManageMasterPassword, not both"
        )


def _invalid(parameter: str, value: str, rule: str) -> AwsError:
    return AwsError("InvalidParameterValue", f"{parameter} {value!r} is not valid: {rule}")


def install(home: Path) -> None:
    """Put the operations in place of moto's; ``home/ca.pem`` is the authority of the clusters' certificates."""
    _listeners.prepare(home)
    for operations in (ClusterOperations, CredentialOperations):
        moto_operations.serve(RedshiftResponse, operations)
    setattr(models.Cluster, "address", property(lambda described: HOST))  # noqa: B010  (a property of moto's)


def close() -> None:
    """Close every cluster."""
    _listeners.close_all()


_moto_create_cluster = RedshiftResponse.create_cluster
_moto_delete_cluster = RedshiftResponse.delete_cluster
