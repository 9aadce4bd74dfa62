"""Crawlers make tables out of what lies in S3, and keep them up to date."""

from __future__ import annotations

import json
import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from local.engines import catalog, duckdb_engine, objects, reading
from local.services.glue.crawler.classifiers import CsvClassifier
from local.services.glue.crawler.configuration import CrawlerOptions, Target
from local.services.glue.crawler.crawl import Crawl


def lines(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def parquet(**columns: list[object]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


def test_json_lines_become_a_partitioned_table_of_glues_types(lake, name):
    lake.land(
        "bookings",
        f"{name}/dt=2013-01-01/a.jsonl",
        lines(
            {
                "Id": 1,
                "big": 2**40,
                "price": 1,
                "at": "2013-01-01T00:00:00Z",
                "ok": True,
                "who": {"name": "x", "tags": ["a"]},
            },
            {"Id": 2, "big": 1, "price": 2.5, "at": None, "mixed": 1, "empty": None},
            {"Id": 3, "mixed": "one"},
        ),
    )
    lake.crawled("bookings", name)
    assert lake.column_types("bookings", name) == {
        "id": "int",
        "big": "bigint",
        "price": "double",
        "at": "string",
        "ok": "boolean",
        "who": "struct<name:string,tags:array<string>>",
        "mixed": "string",
        "empty": "string",
    }
    table = lake.table("bookings", name)
    assert table["PartitionKeys"] == [{"Name": "dt", "Type": "string"}]
    assert table["Parameters"]["classification"] == "json"
    assert lake.partitions("bookings", name) == [["2013-01-01"]]
    assert lake.rows(
        "bookings", f"SELECT id, price, who.name, mixed, dt FROM {name} ORDER BY id", "bookings_landing"
    ) == [
        ("1", "1.0", "x", None, "2013-01-01"),
        ("2", "2.5", None, "1", "2013-01-01"),
        ("3", None, None, "one", "2013-01-01"),
    ]


def test_csv_with_a_header_and_without(lake, name):
    lake.land("bookings", f"{name}_a/x.csv", "code,seats,rate,note\nJFK,10,1.5,first class\nLAX,20,2,\n")
    lake.land("bookings", f"{name}_b/x.csv", "JFK|10\nLAX|20\n")
    lake.crawled("bookings", f"{name}_a", f"{name}_b")
    assert lake.column_types("bookings", f"{name}_a") == {
        "code": "string",
        "seats": "bigint",
        "rate": "double",
        "note": "string",
    }
    assert lake.table("bookings", f"{name}_a")["Parameters"]["skip.header.line.count"] == "1"
    assert lake.column_types("bookings", f"{name}_b") == {"col0": "string", "col1": "bigint"}
    assert lake.rows("bookings", f"SELECT * FROM {name}_a ORDER BY seats", "bookings_landing") == [
        ("JFK", "10", "1.5", "first class"),
        ("LAX", "20", "2.0", ""),
    ]
    assert lake.rows("bookings", f"SELECT sum(col1) FROM {name}_b", "bookings_landing") == [("30",)]


@pytest.mark.parametrize(
    ("classifiers", "types", "rows"),
    [
        ((), ["bigint", "string", "string"], [(1, '"Smith', ' Jane"'), (2, '"Ng', ' Bo"')]),
        (
            (CsvClassifier("people", quote='"', header="PRESENT", serde="OpenCSVSerDe"),),
            ["string", "string"],
            [("1", "Smith, Jane"), ("2", "Ng, Bo")],
        ),
    ],
)
def test_only_a_custom_csv_classifier_knows_quotes(bench, classifiers, types, rows):
    text = (
        'id,name,title\n1,"Smith, Jane"\n2,"Ng, Bo"\n'
        if not classifiers
        else 'id,name\n1,"Smith, Jane"\n2,"Ng, Bo"\n'
    )
    objects.put(f"{bench.location}people/x.csv", text.encode())
    crawl = Crawl(
        account=bench.account,
        crawler="people",
        caller=bench.caller,
        database=bench.database,
        table_prefix="",
        options=CrawlerOptions(targets=(Target(f"{bench.location}people/"),)),
        classifiers=classifiers,
        stop=threading.Event(),
    )
    assert crawl.run().tables_created == ["people"]
    table = catalog.find_table(bench.account, bench.database, "people")
    assert [column.glue_type for column in table.columns] == types
    connection = duckdb_engine.connect()
    found = connection.execute(f"SELECT * FROM {reading.relation(connection, table)}").fetchall()
    connection.close()
    assert found == rows


def test_parquet(lake, name):
    lake.land("bookings", f"{name}/p.parquet", parquet(Id=[1, 2], Name=["a", None]))
    lake.crawled("bookings", name)
    assert lake.column_types("bookings", name) == {"id": "bigint", "name": "string"}
    assert lake.rows("bookings", f"SELECT * FROM {name} ORDER BY id", "bookings_landing") == [
        ("1", "a"),
        ("2", None),
    ]


def test_a_later_crawl_is_a_new_version_with_wider_types(lake, local_aws, name):
    inherit = json.dumps(
        {"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}
    )
    lake.land("bookings", f"{name}/dt=2013-01-01/a.jsonl", lines({"id": 1, "seats": 2}))
    crawler = lake.crawler("bookings", name, Configuration=inherit)
    lake.crawl("bookings", crawler)
    lake.crawl("bookings", crawler)
    assert lake.table("bookings", name)["VersionId"] == "1"
    lake.land("bookings", f"{name}/dt=2013-01-02/a.jsonl", lines({"id": 2, "seats": 2.5, "channel": "web"}))
    assert lake.crawl("bookings", crawler)["Status"] == "SUCCEEDED"
    assert lake.column_types("bookings", name) == {"id": "int", "seats": "double", "channel": "string"}
    assert lake.table("bookings", name)["VersionId"] == "2"
    assert lake.partitions("bookings", name) == [["2013-01-01"], ["2013-01-02"]]
    metrics = local_aws.client("glue", "bookings").get_crawler_metrics(CrawlerNameList=[crawler])[
        "CrawlerMetricsList"
    ][0]
    assert (metrics["TablesCreated"], metrics["TablesUpdated"], metrics["TablesDeleted"]) == (0, 1, 0)
    assert lake.rows(
        "bookings", f"SELECT id, seats, channel FROM {name} ORDER BY id", "bookings_landing"
    ) == [
        ("1", "2.0", None),
        ("2", "2.5", "web"),
    ]


def test_athena_refuses_a_partition_with_types_of_its_own(lake, name):
    lake.land("bookings", f"{name}/dt=2013-01-01/a.jsonl", lines({"id": 1, "seats": 2}))
    crawler = lake.crawler("bookings", name)
    lake.crawl("bookings", crawler)
    lake.land("bookings", f"{name}/dt=2013-01-02/a.jsonl", lines({"id": 2, "seats": 2.5}))
    lake.crawl("bookings", crawler)
    reason = lake.refusal("bookings", f"SELECT seats FROM {name}", "bookings_landing")
    assert reason.startswith("HIVE_PARTITION_SCHEMA_MISMATCH")
    assert "'seats'" in reason
    assert "dt=2013-01-01" in reason


def test_schema_changes_are_only_logged_when_the_policy_says_so(lake, name):
    policy = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}
    lake.land("bookings", f"{name}/dt=2013-01-01/a.jsonl", lines({"id": 1}))
    crawler = lake.crawler("bookings", name, SchemaChangePolicy=policy)
    lake.crawl("bookings", crawler)
    lake.land("bookings", f"{name}/dt=2013-01-02/a.jsonl", lines({"id": 1, "more": 2}))
    lake.crawl("bookings", crawler)
    assert lake.column_types("bookings", name) == {"id": "int"}
    assert lake.partitions("bookings", name) == [["2013-01-01"], ["2013-01-02"]]


@pytest.mark.parametrize(
    ("behaviour", "deprecated"),
    [("DEPRECATE_IN_DATABASE", True), ("LOG", False), ("DELETE_FROM_DATABASE", None)],
)
def test_tables_whose_objects_were_deleted(lake, local_aws, name, behaviour, deprecated):
    lake.land("bookings", f"{name}/a.jsonl", lines({"id": 1}))
    crawler = lake.crawler("bookings", name, SchemaChangePolicy={"DeleteBehavior": behaviour})
    lake.crawl("bookings", crawler)
    local_aws.source_client("bookings").delete_object(Bucket="bookings-landing", Key=f"{name}/a.jsonl")
    assert lake.crawl("bookings", crawler)["Status"] == "SUCCEEDED"
    if deprecated is None:
        with pytest.raises(ClientError, match="EntityNotFoundException"):
            lake.table("bookings", name)
    else:
        assert ("DEPRECATED_BY_CRAWLER" in lake.table("bookings", name)["Parameters"]) is deprecated


def test_one_target_over_several_folders_makes_a_table_of_each(lake, local_aws, name):
    lake.land("bookings", f"{name}/reservations/dt=2013-01-01/a.jsonl", lines({"booking": "x", "seats": 1}))
    lake.land("bookings", f"{name}/airports/dt=2013-01-01/a.csv", "iata,latitude\nJFK,40.1\nLAX,33.9\n")
    lake.crawled("bookings", name, TablePrefix=f"{name}_")
    assert lake.column_types("bookings", f"{name}_reservations") == {"booking": "string", "seats": "int"}
    assert lake.column_types("bookings", f"{name}_airports") == {"iata": "string", "latitude": "double"}


def test_folders_without_keys_are_numbered_partitions(lake, name):
    for day in ("monday", "tuesday"):
        lake.land("bookings", f"{name}/{day}/a.jsonl", lines({"id": 1, "seats": 3}))
    lake.crawled("bookings", name)
    assert [key["Name"] for key in lake.table("bookings", name)["PartitionKeys"]] == ["partition_0"]
    assert lake.partitions("bookings", name) == [["monday"], ["tuesday"]]


def test_an_empty_path_and_empty_files_make_no_table(lake, name):
    last = lake.crawl("bookings", lake.crawler("bookings", name))
    assert last["Status"] == "SUCCEEDED"
    lake.land("bookings", f"{name}/a.jsonl", "")
    lake.crawled("bookings", name)
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        lake.table("bookings", name)


def test_a_crawler_whose_role_may_not_read_the_path_fails(lake, local_aws, name):
    glue = local_aws.client("glue", "bookings")
    glue.create_crawler(
        Name=name,
        Role=local_aws.role_arn("bookings"),
        DatabaseName="bookings_landing",
        Targets={"S3Targets": [{"Path": "s3://shopping-landing/search_events/"}]},
    )
    last = lake.crawl("bookings", name)
    assert last["Status"] == "FAILED"
    assert "is not authorized to perform: s3:ListBucket" in last["ErrorMessage"]


def test_a_crawler_whose_role_may_not_create_tables_fails(lake, local_aws, name):
    lake.land("bookings", f"{name}/a.jsonl", lines({"id": 1}))
    crawler = lake.crawler("bookings", name)
    permission = {
        "Principal": {"DataLakePrincipalIdentifier": local_aws.role_arn("bookings")},
        "Resource": {"Database": {"Name": "bookings_landing"}},
        "Permissions": ["CREATE_TABLE"],
    }
    administrator = local_aws.administrator_client("lakeformation", "bookings")
    administrator.revoke_permissions(**permission)
    try:
        last = lake.crawl("bookings", crawler)
    finally:
        permission["Permissions"] = ["ALL"]
        administrator.grant_permissions(**permission, PermissionsWithGrantOption=["ALL"])
    assert last["Status"] == "FAILED"
    assert (
        "Insufficient Lake Formation permission(s): Required Create Table on bookings_landing"
        in last["ErrorMessage"]
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"Schedule": "cron(0 1 * * ? *)"}, "schedules"),
        ({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVENT_MODE"}}, "CRAWL_EVENT_MODE"),
        ({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}}, "can have only LOG"),
        (
            {"Configuration": '{"Version": 1.0, "CrawlerOutput": {"Tables": {"Other": 1}}}'},
            "CrawlerOutput.Tables.Other",
        ),
        ({"Configuration": "{"}, "not JSON"),
        ({"LineageConfiguration": {"CrawlerLineageSettings": "ENABLE"}}, "lineage"),
    ],
)
def test_what_a_crawler_cannot_do_is_refused_when_it_is_made(lake, settings, message):
    with pytest.raises(ClientError, match="InvalidInputException") as refused:
        lake.crawler("bookings", "x", **settings)
    assert message in str(refused.value)


