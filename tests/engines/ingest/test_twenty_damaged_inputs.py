"""More than twenty damaged deliveries through the real tasks and the local AWS: read whole, or refused by name.

Each is landed as a source system lands it, for one day beside a good object. Then either every row is read, by Athena and by
Redshift Spectrum alike, or `land` or `crawl` stops and names the object, the line where there is one, and what to
do. Nothing may be lost in silence, whichever of the two tasks looks first. The judges are the count of the rows that
were written here, and AWS's pages, named beside the cases that are refused.
"""

from __future__ import annotations

import gzip
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from interline.airflow.operators.crawling import CrawlFailed, Landing, LandingCrawlerOperator, RowsLost
from interline.airflow.operators.landing import LandingIncomplete, LandingUnreadable, S3LandingOperator
from interline.aws.athena_queries import AthenaQueriesHook
from interline.aws.redshift_statements import RedshiftStatementsHook
from interline.contracts import Source
from tests.engines.conftest import LocalAwsProcess, acting_as

DAY = "2013-01-01"
SECONDS = 30
ACTING: dict[str, Any] = {"aws_conn_id": "aws_bookings", "region_name": "us-east-1"}
GOOD_CSV = b"id,name\n1,x\n2,y\n"
GOOD_JSON = b'{"id": 1}\n{"id": 2}\n'
GOOD_ROWS = 2


@dataclass
class Tasks:
    """The tasks of a product whose one source is a folder of its own."""

    aws: LocalAwsProcess
    source: Source
    landed: dict[str, Any] = field(default_factory=dict)

    def put(self, name: str, content: bytes, folder: str = f"dt={DAY}") -> None:
        """Deliver an object as the source system does."""
        key = f"{self.source.name}/{folder}/{name}"
        self.aws.source_client("bookings").put_object(Bucket="bookings-landing", Key=key, Body=content)

    def land(self) -> None:
        """Run `land`."""
        self.landed = S3LandingOperator(
            task_id="land", bucket="bookings-landing", sources=[self.source], data_day=DAY, **ACTING
        ).execute({})  # type: ignore[typeddict-item]

    def crawl(self, landing_task: str | None = "land") -> None:
        """Run `crawl`, which is told what `land` counted if there is such a task."""
        name = self.source.name
        LandingCrawlerOperator(
            task_id="crawl",
            config={
                "Name": name,
                "Role": self.aws.role_arn("bookings"),
                "DatabaseName": "bookings_landing",
                "Targets": {"S3Targets": [{"Path": f"s3://bookings-landing/{name}/"}]},
                "Configuration": json.dumps(
                    {"Version": 1.0, "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"}}
                ),
            },
            tables=[name],
            landing=Landing("bookings-landing", (self.source,), "bookings", landing_task),
            data_day=DAY,
            poll_interval=1,
            deferrable=False,
            **ACTING,
        ).execute({"ti": self})  # type: ignore[typeddict-item]

    def xcom_pull(self, task_ids: str) -> dict[str, Any]:
        """What a task returned."""
        assert task_ids == "land"
        return self.landed

    def rows(self) -> tuple[int, int]:
        """The day's rows as Athena and as Redshift Spectrum count them."""
        where = f"bookings_landing.{self.source.name} where dt = '{DAY}'"
        athena = AthenaQueriesHook(workgroup="bookings", **ACTING)
        redshift = RedshiftStatementsHook(cluster="bookings", database="bookings", **ACTING)
        redshift.run(
            "create external schema if not exists bookings_landing from data catalog database"
            f" 'bookings_landing' iam_role '{self.aws.role_arn('bookings')}'"
        )
        counted = redshift.run(f"select count(*) from {where}")[0].rows
        return int(athena.rows(f"select count(*) from {where}")[0][0] or 0), int(counted[0][0] or 0)


@pytest.fixture(scope="module")
def airflow(local_aws: LocalAwsProcess) -> Iterator[LocalAwsProcess]:
    """This process as Airflow on the local AWS."""
    with acting_as(local_aws.environment):
        yield local_aws


def tasks_for(aws: LocalAwsProcess, form: str) -> Tasks:
    """Tasks whose source is new, with one good object."""
    tasks = Tasks(aws, Source(f"damaged_{uuid.uuid4().hex[:8]}", form))
    tasks.put(f"good.{form}", GOOD_CSV if form == "csv" else GOOD_JSON)
    return tasks


