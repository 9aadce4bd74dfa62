"""A request to AWS: service, operation and parameters, as the gateway reads them before moto sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moto.core.request import Request


@dataclass(frozen=True)
class Authorization:
    """The parts of an AWS Signature Version 4 `Authorization` header."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str


@dataclass(frozen=True)
class RequiredPermission:
    """One permission: `action` as `service:Action`, `resource` an ARN or `*`, condition keys in lower case."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass
class AwsRequest:
    """One request. `service` is botocore's name; `operation` is empty when no operation of the service matches."""

    http: Request
    authorization: Authorization
    service: str
    protocol: str
    operation: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The Region the request is signed for."""
        return self.authorization.region

    @property
    def action(self) -> str:
        """`service:Operation`: the IAM action of most operations, and what messages and the log say."""
        return f"{self.service}:{self.operation or '?'}"

    def arn(self, account: str, resource: str) -> str:
        """The ARN of a resource of the request's service and Region; `resource` as in `crawler/daily`."""
        return f"arn:aws:{self.service}:{self.region}:{account}:{resource}"

    def permissions_on(self, *resources: str) -> list[RequiredPermission]:
        """The request's own action on each resource: ARNs, or `*` for an action that knows no resource type."""
        return [RequiredPermission(self.action, resource) for resource in resources]
