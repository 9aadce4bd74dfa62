"""The services of the local AWS: what each declares of itself, and where the gateway finds it.

A service is a folder below `local/services` whose module `service` holds one object, `SERVICE`. No list names it:
`discover` finds the folders. A declaration is cheap to import and needs no moto, which reads its settings when it is
imported; what needs moto is imported by the functions that a declaration names, when they are called.
"""

from __future__ import annotations

import functools
import importlib
import logging
import pkgutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from local.gateway.aws_request import AwsRequest, RequiredPermission
from local.gateway.identity import Caller

log = logging.getLogger(__name__)

Role = Literal["domain", "administrator", "source systems", "airflow", "platform"]
"""The roles of a mesh, whose policies the landing zone composes of what services declare."""


@dataclass(frozen=True)
class Allow:
    """A statement of a role's policy: these actions on these resources.

    Resources may hold `{account}`, `{region}`, `{domain}`, `{role_arn}`, `{cluster}`, `{landing_bucket}`,
    `{curated_bucket}` and `{artifacts_bucket}`, which are the domain's (not for the roles `airflow` and `platform`,
    which belong to none), and `{administrator}`, the name of the administrator's role in every account.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]


@dataclass(frozen=True)
class PassedRoles:
    """The requests that hand a role to a service, for the service to act with.

    Attributes:
        principal: the service as trust policies name it, for example `glue.amazonaws.com`.
        parameters: operation → the parameter that holds the role's ARN or name. A parameter of the query protocol that
            ends with `.` is a list.
        refusal: the error code for a role that does not trust the service.
    """

    principal: str
    parameters: Mapping[str, str]
    refusal: str = "InvalidInputException"


@dataclass(frozen=True)
class ResourceOwner:
    """The account that owns a resource, and the policy document that is attached to the resource, if there is one."""

    account: str
    policy: str | None = None


def on_every_resource(request: AwsRequest, _caller: Caller) -> list[RequiredPermission]:
    """The request's action on `*`: right for services whose actions know no resource types."""
    return request.permissions_on("*")


def _nothing_to_check(_request: AwsRequest) -> None:
    return


def _nothing_to_install(_home: Path) -> None:
    return


def _nothing_to_close() -> None:
    return


@dataclass(frozen=True, kw_only=True)
class Service:
    """What an AWS service of the local AWS declares of itself.

    Attributes:
        name: botocore's name of the service, which is also the prefix of its IAM actions.
        signing_name: the name in the signature's credential scope, if it is another.
        operations: the API operations that are served; every other one is refused by name, though moto may have it.
        response_class: moto's class, as `module.Class`, with a method for every operation. None for S3, whose
            operations moto finds by path.
        required_permissions: what the caller must be allowed to do, by the "Actions, resources, and condition keys" of
            the service in the Service Authorization Reference. The last one names what the request is about; an empty
            list requires nothing, as for something that does not exist and whose ARN can't be known for that reason.
        tagging_actions: operation → the further permission that a request with tags needs ("to tag on creation").
        decide: decides whether the caller may, in place of the policies' usual evaluation. Raises AccessDenied.
        passed_roles: the requests that hand a role to the service.
        condition_keys: the service's own IAM condition keys, in lower case, that its permissions carry.
        resource_owner: the owner (and policy) of an ARN of this service, None for an unknown one. Callers of other
            accounts are refused unless that policy allows them. A service without it decides about other accounts itself.
        check_request: refuses a request for what it holds, after the caller was found to be allowed. Raises AwsError.
        install: puts the service's own engine in place of moto's, before the first request; it gets the folder where the
            local AWS keeps its files.
        close: ends what the service runs.
        role_policies: what the roles of a mesh may do with the service.
        domain_passes_its_role: whether a domain's role may itself be passed to this service by the domain's tasks.
    """

    name: str
    operations: Collection[str]
    response_class: str | None
    signing_name: str = ""
    required_permissions: Callable[[AwsRequest, Caller], list[RequiredPermission]] = on_every_resource
    tagging_actions: Mapping[str, str] = field(default_factory=dict)
    decide: Callable[[AwsRequest, Caller], None] | None = None
    passed_roles: PassedRoles | None = None
    condition_keys: Collection[str] = ()
    resource_owner: Callable[[str], ResourceOwner | None] | None = None
    check_request: Callable[[AwsRequest], None] = _nothing_to_check
    install: Callable[[Path], None] = _nothing_to_install
    close: Callable[[], None] = _nothing_to_close
    role_policies: Mapping[Role, tuple[Allow, ...]] = field(default_factory=dict)
    domain_passes_its_role: bool = False

    def permissions_for(self, request: AwsRequest, caller: Caller) -> list[RequiredPermission]:
        """What the caller must be allowed to do; the last one names what the request is about."""
        required = self.required_permissions(request, caller)
        tagging = self.tagging_actions.get(request.operation)
        if tagging and required and (request.parameters.get("Tags") or request.parameters.get("tags")):
            required = [RequiredPermission(tagging, required[-1].resource), *required]
        return required


