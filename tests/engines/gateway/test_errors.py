"""What is not there answers as AWS would, in the protocol of the service, and never hangs a client in retries."""

from __future__ import annotations

import http.client
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.engines.conftest import LocalAwsProcess


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code", "named"),
    [
        # awsJson, awsQuery, rest-json and rest-xml operations that moto does not have
        ("glue", "list_data_quality_rulesets", {}, "UnknownOperationException", "ListDataQualityRulesets"),
        (
            "redshift",
            "describe_partners",
            {"AccountId": "222222222222", "ClusterIdentifier": "bookings"},
            "InvalidAction",
            "DescribePartners",
        ),
        (
            "lakeformation",
            "list_lake_formation_opt_ins",
            {},
            "UnknownOperationException",
            "ListLakeFormationOptIns",
        ),
        (
            "s3",
            "list_bucket_metrics_configurations",
            {"Bucket": "bookings-curated"},
            "NotImplemented",
            "ListBucketMetricsConfigurations",
        ),
        # a service that is not served at all
        ("emr-serverless", "list_applications", {}, "UnknownOperationException", "emr-serverless"),
    ],
)
def test_a_missing_operation_is_named(
    local_aws: LocalAwsProcess, service: str, operation: str, arguments: dict[str, Any], code: str, named: str
) -> None:
    client = local_aws.client(service, "bookings")
    with pytest.raises(ClientError) as error:
        getattr(client, operation)(**arguments)
    error_body = error.value.response["Error"]
    assert error_body["Code"] == code
    assert "docs/local-aws.md" in error_body["Message"]
    assert named in error_body["Message"]


def times_called(aws: LocalAwsProcess, action: str) -> int:
    return sum(f" {action} " in line for line in aws.log().splitlines())


def test_a_refusal_is_not_retried(local_aws: LocalAwsProcess) -> None:
    """botocore's default retries would take seconds; the log shows that it asked once."""
    patient = boto3.client(
        "sts", region_name="us-east-1", endpoint_url=local_aws.endpoint, **local_aws.credentials("bookings")
    )
    before = times_called(local_aws, "sts:GetSessionToken")
    started = time.monotonic()
    with pytest.raises(ClientError, match="GetSessionToken"):
        patient.get_session_token()
    assert time.monotonic() - started < 2
    assert times_called(local_aws, "sts:GetSessionToken") == before + 1


def send(aws: LocalAwsProcess, method: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(aws.endpoint.removeprefix("http://"), timeout=5)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/", "/moto-api/", "/moto-api/data.json", "/latest/meta-data/", "/no/such"])
def test_no_page_is_served_to_a_browser(local_aws: LocalAwsProcess, path: str) -> None:
    status, body = send(local_aws, "GET", path)
    assert status == 403
    assert b"<html" not in body.lower()


def test_moto_can_not_be_reset_from_outside(local_aws: LocalAwsProcess) -> None:
    status, _ = send(local_aws, "POST", "/moto-api/reset")
    assert status == 403
    assert local_aws.client("s3", "bookings").head_bucket(Bucket="bookings-curated")
