"""Sessions of roles: who may assume which role, for how long, and what a session policy leaves of it."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.engines.conftest import LocalAwsProcess


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_airflow_becomes_a_domain_and_a_domain_becomes_no_other(local_aws: LocalAwsProcess) -> None:
    shopping = local_aws.client("sts", "shopping")
    with pytest.raises(ClientError) as error:
        local_aws.assume(local_aws.role_arn("bookings"), via=shopping)
    assert code_of(error) == "AccessDenied"
    assert local_aws.assume(local_aws.role_arn("bookings"), via=local_aws.airflow_client("sts"))


def test_airflow_itself_reads_nothing(local_aws: LocalAwsProcess) -> None:
    with pytest.raises(ClientError) as error:
        local_aws.airflow_client("s3").list_objects_v2(Bucket="bookings-landing")
    assert code_of(error) == "AccessDenied"


def test_a_role_that_does_not_exist_is_refused(local_aws: LocalAwsProcess) -> None:
    with pytest.raises(ClientError) as error:
        local_aws.assume(
            "arn:aws:iam::222222222222:role/interline-nobody", via=local_aws.airflow_client("sts")
        )
    assert code_of(error) == "AccessDenied"


def test_a_chained_session_lasts_an_hour_at_most(local_aws: LocalAwsProcess) -> None:
    with pytest.raises(ClientError, match="role chaining"):
        local_aws.assume(
            local_aws.role_arn("bookings"), via=local_aws.airflow_client("sts"), DurationSeconds=7200
        )


def test_a_session_policy_narrows_the_role(local_aws: LocalAwsProcess) -> None:
    only_curated = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::bookings-curated"},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::shopping-curated"},
        ],
    }
    narrowed = local_aws.assume(
        local_aws.role_arn("bookings"), via=local_aws.airflow_client("sts"), Policy=json.dumps(only_curated)
    )
    s3 = local_aws.client_with("s3", narrowed)
    assert s3.list_objects_v2(Bucket="bookings-curated")["Name"] == "bookings-curated"
    for bucket in ("bookings-landing", "shopping-curated"):
        with pytest.raises(ClientError) as error:
            s3.list_objects_v2(Bucket=bucket)
        assert code_of(error) == "AccessDenied"
