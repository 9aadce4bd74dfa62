"""May the caller do this? Every request is decided here before moto sees it, and what engines do for a role too.

Rules (IAM user guide, "Policy evaluation logic"): an explicit deny wins; within an account an identity policy or
a resource policy that names the caller is enough; across accounts both are needed; a session policy narrows.
"""

from __future__ import annotations

from collections.abc import Mapping

from moto.iam.models import iam_backends
from moto.s3.models import s3_backends

from local.gateway import identity
from local.gateway.aws_request import AwsRequest
from local.gateway.errors import AccessDenied, AwsError
from local.gateway.iam import policies
from local.gateway.iam import required_permissions as permissions_of_services
from local.gateway.iam.policies import Effect, Principal, PrincipalMatch
from local.gateway.iam.required_permissions import PassedRole, RequiredPermission, assumed_role, passed_roles
from local.gateway.identity import Caller


def required_permissions(request: AwsRequest, caller: Caller) -> list[RequiredPermission]:
    """The permissions a request needs; the last one names the resource it is about."""
    if request.service == "sts":
        # GetCallerIdentity needs no permission, and a deny of it has no effect.
        resource = assumed_role(request) if request.operation == "AssumeRole" else caller.principal_arn
        return [RequiredPermission(request.action, resource)]
    return permissions_of_services.required_permissions(request, caller.account)


def decide(request: AwsRequest, caller: Caller, required: list[RequiredPermission]) -> None:
    """Let the request pass, or raise AccessDenied."""
    if request.service == "sts":
        if request.operation == "AssumeRole":
            _decide_assume_role(request, caller, required[0].resource)
        return
    for permission in required:
        authorize(caller, permission.action, permission.resource, permission.context)
    for passed in passed_roles(request, caller.account):
        _require_pass_role(caller, passed)


def authorize(
    principal: Caller | str, action: str, resource: str, context: Mapping[str, str] | None = None
) -> None:
    """Raise AccessDenied unless the principal may do `action` (`service:Operation`) on `resource` (an ARN).

    `principal` is a Caller or the ARN of a role, a role session, a user or an account's root. `context` gives
    values of condition keys, in lower case.
    """
    caller = principal if isinstance(principal, Caller) else caller_of(principal)
    circumstances = {
        "aws:principalaccount": caller.account,
        "aws:principalarn": caller.principal_arn,
        **(context or {}),
    }
    reason = _refusal(caller, action, resource, circumstances)
    if reason is not None:
        raise AccessDenied(
            f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource} {reason}"
        )


def is_allowed(
    principal: Caller | str, action: str, resource: str, context: Mapping[str, str] | None = None
) -> bool:
    """Whether the principal may do `action` on `resource`; see `authorize`."""
    try:
        authorize(principal, action, resource, context)
    except AccessDenied:
        return False
    return True


def require_service_role(role_arn: str, service: str) -> None:
    """Raise AccessDenied unless the role exists and trusts the AWS service (for example `glue.amazonaws.com`)."""
    trust = _trust_of(role_arn)
    account = identity.account_of(role_arn)
    principal = Principal(account=account, arns=(), service=service)
    if trust is not None:
        effect, _ = trust.effect_for(principal, "sts:AssumeRole", role_arn, {"aws:sourceaccount": account})
        if effect is Effect.ALLOW:
            return
    raise AccessDenied(
        f"{service} is not able to assume the role {role_arn}: its trust policy does not allow it"
    )


def caller_of(arn: str) -> Caller:
    """The Caller of a role, role session, user or root ARN; a bare role acts in a session named after nothing."""
    account = identity.account_of(arn)
    resource = arn.split(":", 5)[5]
    if resource == "root":
        return identity.root_caller(account)
    if resource.startswith("assumed-role/"):
        _, name, session = resource.split("/", 2)
        role = iam_backends[account]["aws"].get_role(name)
        return identity.role_caller(role.arn, session)
    if resource.startswith("role/"):
        return identity.role_caller(arn, "service")
    return Caller(account=account, arn=arn)


def _decide_assume_role(request: AwsRequest, caller: Caller, role_arn: str) -> None:
    context = {"sts:rolesessionname": str(request.parameters.get("RoleSessionName", ""))}
    if "ExternalId" in request.parameters:
        context["sts:externalid"] = str(request.parameters["ExternalId"])
    if "Policy" in request.parameters:
        policies.identity_policy(str(request.parameters["Policy"]))
    _authorize_assume_role(caller, role_arn, context)


