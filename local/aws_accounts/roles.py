"""The IAM documents of the mesh: what each role may do and who may act as it. Least privilege, per account.

What a role may do with a service is declared by the service (`role_policies`); here the declarations become documents.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from interline.contracts import Domain
from interline.contracts.model.domain import ADMINISTRATOR
from local.gateway import registry
from local.gateway.registry import BrokenDeclaration, Role, Service

Document = dict[str, Any]


@functools.cache
def _services() -> tuple[Service, ...]:
    registry.discover("local.services")
    return tuple(registry.services())


def document(*statements: Document) -> Document:
    """A policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(actions: list[str], resources: list[str], **condition: Any) -> Document:
    statement: Document = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})


def _trust(principal: Document) -> Document:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}


def _declared(role: Role, domain: Domain | None = None) -> list[Document]:
    """What the services declare that a role may do; without a domain, their resources hold no names of one."""
    names = {"administrator": ADMINISTRATOR}
    if domain is not None:
        names |= {
            "account": domain.account,
            "region": domain.region,
            "domain": domain.name,
            "role_arn": domain.role_arn,
            "cluster": domain.cluster,
            "landing_bucket": domain.landing_bucket,
            "curated_bucket": domain.curated_bucket,
            "artifacts_bucket": domain.artifacts_bucket,
        }
    return [
        _allow(list(allow.actions), [_filled(resource, names, service) for resource in allow.resources])
        for service in _services()
        for allow in service.role_policies.get(role, ())
    ]


def _filled(resource: str, names: Mapping[str, str], service: Service) -> str:
    try:
        return resource.format(**names)
    except (KeyError, ValueError) as error:
        raise BrokenDeclaration(
            f"{service.name}: the resource {resource} of a role's policy may hold {', '.join(names)}"
        ) from error


def airflow_trust() -> Document:
    """Airflow's execution role is taken by the Airflow environment (MWAA) itself."""
    return document(_trust({"Service": ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]}))


def airflow_policy() -> Document:
    """Airflow itself may do one thing: become the role of the domain whose task it runs."""
    return document(*_declared("airflow"))


def domain_trust(platform_account: str, airflow_role: str) -> Document:
    """A domain's role is taken by Airflow for its tasks, and by the services that work for the domain with it."""
    principals = [service.passed_roles.principal for service in _services() if service.passed_roles]
    return document(
        _trust({"AWS": f"arn:aws:iam::{platform_account}:role/{airflow_role}"}),
        _trust({"Service": principals}),
    )


def platform_policy() -> Document:
    """The platform's own role reaches an account only through that account's administrator role."""
    return document(*_declared("platform"))


def administrator_trust(platform_account: str) -> Document:
    """The data lake administrator of an account is taken by the platform's role."""
    return document(_trust({"AWS": f"arn:aws:iam::{platform_account}:role/interline-platform"}))


def administrator_policy(domain: Domain) -> Document:
    """Administers the data lake of one account: buckets, permissions, settings, locations, catalog; no data."""
    return document(*_declared("administrator", domain))


def source_systems_policy(domain: Domain) -> Document:
    """The systems that deliver to a domain may put and replace files in its landing bucket, nothing else."""
    return document(*_declared("source systems", domain))


def domain_policy(domain: Domain) -> Document:
    """What a domain's tasks, cluster, crawlers and jobs may do, all in the domain's own account."""
    principals = [
        service.passed_roles.principal
        for service in _services()
        if service.passed_roles and service.domain_passes_its_role
    ]
    return document(
        *_declared("domain", domain),
        _allow(["iam:PassRole"], [domain.role_arn], StringEquals={"iam:PassedToService": principals}),
    )
