"""Amazon S3. moto finds operations by path and takes an unknown sub-resource for a listing; what works is served."""

from __future__ import annotations

from pathlib import Path

from local.gateway.aws_request import AwsRequest
from local.gateway.registry import Allow, ResourceOwner, Service
from local.services.s3.required_permissions import required_permissions

_LANDING, _CURATED, _ARTIFACTS = (
    f"arn:aws:s3:::{{{bucket}}}" for bucket in ("landing_bucket", "curated_bucket", "artifacts_bucket")
)
_BUCKET_SETTINGS = tuple(
    f"s3:{verb}{setting}"
    for verb in ("Get", "Put")
    for setting in ("EncryptionConfiguration", "BucketPublicAccessBlock", "LifecycleConfiguration")
)


def _check_request(request: AwsRequest) -> None:
    from local.services.s3 import request_checks  # moto reads its settings when it is imported

    request_checks.check_request(request)


def _resource_owner(arn: str) -> ResourceOwner | None:
    from local.services.s3 import request_checks  # moto reads its settings when it is imported

    return request_checks.resource_owner(arn)


def _install(home: Path) -> None:
    from local.engines import objects  # moto reads its settings when it is imported
    from local.services.s3 import request_checks

    request_checks.install()
    objects.use_cache(home / "lake")


SERVICE = Service(
    name="s3",
    response_class=None,
    operations=frozenset(
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
    ),
    required_permissions=required_permissions,
    condition_keys=("s3:delimiter", "s3:prefix"),
    resource_owner=_resource_owner,
    check_request=_check_request,
    install=_install,
    role_policies={
        "domain": (
            Allow(
                ("s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"),
                (_LANDING, _CURATED, _ARTIFACTS),
            ),
            Allow(
                ("s3:GetObject", "s3:GetObjectTagging"),
                (f"{_LANDING}/*", f"{_CURATED}/*", f"{_ARTIFACTS}/*"),
            ),
            Allow(
                (
                    "s3:PutObject",
                    "s3:PutObjectTagging",
                    "s3:DeleteObject",
                    "s3:AbortMultipartUpload",
                    "s3:ListMultipartUploadParts",
                ),
                (f"{_CURATED}/*", f"{_ARTIFACTS}/*"),
            ),
        ),
        "administrator": (
            Allow(("s3:CreateBucket", "s3:ListBucket", *_BUCKET_SETTINGS), (_LANDING, _CURATED, _ARTIFACTS)),
        ),
        "source systems": (
            Allow(("s3:ListBucket",), (_LANDING,)),
            Allow(
                ("s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"),
                (f"{_LANDING}/*",),
            ),
        ),
    },
)