def _authorize_assume_role(caller: Caller, role_arn: str, context: Mapping[str, str]) -> None:
    refusal = AccessDenied(
        f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
    )
    trust = _trust_of(role_arn)
    if trust is None or caller.is_root:
        # A root can't assume roles, and AWS does not tell whether a role exists.
        raise refusal
    circumstances = {
        "aws:principalaccount": caller.account,
        "aws:principalarn": caller.principal_arn,
        **context,
    }
    trusted, how = trust.effect_for(_principal(caller), "sts:AssumeRole", role_arn, circumstances)
    own = _identity_effect(caller, "sts:AssumeRole", role_arn, circumstances)
    if trusted is not Effect.ALLOW or own is Effect.DENY:
        raise refusal
    same_account = identity.account_of(role_arn) == caller.account
    if own is not Effect.ALLOW and not (same_account and how is PrincipalMatch.ITSELF):
        raise refusal


def _require_pass_role(caller: Caller, passed: PassedRole) -> None:
    if identity.account_of(passed.role_arn) != caller.account:
        raise AccessDenied(f"Cross-account pass role is not allowed: {passed.role_arn}")
    authorize(caller, "iam:PassRole", passed.role_arn, {"iam:passedtoservice": passed.service})
    try:
        require_service_role(passed.role_arn, passed.service)
    except AccessDenied as refusal:
        code = "ValidationException" if passed.service.startswith("sagemaker") else "InvalidInputException"
        if passed.service.startswith("redshift"):
            code = "InvalidClusterStateFault"
        raise AwsError(code, refusal.message) from refusal


def _refusal(caller: Caller, action: str, resource: str, context: Mapping[str, str]) -> str | None:
    """Why the caller may not, in AWS's words; None when it may."""
    own = _identity_effect(caller, action, resource, context)
    if own is Effect.DENY:
        return "with an explicit deny in an identity-based policy"
    owner, bucket_policy = _resource_side(action, resource)
    from_resource, how = Effect.NOTHING, PrincipalMatch.NONE
    if bucket_policy is not None:
        from_resource, how = bucket_policy.effect_for(_principal(caller), action, resource, context)
    if from_resource is Effect.DENY:
        return "with an explicit deny in a resource-based policy"
    if owner is not None and owner != caller.account:
        if from_resource is not Effect.ALLOW:
            return f"because no resource-based policy allows the {action} action"
        return None if own is Effect.ALLOW else f"because no identity-based policy allows the {action} action"
    if own is Effect.ALLOW:
        return None
    if from_resource is Effect.ALLOW and how is PrincipalMatch.ITSELF and not caller.session_policies:
        return None
    return f"because no identity-based policy allows the {action} action"


def _identity_effect(caller: Caller, action: str, resource: str, context: Mapping[str, str]) -> Effect:
    if caller.is_root:
        return Effect.ALLOW
    effect = policies.combined(map(policies.identity_policy, _documents(caller)), action, resource, context)
    for text in caller.session_policies:
        narrowed = policies.identity_policy(text).effect(action, resource, context)
        if narrowed is Effect.DENY or effect is Effect.DENY:
            return Effect.DENY
        if narrowed is not Effect.ALLOW:
            effect = Effect.NOTHING
    return effect


def _documents(caller: Caller) -> list[str]:
    backend = iam_backends[caller.account]["aws"]
    name = caller.principal_arn.rsplit("/", 1)[-1]
    if caller.role_arn is not None:
        holders = [role for role in list(backend.roles.values()) if role.arn == caller.role_arn]
        if not holders:
            return []
        role = holders[0]
        texts = list(role.policies.values())
        attached = list(role.managed_policies.values())
    else:
        user = backend.users.get(name)
        if user is None:
            return []
        texts = list(user.policies.values())
        attached = list(user.managed_policies.values())
        for group in backend.get_groups_for_user(name):
            texts += list(group.policies.values())
            attached += list(group.managed_policies.values())
    for policy in attached:
        texts.append(next(v.document for v in policy.versions if v.is_default))
    return [str(text) for text in texts]


def _principal(caller: Caller) -> Principal:
    arns = {caller.arn, caller.principal_arn}
    return Principal(account=caller.account, arns=tuple(sorted(arns)))


def _trust_of(role_arn: str) -> policies.Policy | None:
    account = identity.account_of(role_arn)
    if account not in dict.keys(iam_backends):
        return None
    for role in list(iam_backends[account]["aws"].roles.values()):
        if role.arn == role_arn:
            return policies.trust_policy(str(role.assume_role_policy_document))
    return None


def _resource_side(action: str, resource: str) -> tuple[str | None, policies.Policy | None]:
    """The account that owns the resource and the resource's policy; only S3 has them here."""
    if not resource.startswith("arn:aws:s3:::"):
        return None, None
    name = resource.removeprefix("arn:aws:s3:::").split("/", 1)[0]
    partition, owner = s3_backends.bucket_accounts.get(name, (None, None))
    if owner is None or partition is None:
        return None, None
    bucket = s3_backends[owner][partition].buckets.get(name)
    text = getattr(bucket, "policy", None)
    if not text:
        return owner, None
    return owner, policies.resource_policy(text.decode() if isinstance(text, bytes) else str(text))
