"""May the caller assume a role? The role's trust policy and the caller's own policies decide together.

Source: "Policy evaluation logic" and "AssumeRole" in the IAM user guide and the AWS STS API reference.
"""

from __future__ import annotations

from local.gateway import identity
from local.gateway.aws_request import AwsRequest
from local.gateway.errors import AccessDenied
from local.gateway.iam import authorization, policies
from local.gateway.iam.policies import Effect, PrincipalMatch
from local.gateway.identity import Caller

_ACTION = "sts:AssumeRole"


def decide(request: AwsRequest, caller: Caller) -> None:
    """Raise AccessDenied unless the caller may assume the role, MalformedPolicy for a session policy that is none."""
    if "Policy" in request.parameters:
        policies.identity_policy(str(request.parameters["Policy"]))
    role_arn = str(request.parameters["RoleArn"])
    refusal = AccessDenied(
        f"User: {caller.arn} is not authorized to perform: {_ACTION} on resource: {role_arn}"
    )
    trust = authorization.trust_policy_of(role_arn)
    if trust is None or caller.is_root:
        # A root can't assume roles, and AWS does not tell whether a role exists.
        raise refusal
    context = {
        "aws:principalaccount": caller.account,
        "aws:principalarn": caller.principal_arn,
        "aws:requestedregion": request.region,
        "sts:rolesessionname": str(request.parameters.get("RoleSessionName", "")),
    }
    if "ExternalId" in request.parameters:
        context["sts:externalid"] = str(request.parameters["ExternalId"])
    trusted, how = trust.effect_for(authorization.principal_of(caller), _ACTION, role_arn, context)
    own = authorization.identity_effect(caller, _ACTION, role_arn, context)
    if trusted is not Effect.ALLOW or own is Effect.DENY:
        raise refusal
    same_account = identity.account_of(role_arn) == caller.account
    if own is not Effect.ALLOW and not (same_account and how is PrincipalMatch.ITSELF):
        raise refusal