class BrokenDeclaration(Exception):
    """A service declares what is not so; the message says which service, and what."""


_services: dict[str, Service] = {}
_by_signing_name: dict[str, Service] = {}


def discover(package: str) -> None:
    """Register the `SERVICE` of every folder of a package. May be called again.

    Raises BrokenDeclaration for a folder without one, or for two services of one name.
    """
    for folder in pkgutil.iter_modules(importlib.import_module(package).__path__):
        if folder.ispkg:
            name = f"{package}.{folder.name}.service"
            declared = getattr(importlib.import_module(name), "SERVICE", None)
            if not isinstance(declared, Service):
                raise BrokenDeclaration(f"{name} has no object SERVICE of the class Service")
            register(declared)


def register(service: Service) -> None:
    """Serve a service. Raises BrokenDeclaration when another one has its name."""
    signing_name = service.signing_name or service.name
    for known in (_services.get(service.name), _by_signing_name.get(signing_name)):
        if known is not None and known is not service:
            raise BrokenDeclaration(f"two services are named {service.name}, or sign as {signing_name}")
    _services[service.name] = service
    _by_signing_name[signing_name] = service


def services() -> Iterator[Service]:
    """Every service, in the order in which they were found."""
    return iter(_services.values())


def find(name: str) -> Service | None:
    """The service with botocore's name `name`, which is also how ARNs name it."""
    return _services.get(name)


def service_of(request: AwsRequest) -> Service:
    """The service of a request, which was found when the request was read."""
    return _services[request.service]


def find_by_signing_name(name: str) -> Service | None:
    """The service that requests are signed for under `name`."""
    return _by_signing_name.get(name)


def install(home: Path) -> None:
    """Install every service; `home` is the folder where the local AWS keeps its files.

    Raises BrokenDeclaration when an operation is declared that nobody has written.
    """
    for service in services():
        service.install(home)
        missing = [name for name in service.operations if not _is_written(service, name)]
        if missing:
            raise BrokenDeclaration(
                f"{service.name}: {service.response_class} has no method for {', '.join(sorted(missing))}"
            )


def close() -> None:
    """Let every service end what it runs, the last installed first; one that fails does not stop the others."""
    for service in reversed(list(services())):
        try:
            service.close()
        except Exception:
            log.exception("service %s did not close", service.name)


def _is_written(service: Service, operation: str) -> bool:
    from moto.core.utils import camelcase_to_underscores  # moto reads its settings when it is imported

    if service.response_class is None:
        return True
    return hasattr(_class_named(service.response_class), camelcase_to_underscores(operation))


@functools.cache
def _class_named(dotted: str) -> type:
    module, _, name = dotted.rpartition(".")
    found: type = getattr(importlib.import_module(module), name)
    return found
