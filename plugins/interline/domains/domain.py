"""A domain: a team, its AWS account, and the names that follow from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from interline.domains.names import NAME_SHAPE, is_name
from interline.domains.problems import MeshError, Problem
from interline.domains.shapes import validate
from interline.domains.yaml_reading import Document, read

_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class Team:
    """Who answers for a domain."""

    name: str
    email: str
    channel: str | None = None


@dataclass(frozen=True, slots=True)
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
        return f"{self.name}_landing"

    @property
    def curated_database(self) -> str:
        """Glue database, and Redshift external schema, of the domain's ports."""
        return f"{self.name}_curated"

    @property
    def cluster(self) -> str:
        """Redshift cluster identifier; its database has the same name."""
        return self.name

    @property
    def schema(self) -> str:
        """Redshift schema of the domain's private tables."""
        return self.name


class _Team(BaseModel):
    model_config = ConfigDict(extra="ignore")
    name: str
    email: str
    channel: str | None = None


class _DomainFile(BaseModel):
    model_config = ConfigDict(extra="ignore")
    name: str
    account: str
    region: str
    description: str
    team: _Team


def read_domain(path: Path) -> Domain:
    """Read ``domains/<name>/domain.yaml``.

    Raises:
        MeshError: the file is missing or wrong.
    """
    document = read(path)
    parsed = validate(document, _DomainFile)
    problems = list(_problems(document, parsed))
    if problems:
        raise MeshError(problems)
    team = Team(parsed.team.name, parsed.team.email, parsed.team.channel)
    return Domain(parsed.name, parsed.account, parsed.region, parsed.description.strip(), team)


def _problems(document: Document, parsed: _DomainFile) -> list[Problem]:
    problems: list[Problem] = []
    folder = document.path.parent.name
    if not is_name(parsed.name):
        problems.append(
            document.problem(("name",), f"{parsed.name!r} cannot name a domain", f"expected {NAME_SHAPE}")
        )
    elif parsed.name != folder:
        problems.append(
            document.problem(("name",), f"name is {parsed.name!r} in the folder {folder!r}", "use one name")
        )
    if not _ACCOUNT.fullmatch(parsed.account):
        problems.append(
            document.problem(
                ("account",), f"{parsed.account!r} is no AWS account", "expected 12 digits in quotes"
            )
        )
    if not _REGION.fullmatch(parsed.region):
        problems.append(
            document.problem(
                ("region",), f"{parsed.region!r} is no AWS Region", "expected something like us-east-1"
            )
        )
    if not _EMAIL.fullmatch(parsed.team.email):
        problems.append(
            document.problem(
                ("team", "email"), f"{parsed.team.email!r} is no e-mail address", "team@example.com"
            )
        )
    return problems
