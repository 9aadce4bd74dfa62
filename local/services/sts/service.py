"""STS: who is calling, and sessions of roles. moto's other operations give out invented keys."""

from __future__ import annotations

from pathlib import Path

from local.gateway.aws_request import AwsRequest, RequiredPermission
from local.gateway.errors import AwsError
from local.gateway.identity import Caller
from local.gateway.registry import Allow, Service


def required_permissions(request: AwsRequest, caller: Caller) -> list[RequiredPermission]:
    """AssumeRole is about the role. GetCallerIdentity needs no permission, and a deny of it has no effect."""
    if request.operation != "AssumeRole":
        return request.permissions_on(caller.principal_arn)
    role_arn = str(request.parameters.get("RoleArn", ""))
    if not role_arn.startswith("arn:aws:iam::") or ":role/" not in role_arn:
        raise AwsError("ValidationError", f"{role_arn or 'an empty RoleArn'} is invalid")
    return request.permissions_on(role_arn)


def _decide(request: AwsRequest, caller: Caller) -> None:
    from local.services.sts import assume_role  # moto reads its settings when it is imported

    if request.operation == "AssumeRole":
        assume_role.decide(request, caller)


def _install(_home: Path) -> None:
    from local.services.sts import operations  # moto reads its settings when it is imported

    operations.install()


SERVICE = Service(
    name="sts",
    response_class="moto.sts.responses.TokenResponse",
    operations=("AssumeRole", "GetCallerIdentity"),
    required_permissions=required_permissions,
    decide=_decide,
    condition_keys=("sts:externalid", "sts:rolesessionname"),
    install=_install,
    role_policies={
        # Airflow becomes the role of the domain whose task it runs; the platform, the administrator of an account.
        "airflow": (Allow(("sts:AssumeRole",), ("arn:aws:iam::*:role/interline-*",)),),
        "platform": (Allow(("sts:AssumeRole",), ("arn:aws:iam::*:role/{administrator}",)),),
    },
)
