"""Who calls: keys, secrets, tokens, accounts."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.engines.conftest import NO_RETRIES, LocalAwsProcess


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def client_with_key(aws: LocalAwsProcess, service: str, **changes: str) -> Any:
    return aws.client_with(service, aws.credentials("bookings") | changes)


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code"),
    [
        ("sts", "get_caller_identity", {}, "InvalidClientTokenId"),
        ("s3", "list_buckets", {}, "InvalidAccessKeyId"),
        ("glue", "get_databases", {}, "UnrecognizedClientException"),
        ("lakeformation", "list_permissions", {}, "UnrecognizedClientException"),
        ("redshift", "describe_clusters", {}, "InvalidClientTokenId"),
    ],
)
def test_an_unknown_key_is_refused_in_the_words_of_the_service(
    local_aws: LocalAwsProcess, service: str, operation: str, arguments: dict[str, Any], code: str
) -> None:
    client = client_with_key(local_aws, service, aws_access_key_id="ASIAAAAAAAAAAAAAAAAA")
    with pytest.raises(ClientError) as error:
        getattr(client, operation)(**arguments)
    assert code_of(error) == code


def test_a_wrong_secret_is_refused(local_aws: LocalAwsProcess) -> None:
    with pytest.raises(ClientError) as error:
        client_with_key(local_aws, "sts", aws_secret_access_key="x" * 40).get_caller_identity()
    assert code_of(error) == "SignatureDoesNotMatch"


def test_a_wrong_session_token_is_refused(local_aws: LocalAwsProcess) -> None:
    with pytest.raises(ClientError) as error:
        client_with_key(local_aws, "sts", aws_session_token="not-the-token").get_caller_identity()
    assert code_of(error) == "InvalidClientTokenId"


def test_an_unsigned_request_is_refused(local_aws: LocalAwsProcess) -> None:
    from botocore import UNSIGNED
    from botocore.config import Config

    client = boto3.client(
        "s3",
        endpoint_url=local_aws.endpoint,
        region_name="us-east-1",
        config=Config(signature_version=UNSIGNED).merge(NO_RETRIES),
    )
    with pytest.raises(ClientError) as error:
        client.list_objects_v2(Bucket="bookings-landing")
    assert code_of(error) == "AccessDenied"


def test_no_header_moves_a_caller_into_another_account(local_aws: LocalAwsProcess) -> None:
    client = local_aws.client("s3", "shopping")
    client.meta.events.register(
        "before-sign.s3", lambda request, **_: request.headers.add_header("x-moto-account-id", "222222222222")
    )
    with pytest.raises(ClientError) as error:
        client.list_objects_v2(Bucket="bookings-landing")
    assert code_of(error) == "AccessDenied"
