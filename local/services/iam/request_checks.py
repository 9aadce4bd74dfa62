"""Policy documents are read when they are put, so that one the local AWS can't evaluate never comes into force."""

from __future__ import annotations

from collections.abc import Callable

from local.gateway.aws_request import AwsRequest
from local.gateway.errors import NotServed
from local.gateway.iam import policies


def check_request(request: AwsRequest) -> None:
    """Raise MalformedPolicy for a document that can't be evaluated, NotServed for a permissions boundary."""
    check = _CHECKS.get(request.operation)
    if check is not None:
        check(request)


def _identity_policy(request: AwsRequest) -> None:
    policies.identity_policy(str(request.parameters.get("PolicyDocument", "")))


def _new_role(request: AwsRequest) -> None:
    _trust(request, "AssumeRolePolicyDocument")
    _no_boundary(request)


def _trust(request: AwsRequest, parameter: str) -> None:
    policies.trust_policy(str(request.parameters.get(parameter, "")))


def _no_boundary(request: AwsRequest) -> None:
    if request.parameters.get("PermissionsBoundary"):
        raise NotServed("iam", request.operation, "the local AWS does not evaluate permissions boundaries")


_CHECKS: dict[str, Callable[[AwsRequest], None]] = {
    "PutRolePolicy": _identity_policy,
    "PutUserPolicy": _identity_policy,
    "PutGroupPolicy": _identity_policy,
    "CreatePolicy": _identity_policy,
    "CreatePolicyVersion": _identity_policy,
    "CreateRole": _new_role,
    "CreateUser": _no_boundary,
    "UpdateAssumeRolePolicy": lambda request: _trust(request, "PolicyDocument"),
}
