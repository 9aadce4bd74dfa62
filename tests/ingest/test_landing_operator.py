"""What landed is there, whole and readable; otherwise the task says which object, which line, and what to do."""

from __future__ import annotations

import bz2
import gzip
import io
from collections.abc import Iterator
from typing import Any

import boto3
import pyarrow
import pyarrow.parquet
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from interline.airflow.data_day import NoDataDay
from interline.airflow.operators.landing import LandingIncomplete, LandingUnreadable, S3LandingOperator
from interline.contracts import Source

DAY = "2013-01-01"
LINE = b'{"a": 1, "b": "text"}\n'


def parquet(rows: int) -> bytes:
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"a": range(rows)}), sink)
    return sink.getvalue()


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


def land(form: str = "json", day: str = DAY) -> dict[str, dict[str, Any]]:
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
    assert land() == {"events": {"objects": 2, "bytes": 10_001 * len(LINE) - 1, "records": 10_001}}


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
        ("parquet", parquet(5)[:-3], "ends with PAR1"),
    ],
)
def test_an_object_that_is_not_whole(bucket: Any, form: str, body: bytes, message: str) -> None:
    put(bucket, "1.file", body)
    with pytest.raises(LandingIncomplete, match=message):
        land(form)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("1.json.gz", gzip.compress(LINE * 1_000)[:-20]),
        ("1.json.gz", gzip.compress(LINE) + gzip.compress(LINE * 1_000)[:-20]),
        ("1.json.bz2", bz2.compress(LINE * 1_000)[:-20]),
        ("1.json.zst", pyarrow.compress(LINE * 1_000, codec="zstd", asbytes=True)[:-3]),
    ],
    ids=["gzip", "second member", "bzip2", "zstd"],
)
def test_a_compressed_object_that_ends_early(bucket: Any, name: str, body: bytes) -> None:
    put(bucket, name, body)
    with pytest.raises(LandingIncomplete, match=f"{name} was cut off: its [a-z0-9]+ ends early"):
        land()


@pytest.mark.parametrize(
    ("form", "name", "body", "records"),
    [
        ("json", "1.json.gz", gzip.compress(LINE, mtime=0), 1),
        ("json", "1.json.gz", gzip.compress(LINE) + gzip.compress(LINE * 2), 3),
        ("json", "1.json.bz2", bz2.compress(LINE) + bz2.compress(LINE), 2),
        ("json", "1.json.zst", pyarrow.compress(LINE * 3, codec="zstd", asbytes=True), 3),
        ("json", "1.json", b'{"a": "' + b"x" * 200_000 + b'"}\n', 1),
        ("csv", "1.csv", b"a,b\n1,2\n3,4\n", 3),
        ("csv", "1.csv", b'a,b\n"x",2\n"z",3', 3),
        ("csv", "1.csv", b"a,b\n", 1),
        ("parquet", "1.parquet", parquet(70_000), 70_000),
        ("parquet", "1.parquet", parquet(0), 0),
    ],
    ids=["gzip", "members", "bzip2", "zstd", "long", "csv", "quotes", "header only", "parquet", "no rows"],
)
def test_the_records_of_a_whole_object_are_counted(
    bucket: Any, form: str, name: str, body: bytes, records: int
) -> None:
    put(bucket, name, body)
    found = land(form)["events"]
    found.pop("header", None)
    assert found == {"objects": 1, "bytes": len(body), "records": records}


def test_the_header_of_csv_is_reported(bucket: Any) -> None:
    put(bucket, "1.csv", b"id,name\n1,x\n")
    put(bucket, "2.csv", b"id,name\n2,y\n")
    assert land("csv")["events"]["header"] == {
        "object": "s3://bookings-landing/events/dt=2013-01-01/1.csv",
        "columns": ["id", "name"],
        "delimiter": ",",
    }


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            b"3,4\n5,6\n",
            "it begins with 3,4, and s3://bookings-landing/events/dt=2013-01-01/1.csv with id,name",
        ),
        (b"name,id\nx,1\n", "it begins with name,id, and"),
        (b"id|name\n3|x\n", "it is cut at '|', and"),
    ],
)
def test_an_object_with_another_header_than_the_others(bucket: Any, body: bytes, problem: str) -> None:
    put(bucket, "1.csv", b"id,name\n1,x\n")
    put(bucket, "2.csv", body)
    with pytest.raises(
        LandingUnreadable, match="the same header line and delimiter in every object"
    ) as refused:
        land("csv")
    assert f"events/dt=2013-01-01/2.csv, line 1: {problem}" in str(refused.value)