def test_a_running_crawler_can_be_stopped_and_not_started_twice(lake, local_aws, name):
    row = json.dumps({"id": 1, "payload": "x" * 400})
    for number in range(8):
        lake.land("bookings", f"{name}/part-{number}.jsonl", f"{row}\n" * (20000 + number))
    crawler = lake.crawler("bookings", name)
    glue = local_aws.client("glue", "bookings")
    glue.start_crawler(Name=crawler)
    with pytest.raises(ClientError, match="CrawlerRunningException"):
        glue.start_crawler(Name=crawler)
    glue.stop_crawler(Name=crawler)
    while glue.get_crawler(Name=crawler)["Crawler"]["State"] != "READY":
        pass
    assert glue.get_crawler(Name=crawler)["Crawler"]["LastCrawl"]["Status"] == "CANCELLED"
    with pytest.raises(ClientError, match="CrawlerNotRunningException"):
        glue.stop_crawler(Name=crawler)
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        lake.table("bookings", name)


def test_malformed_json_is_crawled_and_then_fails_the_query(lake, name):
    lake.land("bookings", f"{name}/dt=2013-01-01/a.jsonl", '{"id": 1}\n{"id": 2\n{"id": 3}\n')
    lake.crawled("bookings", name)
    reason = lake.refusal("bookings", f"SELECT id FROM {name}", "bookings_landing")
    assert reason.startswith("HIVE_CURSOR_ERROR: Row is not a valid JSON Object")
    assert f"s3://bookings-landing/{name}/dt=2013-01-01/a.jsonl, line 2" in reason


def test_exclusions_leave_objects_out(lake, local_aws, name):
    lake.land("bookings", f"{name}/a.jsonl", lines({"id": 1}))
    lake.land("bookings", f"{name}/old/a.csv", "a,b\n1,x\n2,y\n")
    glue = local_aws.client("glue", "bookings")
    glue.create_crawler(
        Name=name,
        Role=local_aws.role_arn("bookings"),
        DatabaseName="bookings_landing",
        Targets={"S3Targets": [{"Path": f"s3://bookings-landing/{name}/", "Exclusions": ["old/**"]}]},
    )
    assert lake.crawl("bookings", name)["Status"] == "SUCCEEDED"
    assert lake.column_types("bookings", name) == {"id": "int"}
