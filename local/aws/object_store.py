"""S3: which operations are real, and the defaults of a bucket made today: no ACLs, nothing public.

moto finds S3 operations by path and takes an unknown sub-resource for a listing, so only what is known to work is
served. Source of the defaults: "Object Ownership" and "Blocking public access" in the S3 user guide.
"""

from __future__ import annotations

from moto.s3.models import s3_backends

from local.aws import policies
from local.aws.errors import AccessDenied, AwsError
from local.aws.refusals import check, serve_only
from local.aws.requests import Asked

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


def _no_acl(asked: Asked) -> None:
    headers = asked.request.headers
    canned = headers.get("x-amz-acl")
    grants = any(name.lower().startswith("x-amz-grant-") for name, _ in headers.items())
    if grants or asked.operation.endswith("Acl") or (canned is not None and canned not in _HARMLESS_ACLS):
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")


def _bucket_policy(asked: Asked) -> None:
    try:
        policy = policies.resource_policy(asked.request.environ["interline.body"].decode("utf-8", "replace"))
    except policies.MalformedPolicy as error:
        raise AwsError("MalformedPolicy", error.message) from error
    if policy.is_public and _blocks_public_policies(str(asked.parameters["Bucket"])):
        raise AccessDenied(
            "s3:PutBucketPolicy is denied because public policies are prevented by the BlockPublicPolicy setting "
            "in S3 Block Public Access"
        )


def _blocks_public_policies(name: str) -> bool:
    partition, owner = s3_backends.bucket_accounts.get(name, ("aws", None))
    bucket = s3_backends[owner][partition].buckets.get(name) if owner else None
    block = getattr(bucket, "public_access_block", None)
    return block is None or str(block.block_public_policy).lower() == "true"
