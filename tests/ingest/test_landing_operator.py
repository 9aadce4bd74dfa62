"""What landed is there, has bytes and was not cut off; otherwise the task says which object and what to do."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from interline.airflow.data_day import NoDataDay
from interline.airflow.operators.landing import LandingIncomplete, S3LandingOperator
from interline.contracts import Source

DAY = "2013-01-01"
LINE = b'{"a": 1, "b": "text"}\n'


@pytest.fixture(scope="module")
def storage() -> Iterator[Any]:
    """S3 with a landing bucket, and the connection by which the operator reaches it."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AIRFLOW_CONN_AWS_BOOKINGS", "aws://")
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="bookings-landing")
        yield client


@pytest.fixture
def bucket(storage: Any) -> Any:
    """The landing bucket, empty."""
    for entry in storage.list_objects_v2(Bucket="bookings-landing").get("Contents", ()):
        storage.delete_object(Bucket="bookings-landing", Key=entry["Key"])
    return storage


def land(form: str = "json", day: str = DAY) -> dict[str, dict[str, int]]:
    operator = S3LandingOperator(
        task_id="land",
        bucket="bookings-landing",
        sources=[Source("events", form)],
        data_day=day,
        aws_conn_id="aws_bookings",
        region_name="us-east-1",
    )
    return operator.execute({})  # type: ignore[arg-type]


def put(bucket: Any, name: str, body: bytes, day: str = DAY) -> None:
    bucket.put_object(Bucket="bookings-landing", Key=f"events/dt={day}/{name}", Body=body)


def test_whole_objects_are_counted(bucket: Any) -> None:
    put(bucket, "1.json", LINE * 10_000)
    put(bucket, "2.json", LINE.strip())
    put(bucket, "other.json", b"{", day="2013-01-02")
    assert land() == {"events": {"objects": 2, "bytes": 10_001 * len(LINE) - 1}}


def test_nothing_landed(bucket: Any) -> None:
    put(bucket, "1.json", LINE, day="2013-01-02")
    with pytest.raises(
        LandingIncomplete, match="nothing has landed for 2013-01-01 under s3://bookings-landing/events/dt="
    ):
        land()


@pytest.mark.parametrize(
    ("form", "body", "message"),
    [
        ("json", b"", "1.file is empty"),
        ("json", LINE * 5_000 + LINE[:9], r"cut off: its last line is no complete JSON: …"),
        ("json", b'{"a"', "cut off"),
        ("csv", b"a|b|c\n1|2|3\n4|5", "last line has 2 of 3 fields"),
        ("parquet", b"PAR1 and then nothing", "ends with PAR1"),
    ],
)
def test_an_object_that_is_not_whole(bucket: Any, form: str, body: bytes, message: str) -> None:
    put(bucket, "1.file", body)
    with pytest.raises(LandingIncomplete, match=message):
        land(form)


@pytest.mark.parametrize(
    ("form", "name", "body"),
    [
        ("json", "1.json.gz", gzip.compress(LINE, mtime=0)),
        ("json", "1.json", b'{"a": "' + b"x" * 200_000 + b'"}\n'),
        ("csv", "1.csv", b"a,b\n1,2\n3,4\n"),
        ("csv", "1.csv", b'a,b\n"x, y",2\n"z"'),
        ("csv", "1.csv", b"a,b\n"),
        ("parquet", "1.parquet", b"PAR1....PAR1"),
    ],
)
def test_an_object_that_may_be_whole_is_not_refused(bucket: Any, form: str, name: str, body: bytes) -> None:
    put(bucket, name, body)
    assert land(form)["events"]["objects"] == 1


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("None", "this run has no data day"),
        ("", "this run has no data day"),
        ("2013-1-1", "the partition key '2013-1-1' is no data day, expected YYYY-MM-DD"),
        ("yesterday", "the partition key 'yesterday' is no data day, expected YYYY-MM-DD"),
    ],
)
def test_a_run_without_a_data_day(bucket: Any, day: str, message: str) -> None:
    with pytest.raises(NoDataDay, match=message):
        land(day=day)