READ = {
    # name: the format, the object, how many rows were written into it
    "CR LF": ("csv", "a.csv", b"id,name\r\n3,x\r\n4,y\r\n", 2),
    "CR alone": ("csv", "a.csv", b"id,name\r3,x\r4,y\r", 2),
    "line ends of all kinds": ("csv", "a.csv", b"id,name\r\n3,x\n4,y\r5,z", 3),
    "no last line end": ("csv", "a.csv", b"id,name\n3,x\n4,y", 2),
    "byte order mark": ("csv", "a.csv", b"\xef\xbb\xbfid,name\n3,x\n4,y\n", 2),
    "quotes around a field": ("csv", "a.csv", b'id,name\n3,"x"\n4,"y"\n', 2),
    "header only": ("csv", "a.csv", b"id,name\n", 0),
    "CR LF in JSON": ("json", "a.json", b'{"id": 3}\r\n{"id": 4}\r\n', 2),
    "byte order mark in JSON": ("json", "a.json", b'\xef\xbb\xbf{"id": 3}\n', 1),
    "gzip of several members": ("json", "a.json.gz", gzip.compress(b'{"id": 3}\n') + gzip.compress(b'{"id": 4}'), 2),
    "keys in other letters": ("json", "a.json", b'{"ID": 3}\n{"Id": 4}\n', 2),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_every_row_is_read(airflow: LocalAwsProcess, case: str) -> None:
    form, name, content, rows = READ[case]
    tasks = tasks_for(airflow, form)
    tasks.put(name, content)
    tasks.land()
    tasks.crawl()
    assert tasks.rows() == (GOOD_ROWS + rows,) * 2


# "Built-in classifiers" and "Writing custom classifiers" (AWS Glue Developer Guide), "Open CSV SerDe for processing CSV", "OpenX
# JSON SerDe" and "Best practices for reading JSON data" (Amazon Athena User Guide), "HIVE_CURSOR_ERROR exceptions"
# (re:Post), "CREATE EXTERNAL TABLE" and "Preparing your input data" (Amazon Redshift Database Developer Guide)
REFUSED_AT_LANDING = {
    # name: the format, the object, what the message says behind the object's name
    "an empty object": ("csv", "a.csv", b"", " is empty"),
    "cut off in a line": ("json", "a.json", b'{"id": 3}\n{"id"', " was cut off: its last line is no complete JSON"),
    "gzip that ends early": ("json", "a.json.gz", gzip.compress(GOOD_JSON * 99)[:-9], " was cut off: its gzip ends early"),
    "NUL": ("csv", "a.csv", b"id,name\n3,x\0\n", ", line 2: the line holds a NUL"),
    "mixed delimiters": ("csv", "a.csv", b"id,name\n3;x\n4,y\n", ", line 2: it has 1 fields, line 1 has 2"),
    "quoted commas": ("csv", "a.csv", b'id,name\n3,"x, y"\n', ", line 2: the delimiter ',' stands within quotes"),
    "quoted line ends": ("csv", "a.csv", b'id,name\n3,"x\ny"\n', ", line 2: a quoted field goes on in the next line"),
    "a blank line": ("json", "a.json", b'{"id": 3}\n\n{"id": 4}\n', ", line 2: a blank line"),
    "a JSON array": ("json", "a.json", b'[{"id": 3}, {"id": 4}]\n', ", line 1: it is a JSON array"),
    "pretty-printed JSON": ("json", "a.json", b'{\n  "id": 3\n}\n', ", line 1: its JSON goes over several lines"),
    "a key twice": ("json", "a.json", b'{"Id": 3, "id": 4}\n', ", line 1: the key 'id' occurs twice"),
    "JSON 5,000 deep": ("json", "a.json", b'{"id":' + b"[" * 5_000 + b"]" * 5_000 + b"}\n", ", line 1: its JSON is nested too"),
    "CSV named JSON": ("json", "a.json", b"id,name\n3,x\n", ", line 1: it is no JSON, but CSV: id,name"),
    "JSON among CSV": ("csv", "a.csv", GOOD_JSON, ", line 1: it is JSON, not CSV"),
    "Parquet beside JSON": ("json", "a.parquet", b"PAR1....PAR1", ": it is Parquet"),
    "UTF-16": ("csv", "a.csv", GOOD_CSV.decode().encode("utf-16"), ": it is UTF-16"),
    "Latin-1": ("csv", "a.csv", "id,name\n3,é\n".encode("latin-1"), ", line 2: the line is not UTF-8"),
    "a line of 50 MB": ("json", "a.json", b'{"id": "' + b"x" * 50_000_000 + b'"}\n', ", line 1: a line of more than"),
    "100,000 columns": ("csv", "a.csv", b",".join(b"c%d" % n for n in range(100_000)) + b"\n", ", line 1: it has 100,000"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED_AT_LANDING)
def test_landing_names_what_cannot_be_read(airflow: LocalAwsProcess, case: str) -> None:
    form, name, content, message = REFUSED_AT_LANDING[case]
    tasks = tasks_for(airflow, form)
    tasks.put(name, content)
    begun = time.monotonic()
    with pytest.raises((LandingIncomplete, LandingUnreadable), match="then clear this task") as refused:
        tasks.land()
    assert f"s3://bookings-landing/{tasks.source.name}/dt={DAY}/{name}{message}" in str(refused.value)
    assert time.monotonic() - begun < SECONDS


@pytest.mark.parametrize("case", sorted(set(REFUSED_AT_LANDING) - {"an empty object"}))
def test_a_crawl_that_nobody_went_before_names_it_too(airflow: LocalAwsProcess, case: str) -> None:
    form, name, content, _ = REFUSED_AT_LANDING[case]
    tasks = tasks_for(airflow, form)
    tasks.put(name, content)
    begun = time.monotonic()
    with pytest.raises(
        (CrawlFailed, RowsLost), match=f"s3://bookings-landing/{tasks.source.name}/dt={DAY}/{name}"
    ):
        tasks.crawl(landing_task=None)
    assert time.monotonic() - begun < SECONDS


@pytest.mark.parametrize("folder", ["dt=2013-13-45", "dt=x", "hour=05"])
def test_landing_names_what_is_in_no_data_day(airflow: LocalAwsProcess, folder: str) -> None:
    tasks = tasks_for(airflow, "json")
    tasks.put("a.json", GOOD_JSON, folder)
    with pytest.raises(
        LandingUnreadable, match=rf"{tasks.source.name}/{folder}/a\.json is in no data day.* Move it"
    ):
        tasks.land()


LONG = b'{"id": 3, "text": "' + b"x" * 1_000 + b'"}\n'
OTHER_HEADERS = {
    # ("How can I prevent the AWS Glue crawler from creating multiple tables?", re:Post: format and schema must agree)
    "another delimiter": (b"id|name\n3|x\n4|y\n", "it is cut at '|', and"),
    "no header": (b"3,x\n4,y\n", "it begins with 3,x, and"),
    "columns in another order": (b"name,id\nx,3\ny,4\n", "it begins with name,id, and"),
}


@pytest.mark.parametrize("case", OTHER_HEADERS)
def test_an_object_with_another_header_stops_land_and_crawl(airflow: LocalAwsProcess, case: str) -> None:
    content, reason = OTHER_HEADERS[case]
    tasks = tasks_for(airflow, "csv")
    tasks.put("other.csv", GOOD_CSV)
    tasks.put("z.csv", content)
    uri = f"s3://bookings-landing/{tasks.source.name}/dt={DAY}/z.csv"
    with pytest.raises(
        LandingUnreadable, match="the same header line and delimiter in every object"
    ) as refused:
        tasks.land()
    assert f"{uri}, line 1: {reason}" in str(refused.value)
    with pytest.raises(RowsLost, match="the same header line and delimiter in every object") as lost:
        tasks.crawl(landing_task=None)
    assert f"{uri}, line 1: {reason}" in str(lost.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"3,x\n4,y\n", "it has no header, unlike"),
        (b"name,id\nx,3\ny,4\n", "its first line has 'name' where the table has the column 'id'"),
        (b"id|name\n3|x\n4|y\n", "it has another delimiter than"),
    ],
    ids=["no header", "columns in another order", "another delimiter"],
)
def test_a_day_unlike_the_days_before_stops_the_crawl(
    airflow: LocalAwsProcess, content: bytes, reason: str
) -> None:
    # the table goes by the days before: Athena would pass over the first row of this one, or read it shifted
    tasks = Tasks(airflow, Source(f"damaged_{uuid.uuid4().hex[:8]}", "csv"))
    for day in ("2012-12-30", "2012-12-31"):
        tasks.put("a.csv", GOOD_CSV, f"dt={day}")
    tasks.put("a.csv", content)
    tasks.land()
    with pytest.raises((CrawlFailed, RowsLost), match=reason) as refused:
        tasks.crawl()
    assert f"{tasks.source.name}/dt={DAY}/a.csv" in str(refused.value)


