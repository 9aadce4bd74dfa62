"""Locations of data in S3: which are registered with Lake Formation, and whose access to them it vends."""

from __future__ import annotations

from moto.lakeformation.models import lakeformation_backends

from local.engines import backends, objects
from local.engines.errors import AccessDenied
from local.gateway import identity
from local.gateway.iam import authorization
from local.gateway.identity import Caller


def arn_of_location(location: str) -> str:
    """The ARN of an s3:// location, without a slash at its end."""
    bucket, key = objects.split_uri(location)
    return f"arn:aws:s3:::{bucket}/{key}".rstrip("/")


def registration(location: str, account: str | None = None) -> str | None:
    """The ARN of the role that Lake Formation reads a location with; None when no registration covers it.

    Looks in the account that owns the bucket, and in `account`.
    """
    arn = arn_of_location(location)
    bucket, _ = objects.split_uri(location)
    owners = {backends.bucket_owner(bucket)} | ({account} if account else set())
    best: tuple[int, str] | None = None
    for owner in owners:
        for registered in list(lakeformation_backends[owner][backends.REGION].resources.values()):
            prefix = registered.arn.rstrip("/")
            if (arn == prefix or arn.startswith(prefix + "/")) and (best is None or len(prefix) > best[0]):
                best = (len(prefix), registered.role_arn)
    return best[1] if best else None


def require_data_access(principal: Caller | str, location: str, *, write: bool = False) -> None:
    """Raise AccessDenied unless the principal's queries can reach the objects of a location.

    Of a registered location Lake Formation vends access with the role of the registration, if the principal's IAM
    policies allow lakeformation:GetDataAccess; any other location is reached with the principal's own S3 permissions.
    """
    vending = registration(location)
    caller = principal if isinstance(principal, Caller) else authorization.caller_of(principal)
    if vending is not None:
        if not authorization.is_allowed(caller, "lakeformation:GetDataAccess", "*"):
            raise AccessDenied(
                f"User: {caller.arn} is not authorized to perform: lakeformation:GetDataAccess on resource: *"
            )
        caller = identity.role_caller(vending, "AWSLF-00-AT")
    objects.require_read(caller, location)
    if write:
        objects.require_write(caller, location.rstrip("/") + "/*")
