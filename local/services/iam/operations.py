"""IAM: which operations are real. Policy documents are read when they are put, so that one the local AWS can't
evaluate never comes into force.
"""

from __future__ import annotations

from local.gateway.aws_request import AwsRequest
from local.gateway.errors import NotServed
from local.gateway.iam import policies
from local.gateway.served_operations import check, serve_only

_IDENTITY_POLICIES = (
    "PutRolePolicy",
    "PutUserPolicy",
    "PutGroupPolicy",
    "CreatePolicy",
    "CreatePolicyVersion",
)
# What takes effect here: roles, users, groups, their policies and keys. Boundaries, identity providers, MFA, service
# linked roles and the policy simulator would be stored and not obeyed.
_SERVED = (
    "AddUserToGroup",
    "AttachGroupPolicy",
    "AttachRolePolicy",
    "AttachUserPolicy",
    "CreateAccessKey",
    "CreateGroup",
    "CreatePolicy",
    "CreatePolicyVersion",
    "CreateRole",
    "CreateUser",
    "DeleteAccessKey",
    "DeleteGroup",
    "DeleteGroupPolicy",
    "DeletePolicy",
    "DeletePolicyVersion",
    "DeleteRole",
    "DeleteRolePolicy",
    "DeleteUser",
    "DeleteUserPolicy",
    "DetachGroupPolicy",
    "DetachRolePolicy",
    "DetachUserPolicy",
    "GetGroup",
    "GetGroupPolicy",
    "GetPolicy",
    "GetPolicyVersion",
    "GetRole",
    "GetRolePolicy",
    "GetUser",
    "GetUserPolicy",
    "ListAccessKeys",
    "ListAttachedGroupPolicies",
    "ListAttachedRolePolicies",
    "ListAttachedUserPolicies",
    "ListGroupPolicies",
    "ListGroups",
    "ListGroupsForUser",
    "ListPolicies",
    "ListPolicyVersions",
    "ListRolePolicies",
    "ListRoles",
    "ListRoleTags",
    "ListUserPolicies",
    "ListUsers",
    "PutGroupPolicy",
    "PutRolePolicy",
    "PutUserPolicy",
    "RemoveUserFromGroup",
    "SetDefaultPolicyVersion",
    "TagRole",
    "UntagRole",
    "UpdateAccessKey",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
)


def install() -> None:
    """Serve what takes effect, and have the gateway look at every policy document that is put."""
    serve_only("iam", _SERVED)
    for operation in _IDENTITY_POLICIES:
        check("iam", operation, _identity_policy)
    check("iam", "CreateRole", _new_role)
    check("iam", "CreateUser", _no_boundary)
    check("iam", "UpdateAssumeRolePolicy", lambda request: _trust(request, "PolicyDocument"))


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
