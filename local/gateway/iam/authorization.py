"""May the caller do this? Every request is decided here before moto sees it, and what engines do for a role too.

Rules (IAM user guide, "Policy evaluation logic"): an explicit deny wins; within an account an identity policy or
a resource policy that names the caller is enough; across accounts both are needed; a session policy narrows.
"""

from __future__ import annotations

from collections.abc import Mapping

from moto.iam.models import iam_backends

from local.gateway import identity, registry
from local.gateway.aws_request import AwsRequest, RequiredPermission
from local.gateway.errors import AccessDenied, AwsError
from local.gateway.iam import policies
from local.gateway.iam.policies import Effect, Principal, PrincipalMatch
from local.gateway.identity import Caller
from local.gateway.registry import PassedRoles, Service


def decide(request: AwsRequest, service: Service, caller: Caller, required: list[RequiredPermission]) -> None:
    """Let the request pass that requires these permissions, or raise AccessDenied."""
    if service.decide is not None:
        service.decide(request, caller)
        return
    for permission in required:
        context = {"aws:requestedregion": request.region, **permission.context}
        authorize(caller, permission.action, permission.resource, context)
    if service.passed_roles is not None:
        for role_arn in _roles_passed(request, service.passed_roles, caller.account):
            _require_pass_role(caller, role_arn, service.passed_roles)


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
    trust = trust_policy_of(role_arn)
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


def _roles_passed(request: AwsRequest, passed: PassedRoles, account: str) -> list[str]:
    """The ARNs of the roles that a request passes; names become ARNs of the caller's account."""
    parameter = passed.parameters.get(request.operation)
    if parameter is None:
        return []
    if parameter.endswith("."):
        roles = [value for name, value in request.parameters.items() if name.startswith(parameter)]
    else:
        roles = [request.parameters[parameter]] if request.parameters.get(parameter) else []
    return [_role_arn(str(role), account) for role in roles]


def _role_arn(role: str, account: str) -> str:
    return role if role.startswith("arn:") else f"arn:aws:iam::{account}:role/{role.lstrip('/')}"


def _require_pass_role(caller: Caller, role_arn: str, passed: PassedRoles) -> None:
    if identity.account_of(role_arn) != caller.account:
        raise AccessDenied(f"Cross-account pass role is not allowed: {role_arn}")
    authorize(caller, "iam:PassRole", role_arn, {"iam:passedtoservice": passed.principal})
    try:
        require_service_role(role_arn, passed.principal)
    except AccessDenied as refusal:
        raise AwsError(passed.refusal, refusal.message) from refusal


def _refusal(caller: Caller, action: str, resource: str, context: Mapping[str, str]) -> str | None:
    """Why the caller may not, in AWS's words; None when it may."""
    own = identity_effect(caller, action, resource, context)
    if own is Effect.DENY:
        return "with an explicit deny in an identity-based policy"
    owner, resource_policy = _resource_side(resource)
    from_resource, how = Effect.NOTHING, PrincipalMatch.NONE
    if resource_policy is not None:
        from_resource, how = resource_policy.effect_for(principal_of(caller), action, resource, context)
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


def identity_effect(caller: Caller, action: str, resource: str, context: Mapping[str, str]) -> Effect:
    """What the policies of the principal itself say, narrowed by those of its session; a root is allowed everything."""
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


def principal_of(caller: Caller) -> Principal:
    """The caller as trust policies and resource policies name it."""
    arns = {caller.arn, caller.principal_arn}
    return Principal(account=caller.account, arns=tuple(sorted(arns)))


def trust_policy_of(role_arn: str) -> policies.Policy | None:
    """The trust policy of a role, None when there is no such role."""
    account = identity.account_of(role_arn)
    if account not in dict.keys(iam_backends):
        return None
    for role in list(iam_backends[account]["aws"].roles.values()):
        if role.arn == role_arn:
            return policies.trust_policy(str(role.assume_role_policy_document))
    return None


def _resource_side(resource: str) -> tuple[str | None, policies.Policy | None]:
    """The account that owns a resource and the resource's policy, where its service says so."""
    parts = resource.split(":", 5)
    service = registry.find(parts[2]) if len(parts) == 6 else None
    found = service.resource_owner(resource) if service and service.resource_owner else None
    if found is None:
        return None, None
    return found.account, policies.resource_policy(found.policy) if found.policy else None
