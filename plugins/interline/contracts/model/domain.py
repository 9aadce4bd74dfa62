"""A domain: a team, its AWS account, and the names that follow from them."""

from __future__ import annotations

from dataclasses import dataclass

from interline.contracts.model.names import curated_database, landing_database

PLATFORM = "platform"
"""The domain that runs Airflow: it holds no products and reads none."""
ADMINISTRATOR = "interline-administrator"
"""Name of the role that prepares and administers an account, in every account; it trusts the platform's role alone."""


def administrator_arn(account: str) -> str:
    """Return the ARN of the role that administers an account, by the account's number."""
    return f"arn:aws:iam::{account}:role/{ADMINISTRATOR}"


@dataclass(frozen=True)
class Team:
    """Who answers for a domain."""

    name: str
    email: str
    channel: str | None = None


@dataclass(frozen=True)
class Domain:
    """One domain, from ``domains/<name>/domain.yaml``."""

    name: str
    account: str
    region: str
    description: str
    team: Team

    @property
    def role_arn(self) -> str:
        """The role that every task, cluster, crawler and job of the domain acts as."""
        return f"arn:aws:iam::{self.account}:role/interline-{self.name}"

    @property
    def administrator_arn(self) -> str:
        """The role that prepares the domain's account and administers its data lake."""
        return administrator_arn(self.account)

    @property
    def is_platform(self) -> bool:
        """Whether this is the domain that runs Airflow, which holds no products and reads none."""
        return self.name == PLATFORM

    @property
    def connection(self) -> str:
        """The only Airflow connection by which this domain's tasks reach AWS."""
        return f"aws_{self.name}"

    @property
    def pool(self) -> str:
        """The Airflow pool that this domain's tasks share."""
        return self.name

    @property
    def landing_bucket(self) -> str:
        """Bytes as received."""
        return f"{self.name}-landing"

    @property
    def curated_bucket(self) -> str:
        """What ports expose."""
        return f"{self.name}-curated"

    @property
    def artifacts_bucket(self) -> str:
        """Query results, unloaded features, training code, models."""
        return f"{self.name}-artifacts"

    @property
    def landing_database(self) -> str:
        """Glue database, and Redshift external schema, of the crawled tables."""
        return landing_database(self.name)

    @property
    def curated_database(self) -> str:
        """Glue database, and Redshift external schema, of the domain's ports."""
        return curated_database(self.name)

    @property
    def cluster(self) -> str:
        """Redshift cluster identifier; its database has the same name."""
        return self.name

    @property
    def schema(self) -> str:
        """Redshift schema of the domain's private tables."""
        return self.name
