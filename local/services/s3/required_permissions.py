"""The permissions that an S3 request requires. S3's actions are not named as its operations.

Source: "Required permissions for Amazon S3 API operations" in the S3 user guide.
"""

from __future__ import annotations

from urllib.parse import parse_qs, unquote

import xmltodict

from local.gateway.aws_request import AwsRequest, RequiredPermission
from local.gateway.errors import AwsError
from local.gateway.identity import Caller

# Operations whose action is not `s3:<Operation>`.
_ACTIONS = {
    "ListBuckets": "ListAllMyBuckets",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "HeadObject": "GetObject",
    "SelectObjectContent": "GetObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "DeleteObjects": "DeleteObject",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketTagging": "PutBucketTagging",
}
_VERSIONED = {
    "GetObject": "GetObjectVersion",
    "HeadObject": "GetObjectVersion",
    "DeleteObject": "DeleteObjectVersion",
}


def required_permissions(request: AwsRequest, _caller: Caller) -> list[RequiredPermission]:
    """The permissions on bucket, objects and the source of a copy that a request requires."""
    bucket, key = request.parameters.get("Bucket"), request.parameters.get("Key")
    action = f"s3:{_ACTIONS.get(request.operation, request.operation)}"
    if not bucket:
        return [RequiredPermission(action, "*")]
    bucket_arn = f"arn:aws:s3:::{bucket}"
    if request.operation == "DeleteObjects":
        return [
            RequiredPermission("s3:DeleteObject", f"{bucket_arn}/{key}") for key in _keys_to_delete(request)
        ]
    if not key:
        context = {
            f"s3:{name}": str(request.parameters[name])
            for name in ("prefix", "delimiter")
            if name in request.parameters
        }
        return [RequiredPermission(action, bucket_arn, context)]
    if request.parameters.get("versionId") and request.operation in _VERSIONED:
        action = f"s3:{_VERSIONED[request.operation]}"
    required = [RequiredPermission(action, f"{bucket_arn}/{key}")]
    source = request.http.headers.get("x-amz-copy-source")
    if source:
        required.insert(0, _source_of_copy(source))
    if request.http.headers.get("x-amz-tagging"):
        required.insert(0, RequiredPermission("s3:PutObjectTagging", f"{bucket_arn}/{key}"))
    return required


def _source_of_copy(header: str) -> RequiredPermission:
    path, _, query = header.partition("?")
    action = "s3:GetObjectVersion" if "versionId" in parse_qs(query) else "s3:GetObject"
    return RequiredPermission(action, f"arn:aws:s3:::{unquote(path).lstrip('/')}")


def _keys_to_delete(request: AwsRequest) -> list[str]:
    try:
        document = xmltodict.parse(request.http.environ["interline.body"], disable_entities=True)
        objects = document["Delete"]["Object"]
        return [str(entry["Key"]) for entry in (objects if isinstance(objects, list) else [objects])]
    except Exception as error:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed") from error
