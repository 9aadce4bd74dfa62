"""The accounts of the mesh and what stands in each: what a platform team would have made with infrastructure code.

Everything follows from `domains/*/domain.yaml`, so a new domain needs no code. Roles, users, data lake settings and the
cluster are made through the AWS API, as the root of each account; buckets, databases and permissions as the DAG
`platform.onboard` makes them. All can be repeated: what exists is left as it is.
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from interline.access import DesiredState
from interline.access.desired_state import load_desired_state
from interline.access.reconcile import reconcile
from interline.access.targets import AccountTarget
from interline.accounts import prepare
from interline.aws.retry import Clients, RetryingSession
from interline.contracts import PLATFORM, Domain, MeshError, load_domain
from interline.contracts.model.domain import ADMINISTRATOR
from local.aws_accounts import roles
from local.gateway import identity

AIRFLOW = "interline-airflow"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RedshiftAddress:
    """Where a domain's Redshift cluster listens."""

    host: str
    port: int


class Account:
    """One domain's account, seen by its root: creates what the domain needs to work."""

    def __init__(
        self, domain: Domain, platform_account: str, endpoint: str, session: boto3.session.Session
    ) -> None:
        self.domain = domain
        self.platform_account = platform_account
        self._endpoint = endpoint
        self._session = session
        self._root = identity.issue(identity.root_caller(domain.account), lifetime=None)

    def client(self, service: str, credential: identity.Credential | None = None) -> Any:
        """A client that acts as the account's root, or with another credential of the account."""
        return self._session.client(
            service,
            region_name=self.domain.region,
            endpoint_url=self._endpoint,
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=2),
            **(credential or self._root).client_arguments(),
        )

    @cached_property
    def _iam(self) -> Any:
        return self.client("iam")

    def create(self) -> None:
        """Make what a landing zone makes: roles, users, data lake settings and cluster."""
        is_platform = self.domain.is_platform
        if is_platform:
            self._role(AIRFLOW, roles.airflow_trust(), roles.airflow_policy())
        self._role(
            ADMINISTRATOR,
            roles.administrator_trust(self.platform_account),
            roles.administrator_policy(self.domain),
        )
        self._role(
            _role_name(self.domain.role_arn),
            roles.domain_trust(self.platform_account, AIRFLOW),
            roles.platform_policy() if is_platform else roles.domain_policy(self.domain),
        )
        if is_platform:
            return
        self._source_systems()
        self._data_lake()
        self._cluster()

    def prepare(self) -> None:
        """Do at once what the DAG `platform.onboard` does first: the same steps, by the same role."""
        for _outcome in prepare(self.domain, self._administrator_clients):
            pass

    @cached_property
    def _administrator(self) -> identity.Credential:
        return identity.issue_for_role(self.domain.administrator_arn, "onboarding")

    @cached_property
    def _administrator_clients(self) -> Clients:
        return functools.cache(lambda service: self.client(service, self._administrator))

    def access_target(self) -> AccountTarget:
        """The account as something to be made to agree with the contracts, by its administrator."""
        # made here, one after the other: several accounts are then worked on at once, and boto3 makes one client at a time
        for service in ("lakeformation", "glue"):
            self._administrator_clients(service)
        return AccountTarget(self.domain, RetryingSession(lambda: self._administrator_clients))

    def close(self) -> None:
        """Take back the credentials of the root and the administrator."""
        identity.revoke(self._root.access_key)
        if "_administrator" in vars(self):
            identity.revoke(self._administrator.access_key)

    def source_systems_credential(self) -> dict[str, str]:
        """A new access key of the user as which the source systems deliver their files."""
        key = self._iam.create_access_key(UserName=source_systems_user(self.domain))["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def redshift_address(self) -> RedshiftAddress:
        """Where the domain's cluster listens."""
        cluster = self.client("redshift").describe_clusters(ClusterIdentifier=self.domain.cluster)[
            "Clusters"
        ][0]
        return RedshiftAddress(host=cluster["Endpoint"]["Address"], port=int(cluster["Endpoint"]["Port"]))

    def _role(self, name: str, trust: dict[str, Any], policy: dict[str, Any]) -> None:
        with _unless("EntityAlreadyExists"):
            self._iam.create_role(
                RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), MaxSessionDuration=43200
            )
        self._iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps(policy))

    def _source_systems(self) -> None:
        user = source_systems_user(self.domain)
        with _unless("EntityAlreadyExists"):
            self._iam.create_user(UserName=user)
        policy = json.dumps(roles.source_systems_policy(self.domain))
        self._iam.put_user_policy(UserName=user, PolicyName=user, PolicyDocument=policy)

    def _data_lake(self) -> None:
        """Lake Formation governs everything from the start: nobody holds a permission that was not granted."""
        self.client("lakeformation").put_data_lake_settings(
            DataLakeSettings={
                "DataLakeAdmins": [{"DataLakePrincipalIdentifier": self.domain.administrator_arn}],
                "CreateDatabaseDefaultPermissions": [],
                "CreateTableDefaultPermissions": [],
                "Parameters": {"CROSS_ACCOUNT_VERSION": "4"},
                # whoever may read a whole port may do so with an engine of its own (pyiceberg, Spark)
                "AllowFullTableExternalDataAccess": True,
            }
        )

    def _cluster(self) -> None:
        with _unless("ClusterAlreadyExists"):
            self.client("redshift").create_cluster(
                ClusterIdentifier=self.domain.cluster,
                NodeType="ra3.large",
                NumberOfNodes=2,
                MasterUsername="interline",
                ManageMasterPassword=True,
                DBName=self.domain.name,
                IamRoles=[self.domain.role_arn],
                Encrypted=True,
                PubliclyAccessible=False,
            )


