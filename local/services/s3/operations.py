"""S3: which operations are real, and the defaults of a bucket made today: no ACLs, nothing public.

moto finds S3 operations by path and takes an unknown sub-resource for a listing, so only what is known to work is
served. Source of the defaults: "Object Ownership" and "Blocking public access" in the S3 user guide.
"""

from __future__ import annotations

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, s3_backends

from local.gateway import identity
from local.gateway.aws_request import AwsRequest
from local.gateway.errors import AccessDenied, AwsError
from local.gateway.iam import authorization, policies
from local.gateway.served_operations import check, serve_only

_SERVED = frozenset(
    {
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CopyObject",
        "CreateBucket",
        "CreateMultipartUpload",
        "DeleteBucket",
        "DeleteBucketEncryption",
        "DeleteBucketLifecycle",
        "DeleteBucketPolicy",
        "DeleteBucketTagging",
        "DeleteObject",
        "DeleteObjects",
        "DeleteObjectTagging",
        "DeletePublicAccessBlock",
        "GetBucketEncryption",
        "GetBucketLifecycleConfiguration",
        "GetBucketLocation",
        "GetBucketPolicy",
        "GetBucketTagging",
        "GetBucketVersioning",
        "GetObject",
        "GetObjectAttributes",
        "GetObjectTagging",
        "GetPublicAccessBlock",
        "HeadBucket",
        "HeadObject",
        "ListBuckets",
        "ListMultipartUploads",
        "ListObjects",
        "ListObjectsV2",
        "ListObjectVersions",
        "ListParts",
        "PutBucketAcl",
        "PutBucketEncryption",
        "PutBucketLifecycleConfiguration",
        "PutBucketPolicy",
        "PutBucketTagging",
        "PutBucketVersioning",
        "PutObject",
        "PutObjectAcl",
        "PutObjectTagging",
        "PutPublicAccessBlock",
        "UploadPart",
        "UploadPartCopy",
    }
)
_WRITES_WITH_ACL = (
    "PutObject",
    "CopyObject",
    "CreateMultipartUpload",
    "PutObjectAcl",
    "PutBucketAcl",
    "CreateBucket",
)
_HARMLESS_ACLS = ("bucket-owner-full-control", "private")


def install() -> None:
    """Serve only what is real, and give buckets their defaults."""
    serve_only("s3", _SERVED)
    for operation in _WRITES_WITH_ACL:
        check("s3", operation, _no_acl)
    check("s3", "PutBucketPolicy", _bucket_policy)
    for operation in ("GetObject", "HeadObject", "GetObjectAttributes"):
        check("s3", operation, _missing_key)
    # moto weighs bucket policies too, but takes a denial of anybody for a denial of everybody; the gateway has decided.
    FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL  # type: ignore[method-assign]


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
