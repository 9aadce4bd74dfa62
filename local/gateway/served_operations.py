"""Operations that moto answers without doing them. They are refused, so that no green run rests on them.

Engines add theirs with `refuse`; the gateway asks before moto sees a request.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING

from moto.core.utils import camelcase_to_underscores

from local.gateway.errors import NotServed

if TYPE_CHECKING:
    from local.gateway.aws_request import AwsRequest

# Where moto (and the engines that extend it) have the operations of a service. S3's are found by path, not by name.
_RESPONSES = {
    "sts": ("moto.sts.responses", "TokenResponse"),
    "iam": ("moto.iam.responses", "IamResponse"),
    "glue": ("moto.glue.responses", "GlueResponse"),
    "lakeformation": ("moto.lakeformation.responses", "LakeFormationResponse"),
    "athena": ("moto.athena.responses", "AthenaResponse"),
    "redshift": ("moto.redshift.responses", "RedshiftResponse"),
    "redshift-data": ("moto.redshiftdata.responses", "RedshiftDataAPIServiceResponse"),
    "sagemaker": ("moto.sagemaker.responses", "SageMakerResponse"),
    "logs": ("moto.logs.responses", "LogsResponse"),
}

_refused: dict[tuple[str, str], str] = {}
_only: dict[str, frozenset[str]] = {}
_checks: dict[tuple[str, str], list[Callable[[AwsRequest], None]]] = {}


def refuse(service: str, operations: Iterable[str], reason: str) -> None:
    """Refuse these operations of a service from now on, giving `reason`."""
    for operation in operations:
        _refused[service, operation] = reason


def serve_only(service: str, operations: Iterable[str]) -> None:
    """Refuse every operation of a service but these."""
    _only[service] = frozenset(operations)


def check(service: str, operation: str, inspect: Callable[[AwsRequest], None]) -> None:
    """Let `inspect` look at every request for an operation; it raises what the caller shall see."""
    _checks.setdefault((service, operation), []).append(inspect)


def require_served(request: AwsRequest) -> None:
    """Raise NotServed when the operation is refused, or nobody has written it."""
    reason = _refused.get((request.service, request.operation))
    if reason is not None:
        raise NotServed(request.service, request.operation, reason)
    only = _only.get(request.service)
    if only is not None and request.operation not in only:
        raise NotServed(request.service, request.operation)
    if request.service in _RESPONSES and not hasattr(
        _response_class(request.service), _method_of(request.operation)
    ):
        raise NotServed(request.service, request.operation)


def inspect_request(request: AwsRequest) -> None:
    """Run the checks of the operation."""
    for inspect in _checks.get((request.service, request.operation), ()):
        inspect(request)


@cache
def _response_class(service: str) -> type:
    module, name = _RESPONSES[service]
    found: type = getattr(importlib.import_module(module), name)
    return found


@cache
def _method_of(operation: str) -> str:
    return camelcase_to_underscores(operation)
