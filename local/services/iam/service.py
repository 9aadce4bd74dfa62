"""IAM: what takes effect here, which is roles, users, groups, their policies and keys.

Boundaries, identity providers, MFA, service linked roles and the policy simulator would be stored and not obeyed.
"""

from __future__ import annotations

from local.gateway.aws_request import AwsRequest, RequiredPermission
from local.gateway.identity import Caller
from local.gateway.registry import Allow, Service
from local.services.iam.request_checks import check_request

_KINDS = (("RoleName", "role"), ("UserName", "user"), ("PolicyName", "policy"), ("GroupName", "group"))


def required_permissions(request: AwsRequest, caller: Caller) -> list[RequiredPermission]:
    """The request's action on the role, user, policy or group that it names."""
    parameters = request.parameters
    if parameters.get("PolicyArn") and not (parameters.get("RoleName") or parameters.get("UserName")):
        return request.permissions_on(str(parameters["PolicyArn"]))
    for parameter, kind in _KINDS:
        if parameters.get(parameter):
            return request.permissions_on(f"arn:aws:iam::{caller.account}:{kind}/{parameters[parameter]}")
    return request.permissions_on("*")


SERVICE = Service(
    name="iam",
    response_class="moto.iam.responses.IamResponse",
    operations=(
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
    ),
    required_permissions=required_permissions,
    tagging_actions={
        "CreateRole": "iam:TagRole",
        "CreateUser": "iam:TagUser",
        "CreatePolicy": "iam:TagPolicy",
    },
    condition_keys=("iam:passedtoservice",),
    check_request=check_request,
    role_policies={
        "domain": (Allow(("iam:GetRole",), ("{role_arn}",)),),
        "administrator": (Allow(("iam:PassRole", "iam:GetRole"), ("{role_arn}",)),),
    },
)
