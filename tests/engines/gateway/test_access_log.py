"""The log says who called what, and how it ended, on one line."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError

from tests.engines.conftest import LocalAwsProcess


def lines_with(aws: LocalAwsProcess, *words: str) -> list[str]:
    return [line for line in aws.log().splitlines() if all(word in line for word in words)]


def test_an_allowed_call_is_one_line(local_aws: LocalAwsProcess) -> None:
    s3 = local_aws.client_with(
        "s3",
        local_aws.assume(
            local_aws.role_arn("bookings"),
            via=local_aws.airflow_client("sts"),
            session="bookings.reservations",
        ),
    )
    s3.list_objects_v2(Bucket="bookings-curated", Prefix="logged/")
    [line] = lines_with(local_aws, "interline-bookings/bookings.reservations", "s3:ListObjectsV2")
    assert re.match(
        r"\d\d:\d\d:\d\d\.\d{3} bookings +interline-bookings/bookings\.reservations +s3:ListObjectsV2 +"
        r"arn:aws:s3:::bookings-curated  ok  \d+ms$",
        line,
    )


def test_a_denied_call_says_so(local_aws: LocalAwsProcess) -> None:
    owner = local_aws.client("s3", "bookings")
    owner.put_object(Bucket="bookings-curated", Key="secret/thing", Body=b"x")
    assert owner.get_object(Bucket="bookings-curated", Key="secret/thing")["Body"].read() == b"x"
    with pytest.raises(ClientError, match="AccessDenied"):
        local_aws.client("s3", "loyalty").get_object(Bucket="bookings-curated", Key="secret/thing")
    [line] = lines_with(local_aws, "loyalty", "secret/thing")
    assert "DENIED AccessDenied" in line


def test_a_failed_call_names_its_error(local_aws: LocalAwsProcess) -> None:
    with pytest.raises(ClientError, match="NoSuchKey"):
        local_aws.client("s3", "bookings").get_object(Bucket="bookings-curated", Key="not/there")
    [line] = lines_with(local_aws, "not/there")
    assert "failed NoSuchKey" in line


def test_nobody_writes_lines_of_their_own(local_aws: LocalAwsProcess) -> None:
    with pytest.raises(ClientError, match="Not Found"):
        local_aws.client("s3", "bookings").get_object(
            Bucket="bookings-curated", Key="x\n10:00:00.000 forged line"
        )
    assert not [line for line in local_aws.log().splitlines() if line.startswith("10:00:00.000 forged")]


def test_no_secret_is_in_the_log(local_aws: LocalAwsProcess) -> None:
    log = local_aws.log()
    secrets = [value for name, value in local_aws.environment.items() if "SECRET" in name or "TOKEN" in name]
    secrets += [keys["AWS_SECRET_ACCESS_KEY"] for keys in local_aws.description["sources"].values()]
    secrets += [local_aws.credentials("bookings")["aws_secret_access_key"]]
    assert len(secrets) >= 5
    assert not [secret for secret in secrets if secret in log]
