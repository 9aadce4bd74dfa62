"""A request to AWS: service, operation and parameters, as the gateway reads them before moto sees it."""

from __future__ import annotations

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


@dataclass
class AwsRequest:
    """A request as the gateway sees it. `operation` is empty when no operation of the service matches."""

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
        """`service:Operation` for messages and the log."""
        return f"{self.service}:{self.operation or '?'}"
