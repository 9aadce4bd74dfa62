"""What S3 refuses for what a request holds, and the defaults of a bucket made today: no ACLs, nothing public.

Source of the defaults: "Object Ownership" and "Blocking public access" in the S3 user guide.
"""

from __future__ import annotations

from collections.abc import Callable

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, s3_backends

from local.gateway import identity
from local.gateway.aws_request import AwsRequest
from local.gateway.errors import AccessDenied, AwsError
from local.gateway.iam import authorization, policies
from local.gateway.registry import ResourceOwner

_HARMLESS_ACLS = ("bucket-owner-full-control", "private")


def install() -> None:
    """Leave decisions to the gateway: moto takes a bucket policy's denial of anybody for a denial of everybody."""
    FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL  # type: ignore[method-assign]


def check_request(request: AwsRequest) -> None:
    """Raise AwsError for ACLs and public bucket policies, AccessDenied for a missing key of a bucket not to be listed."""
    check = _CHECKS.get(request.operation)
    if check is not None:
        check(request)


def resource_owner(arn: str) -> ResourceOwner | None:
    """The account of the bucket in an ARN, and the bucket's policy; None for a bucket that does not exist."""
    bucket = _bucket(arn.removeprefix("arn:aws:s3:::").split("/", 1)[0])
    if bucket is None:
        return None
    policy = getattr(bucket, "policy", None)
    text = policy.decode() if isinstance(policy, bytes) else policy
    return ResourceOwner(bucket.account_id, text or None)


def _no_acl(request: AwsRequest) -> None:
    headers = request.http.headers
    canned = headers.get("x-amz-acl")
    grants = any(name.lower().startswith("x-amz-grant-") for name, _ in headers.items())
    if grants or request.operation.endswith("Acl") or (canned is not None and canned not in _HARMLESS_ACLS):
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")


def _bucket_policy(request: AwsRequest) -> None:
    try:
        policy = policies.resource_policy(request.http.environ["interline.body"].decode("utf-8", "replace"))
    except policies.MalformedPolicy as error:
        raise AwsError("MalformedPolicy", error.message) from error
    if policy.is_public and _blocks_public_policies(str(request.parameters["Bucket"])):
        raise AccessDenied(
            "s3:PutBucketPolicy is denied because public policies are prevented by the BlockPublicPolicy setting "
            "in S3 Block Public Access"
        )


def _missing_key(request: AwsRequest) -> None:
    """Who may not list a bucket does not learn whether a key is missing: 403, not 404."""
    bucket = _bucket(str(request.parameters["Bucket"]))
    if bucket is None or request.parameters["Key"] in bucket.keys:
        return
    authorization.authorize(identity.current_caller(), "s3:ListBucket", f"arn:aws:s3:::{bucket.name}")


def _bucket(name: str) -> FakeBucket | None:
    partition, owner = s3_backends.bucket_accounts.get(name, ("aws", None))
    return s3_backends[owner][partition].buckets.get(name) if owner else None


def _blocks_public_policies(name: str) -> bool:
    bucket = _bucket(name)
    block = getattr(bucket, "public_access_block", None)
    return block is None or str(block.block_public_policy).lower() == "true"


_CHECKS: dict[str, Callable[[AwsRequest], None]] = {
    "PutObject": _no_acl,
    "CopyObject": _no_acl,
    "CreateMultipartUpload": _no_acl,
    "PutObjectAcl": _no_acl,
    "PutBucketAcl": _no_acl,
    "CreateBucket": _no_acl,
    "PutBucketPolicy": _bucket_policy,
    "GetObject": _missing_key,
    "HeadObject": _missing_key,
    "GetObjectAttributes": _missing_key,
}
