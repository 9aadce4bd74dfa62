"""What a crawler makes of objects that are no plain JSON lines or CSV; what it leaves out is in its log, with the reason."""

from __future__ import annotations

import gzip
import threading
import time

import pytest

from local.engines import catalog, objects
from local.engines.errors import EntityNotFound
from local.services.glue.crawler.configuration import CrawlerOptions, Target
from local.services.glue.crawler.crawl import Crawl


def crawled(bench, **contents: bytes):
    """What a crawl of one folder changed, and the columns of its table if there is one; names are file names, `__` for a dot."""
    for name, content in contents.items():
        objects.put(f"{bench.location}t/{name.replace('__', '.')}", content)
    crawl = Crawl(
        account=bench.account,
        crawler="t",
        caller=bench.caller,
        database=bench.database,
        table_prefix="",
        options=CrawlerOptions(targets=(Target(f"{bench.location}t/"),)),
        classifiers=(),
        stop=threading.Event(),
    )
    outcome = crawl.run()
    try:
        table = catalog.find_table(bench.account, bench.database, "t")
    except EntityNotFound:
        return outcome, None
    return outcome, {column.name: column.glue_type for column in table.columns}


# The built-in CSV classifier makes LazySimpleSerDe tables of quoted fields too ("Built-in classifiers in AWS Glue")
@pytest.mark.parametrize(
    ("content", "columns"),
    [
        (b'id,name\n1,"Smith, Jane"\n2,Bo\n', {"id": "bigint", "name": "string"}),
        (b"id,n\r\n1,x\r\n2,y\r\n", {"id": "bigint", "n": "string"}),
        (b"id,n\r1,x\r2,y", {"id": "bigint", "n": "string"}),
        ("\ufeffid,n\n1,x\n".encode(), {"id": "bigint", "n": "string"}),
        (b"id,n\n\n1,x\n", {"id": "bigint", "n": "string"}),
    ],
    ids=["quoted comma", "CR LF", "CR", "byte order mark", "blank line"],
)
def test_csv_becomes_a_table_of_lazy_simple_serde(bench, content, columns):
    outcome, found = crawled(bench, a__csv=content)
    assert found == columns
    assert outcome.notes == []
    assert catalog.find_table(bench.account, bench.database, "t").serde.endswith("LazySimpleSerDe")


# "Writing custom classifiers" (AWS Glue Developer Guide): the built-in classifier makes one column `array` of an array
@pytest.mark.parametrize(
    ("content", "columns"),
    [
        (b'[{"a": 1}, {"a": 2, "b": "x"}]\n', {"array": "array<struct<a:int,b:string>>"}),
        (b'{\n  "a": 1,\n  "b": "x"\n}\n{\n  "a": 2\n}\n', {"a": "int", "b": "string"}),
        (b'[\n{"a": 1}\n]', {"array": "array<struct<a:int>>"}),
        (b'{"a": {"Name": 1, "name": "x"}}\n', {"a": "struct<Name:string>"}),
    ],
    ids=["array", "pretty-printed", "pretty-printed array", "a name twice in a struct"],
)
def test_json_that_is_no_lines_is_recognised(bench, content, columns):
    assert crawled(bench, a__json=content)[1] == columns


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"id,n\n", "two columns and two rows"),
        (b"one column\nof text\n", "nor cut into the same number of fields"),
        (b"a,b\n1;2\n3,4,5\n", "nor cut into the same number of fields"),
        ("id,n\n1,x\n".encode("utf-16"), "UTF-16"),
        ("id,n\n1,x\n".encode("utf-16-le"), "NUL bytes"),
        (b'{"a": [1, 2\n', "line 1 is no JSON"),
        (b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}\n", "nested"),
        (b"PAR1 and then nothing", "magic bytes"),
    ],
    ids=["header only", "one column", "mixed delimiters", "UTF-16", "UTF-16 unmarked", "no JSON", "deep", "Parquet"],
)  # fmt: skip
def test_what_no_classifier_recognises_is_noted_with_the_reason(bench, content, reason):
    outcome, found = crawled(bench, a__txt=content)
    assert found is None
    [note] = outcome.notes
    assert "t/a.txt is in no table" in note
    assert reason in note


def test_a_damaged_gzip_is_noted(bench):
    outcome, found = crawled(bench, a__json__gz=gzip.compress(b'{"a": 1}\n' * 100)[:-10])
    assert found is None
    assert "a.json.gz is in no table: Unexpected end of input stream" in outcome.notes[0]


# "How can I prevent the AWS Glue crawler from creating multiple tables?" (re:Post): format and schema must agree
@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (b'{"a": 1}\n', "is json, not csv as"),
        (b"a|b\n1|2\n3|4\n", "has another delimiter than"),
        (b"1,2\n3,4\n", "has no header, unlike"),
    ],
    ids=["format", "delimiter", "header"],
)
def test_an_object_unlike_the_others_of_its_folder_is_noted(bench, odd, reason):
    outcome, found = crawled(bench, a__csv=b"a,b\n1,x\n", b__csv=b"a,b\n2,y\n", c__csv=odd)
    assert found == {"a": "bigint", "b": "string"}
    [note] = outcome.notes
    assert "t/c.csv is in no table" in note
    assert reason in note


def test_a_hundred_thousand_columns_are_refused_at_once(bench):
    header = ",".join(f"c{number}" for number in range(100_000)).encode()
    row = b",".join([b"1"] * 100_000)
    begun = time.monotonic()
    outcome, found = crawled(bench, a__csv=header + b"\n" + row + b"\n" + row + b"\n")
    assert found is None
    assert "it has 100,000 columns; a table has 1,600 at most" in outcome.notes[0]
    assert time.monotonic() - begun < 20


def test_what_was_left_out_is_in_the_crawls_log(lake, local_aws, name):
    lake.land("bookings", f"{name}/a.csv", "id,n\n1,x\n2,y\n")
    lake.land("bookings", f"{name}/b.json", '{"id": 1}\n')
    last = lake.crawl("bookings", lake.crawler("bookings", name))
    assert last["Status"] == "SUCCEEDED"
    events = local_aws.client("logs", "bookings").filter_log_events(
        logGroupName=last["LogGroup"], logStreamNames=[last["LogStream"]]
    )["events"]
    messages = [event["message"] for event in events if last["MessagePrefix"] in event["message"]]
    [message] = [message for message in messages if f"{name}/b.json is in no table" in message]
    assert "is json, not csv" in message
