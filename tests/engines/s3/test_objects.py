"""S3's defaults: what a bucket made today refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.engines.conftest import LocalAwsProcess


@pytest.fixture
def stored(local_aws: LocalAwsProcess) -> Iterator[Any]:
    s3 = local_aws.client("s3", "bookings")
    s3.put_object(Bucket="bookings-curated", Key="store/one", Body=b"one")
    yield s3
    s3.delete_object(Bucket="bookings-curated", Key="store/one")


def code_of(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return str(error.value.response["Error"]["Code"])


def test_there_are_no_acls(stored: Any) -> None:
    where = {"Bucket": "bookings-curated", "Key": "store/one"}
    put = stored.put_object
    assert code_of(put, **where, Body=b"", ACL="public-read") == "AccessControlListNotSupported"
    put(**where, Body=b"one", ACL="bucket-owner-full-control")


def test_multipart_uploads_copies_and_deletes_work(stored: Any) -> None:
    where = {"Bucket": "bookings-curated", "Key": "store/parts"}
    upload = stored.create_multipart_upload(**where)["UploadId"]
    parts = []
    for number, body in enumerate((b"x" * (5 << 20), b"tail"), start=1):
        tag = stored.upload_part(**where, UploadId=upload, PartNumber=number, Body=body)["ETag"]
        parts.append({"PartNumber": number, "ETag": tag})
    stored.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    assert stored.head_object(**where)["ContentLength"] == (5 << 20) + 4
    stored.copy_object(Bucket="bookings-curated", Key="store/copy", CopySource=where)
    deleted = stored.delete_objects(
        Bucket="bookings-curated", Delete={"Objects": [{"Key": "store/parts"}, {"Key": "store/copy"}]}
    )
    assert len(deleted["Deleted"]) == 2


def test_keys_of_any_characters_are_unchanged(stored: Any) -> None:
    for key in ("store/a b+c", "store/ümlaut/=x", "store/dt=2013-01-01/part 1%20.json", "store/q?x=1&y"):
        stored.put_object(Bucket="bookings-curated", Key=key, Body=key.encode())
        assert stored.get_object(Bucket="bookings-curated", Key=key)["Body"].read().decode() == key
        stored.delete_object(Bucket="bookings-curated", Key=key)


def test_a_missing_key_is_hidden_from_who_may_not_list(local_aws: LocalAwsProcess, stored: Any) -> None:
    only_objects = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::bookings-curated/*",
        },
    }
    narrowed = local_aws.client_with(
        "s3",
        local_aws.assume(
            local_aws.role_arn("bookings"),
            via=local_aws.airflow_client("sts"),
            Policy=json.dumps(only_objects),
        ),
    )
    assert narrowed.get_object(Bucket="bookings-curated", Key="store/one")["Body"].read() == b"one"
    assert code_of(narrowed.get_object, Bucket="bookings-curated", Key="store/none") == "AccessDenied"
    assert code_of(stored.get_object, Bucket="bookings-curated", Key="store/none") == "NoSuchKey"