def test_of_parquet_only_the_footer_is_read(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = io.BytesIO()
    random = pyarrow.table({"a": [f"{number * 7919 % 1_000_003}" for number in range(200_000)]})
    pyarrow.parquet.write_table(random, sink, use_dictionary=False, compression="none")
    put(bucket, "1.parquet", sink.getvalue())
    read: list[int] = []
    original = BaseClient._make_api_call

    def counted(self: Any, operation: str, arguments: Any) -> Any:
        answer = original(self, operation, arguments)
        if operation == "GetObject":
            read.append(answer["ContentLength"])
        return answer

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    assert land("parquet")["events"]["records"] == 200_000
    assert 0 < sum(read) < 10_000 < len(sink.getvalue())


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("1.json", b'{\n"a": 1\n}\n', r"1\.json, line 1: its JSON goes over several lines"),
        ("1.json", b"a,b\n1,2\n", r"1\.json, line 1: it is no JSON, but CSV: a,b"),
        ("1.json", b"PAR1....PAR1", r"1\.json: it is Parquet"),
        ("1.json.gz", LINE, r"1\.json\.gz: its gzip is damaged, or it is none"),
        ("_1.json", LINE, r"_1\.json: its name has a part that begins with _"),
    ],
)
def test_what_no_table_could_show_is_named_with_what_to_do(
    bucket: Any, name: str, body: bytes, message: str
) -> None:
    put(bucket, "0.json", LINE)
    put(bucket, name, body)
    with pytest.raises(LandingUnreadable, match=message) as refused:
        land()
    assert str(refused.value).endswith(", then clear this task")


def test_every_object_that_cannot_be_read_is_named(bucket: Any) -> None:
    for number in range(30):
        put(bucket, f"{number:02}.json", b"\n")
    with pytest.raises(LandingUnreadable, match="a blank line") as refused:
        land()
    lines = str(refused.value).splitlines()
    assert len(lines) == 21
    assert lines[0].startswith("s3://bookings-landing/events/dt=2013-01-01/00.json, line 1: a blank line")
    assert lines[-1] == "… and 10 more"


def test_parquet_that_is_none(bucket: Any) -> None:
    put(bucket, "1.parquet", LINE)
    with pytest.raises(LandingUnreadable, match="it is no Parquet"):
        land("parquet")
    put(bucket, "1.parquet", b"PAR1....PAR1")
    with pytest.raises(LandingUnreadable, match="its Parquet footer is damaged"):
        land("parquet")


@pytest.mark.parametrize(
    "key",
    ["dt=2013-13-45/a.json", "dt=x/a.json", "hour=05/a.json", "dt=2013-1-5/deep/a.json", "a.json"],
)
def test_an_object_in_no_data_day_stops_the_task(bucket: Any, key: str) -> None:
    put(bucket, "1.json", LINE)
    bucket.put_object(Bucket="bookings-landing", Key=f"events/{key}", Body=LINE)
    with pytest.raises(LandingUnreadable, match=f"s3://bookings-landing/events/{key} is in no data day"):
        land()


def test_markers_and_empty_folders_are_no_data(bucket: Any) -> None:
    put(bucket, "1.json", LINE)
    put(bucket, "_SUCCESS", b"")
    bucket.put_object(Bucket="bookings-landing", Key="events/", Body=b"")
    bucket.put_object(Bucket="bookings-landing", Key="events/dt=later/", Body=b"")
    bucket.put_object(Bucket="bookings-landing", Key="events/_temporary/a", Body=b"half")
    bucket.put_object(Bucket="bookings-landing", Key="events/_SUCCESS", Body=b"{}")
    assert land()["events"] == {"objects": 1, "bytes": len(LINE), "records": 1}


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