@contextmanager
def _unless(code: str) -> Iterator[None]:
    """Let pass the error that says a thing is there already."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise


@dataclass(frozen=True)
class Accounts:
    """What the accounts came out as: the parts of `aws.json` that depend on the domains."""

    domains: Mapping[str, Domain]
    redshift: Mapping[str, RedshiftAddress]
    sources: Mapping[str, dict[str, str]]


def source_systems_user(domain: Domain) -> str:
    """The IAM user as which the systems that deliver to a domain's landing bucket act."""
    return f"{domain.name}-source-systems"


def read_domains(root: Path) -> dict[str, Domain]:
    """The domains of a repository, the platform among them.

    A domain whose file is broken gets no account, and the log says why: it must not stop the others.
    Raises MeshError when the platform itself is missing or broken.
    """
    domains: dict[str, Domain] = {}
    owners: dict[str, str] = {}
    for path in sorted((root / "domains").glob("*/domain.yaml")):
        try:
            domain = load_domain(root, path.parent.name)
        except MeshError as error:
            if path.parent.name == PLATFORM:
                raise
            log.error("no account for the domain %s:\n%s", path.parent.name, error)
            continue
        if domain.account in owners:
            log.error(
                "no account for %s: %s has the number %s", domain.name, owners[domain.account], domain.account
            )
            continue
        owners[domain.account] = domain.name
        domains[domain.name] = domain
    if PLATFORM not in domains:
        domains[PLATFORM] = load_domain(root, PLATFORM)
    return domains


def desired_today(root: Path) -> DesiredState:
    """What the contracts of a repository ask for today, as far as they can be read."""
    return load_desired_state(root, datetime.now(UTC).date())


def create_accounts(
    domains: Mapping[str, Domain],
    endpoint: str,
    sources: Mapping[str, dict[str, str]] | None = None,
    *,
    desired: DesiredState | None,
) -> Accounts:
    """Create what is missing in every domain's account.

    `sources` are the source systems' access keys that exist from an earlier call; only new domains get new ones.
    With `desired`, what the contracts ask for, accounts are prepared and made to agree with it, as `platform.onboard`
    does it; without, they are left as a landing zone hands them over.
    """
    keys = dict(sources or {})
    addresses: dict[str, RedshiftAddress] = {}
    platform_account = domains[PLATFORM].account
    session = boto3.session.Session(aws_access_key_id="none", aws_secret_access_key="none")  # noqa: S106
    accounts = [Account(domain, platform_account, endpoint, session) for domain in domains.values()]
    try:
        for account in accounts:
            account.create()
            if account.domain.is_platform:
                continue
            if desired is not None:
                account.prepare()
            if account.domain.name not in keys:
                keys[account.domain.name] = account.source_systems_credential()
            addresses[account.domain.name] = account.redshift_address()
        if desired is not None:
            _apply_access([account for account in accounts if not account.domain.is_platform], desired)
    finally:
        for account in accounts:
            account.close()
    return Accounts(domains=dict(domains), redshift=addresses, sources=keys)


def _apply_access(accounts: list[Account], desired: DesiredState) -> None:
    """Do at once what the DAG `platform.onboard` does last; what is not done then, `./interline access plan` shows."""
    result = reconcile([account.access_target() for account in accounts], desired)
    for reason in (*result.failures, *result.remaining.unseen.values()):
        log.error("the accounts do not agree with the contracts yet: %s", reason)


def airflow_role_arn(domains: Mapping[str, Domain]) -> str:
    """The execution role of Airflow."""
    return f"arn:aws:iam::{domains[PLATFORM].account}:role/{AIRFLOW}"


def connections(domains: Mapping[str, Domain]) -> dict[str, str]:
    """`AIRFLOW_CONN_AWS_<DOMAIN>` for every domain: the connection through which its tasks reach AWS."""
    return {
        f"AIRFLOW_CONN_AWS_{name.upper()}": json.dumps(
            {"conn_type": "aws", "extra": {"role_arn": domain.role_arn, "region_name": domain.region}}
        )
        for name, domain in domains.items()
    }


def _role_name(role_arn: str) -> str:
    return role_arn.rpartition("/")[2]
