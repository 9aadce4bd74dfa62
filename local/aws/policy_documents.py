"""Policy documents are read when they are put, so that one the local AWS can't evaluate never comes into force."""

from __future__ import annotations

from local.aws import policies
from local.aws.errors import NotServed
from local.aws.refusals import check, refuse
from local.aws.requests import Asked

_IDENTITY_POLICIES = (
    "PutRolePolicy",
    "PutUserPolicy",
    "PutGroupPolicy",
    "CreatePolicy",
    "CreatePolicyVersion",
)
_BOUNDARIES = (
    "PutRolePermissionsBoundary",
    "PutUserPermissionsBoundary",
    "DeleteRolePermissionsBoundary",
    "DeleteUserPermissionsBoundary",
)


def install() -> None:
    """Have the door look at every policy document that is put."""
    for operation in _IDENTITY_POLICIES:
        check("iam", operation, _identity_policy)
    check("iam", "CreateRole", _new_role)
    check("iam", "CreateUser", _no_boundary)
    check("iam", "UpdateAssumeRolePolicy", lambda asked: _trust(asked, "PolicyDocument"))
    refuse("iam", _BOUNDARIES, "the local AWS does not evaluate permissions boundaries")


def _identity_policy(asked: Asked) -> None:
    policies.identity_policy(str(asked.parameters.get("PolicyDocument", "")))


def _new_role(asked: Asked) -> None:
    _trust(asked, "AssumeRolePolicyDocument")
    _no_boundary(asked)


def _trust(asked: Asked, parameter: str) -> None:
    policies.trust_policy(str(asked.parameters.get(parameter, "")))


def _no_boundary(asked: Asked) -> None:
    if asked.parameters.get("PermissionsBoundary"):
        raise NotServed("iam", asked.operation, "the local AWS does not evaluate permissions boundaries")