def test_a_key_that_occurs_twice_far_behind_is_named_by_the_count(airflow: LocalAwsProcess) -> None:
    # "doesn't allow duplicate keys in map or struct key names" (OpenX JSON SerDe)
    tasks = tasks_for(airflow, "json")
    tasks.put("a.json", LONG * 2_000 + b'{"id": 3, "ID": 4}\n')
    tasks.land()
    with pytest.raises(
        RowsLost, match=rf'Duplicate key "id" \(s3://.*/{tasks.source.name}/.*/a\.json, line 2001\)'
    ):
        tasks.crawl()


def test_a_column_that_is_the_key_of_the_folders_stops_the_crawl(airflow: LocalAwsProcess) -> None:
    # "Table descriptor contains duplicate columns" (Troubleshooting in Athena, HIVE_INVALID_METADATA)
    tasks = Tasks(airflow, Source(f"damaged_{uuid.uuid4().hex[:8]}", "json"))
    tasks.put("a.json", b'{"id": 1, "dt": "2013-01-01"}\n')
    tasks.land()
    with pytest.raises(CrawlFailed, match=f"{tasks.source.name} has the columns dt twice"):
        tasks.crawl()


def test_an_object_that_lands_between_land_and_crawl_is_read(airflow: LocalAwsProcess) -> None:
    tasks = tasks_for(airflow, "csv")
    tasks.land()
    tasks.put("late.csv", b"id,name\n3,z\n")
    tasks.crawl()
    assert tasks.rows() == (GOOD_ROWS + 1,) * 2
