"""Clients that nobody wrote for this AWS: awswrangler, PyAthena, pyiceberg's Glue catalog."""

from __future__ import annotations

import datetime
import decimal
import os
from typing import Any

import boto3
import pyarrow as pa
import pytest
from botocore.exceptions import ClientError

DOMAIN = "loyalty"


@pytest.fixture
def session(local_aws, monkeypatch) -> boto3.Session:
    """A boto3 session as the role of the domain; the endpoint is told as the provider's operators are told it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", local_aws.endpoint)
    return boto3.Session(region_name="us-east-1", **local_aws.credentials(DOMAIN))


@pytest.fixture
def flights(lake, name) -> str:
    """A curated table with a column of every common type."""
    lake.rows(
        DOMAIN,
        f"CREATE TABLE {name} (id bigint, carrier string, fare decimal(10,2), delay double, day date, at timestamp, late boolean) "
        f"LOCATION 's3://loyalty-curated/{name}/' TBLPROPERTIES ('table_type' = 'ICEBERG')",
    )
    lake.rows(
        DOMAIN,
        f"INSERT INTO {name} VALUES (1, 'AA', decimal '10.50', 1.5e0, date '2013-01-01', timestamp '2013-01-01 01:02:03', true), "
        "(2, NULL, NULL, NULL, NULL, NULL, NULL)",
    )
    return name


@pytest.mark.parametrize(
    "how",
    [{"ctas_approach": False}, {"ctas_approach": True}, {"ctas_approach": False, "unload_approach": True}],
)
def test_awswrangler_reads(session, flights, name, how):
    import awswrangler

    output = {"s3_output": f"s3://loyalty-artifacts/wr_{name}/"} if how != {"ctas_approach": False} else {}
    frame = awswrangler.athena.read_sql_query(
        f"SELECT id, carrier, fare, day FROM {flights} ORDER BY id",
        database="loyalty_curated",
        workgroup=DOMAIN,
        boto3_session=session,
        **how,
        **output,
    ).sort_values("id", ignore_index=True)
    assert list(frame.columns) == ["id", "carrier", "fare", "day"]
    assert frame["id"].tolist() == [1, 2]
    assert frame["carrier"][0] == "AA"
    assert frame["carrier"].isna().tolist() == [False, True]
    assert frame["fare"][0] == decimal.Decimal("10.50")
    assert frame["day"][0] == datetime.date(2013, 1, 1)


def test_awswrangler_describes_and_repairs(session, flights):
    import awswrangler

    kinds = awswrangler.catalog.get_table_types("loyalty_curated", flights, boto3_session=session)
    assert kinds == {
        "id": "bigint",
        "carrier": "string",
        "fare": "decimal(10,2)",
        "delay": "double",
        "day": "date",
        "at": "timestamp",
        "late": "boolean",
    }


def test_pyathena(session, flights, local_aws):
    import pyathena

    credentials = local_aws.credentials(DOMAIN)
    with pyathena.connect(
        region_name="us-east-1",
        work_group=DOMAIN,
        schema_name="loyalty_curated",
        poll_interval=0.05,
        **credentials,
    ) as connection:
        cursor = connection.cursor()
        cursor.execute(f"SELECT * FROM {flights} WHERE id = %(id)s", {"id": 1})
        assert [column[:2] for column in cursor.description] == [
            ("id", "bigint"),
            ("carrier", "varchar"),
            ("fare", "decimal"),
            ("delay", "double"),
            ("day", "date"),
            ("at", "timestamp"),
            ("late", "boolean"),
        ]
        assert cursor.fetchall() == [
            (
                1,
                "AA",
                decimal.Decimal("10.50"),
                1.5,
                datetime.date(2013, 1, 1),
                datetime.datetime.fromisoformat("2013-01-01T01:02:03"),
                True,
            )
        ]
        with pytest.raises(pyathena.error.OperationalError, match="FUNCTION_NOT_FOUND"):
            cursor.execute("SELECT strftime(1)")
        columns = cursor.get_table_metadata(flights).columns
        assert columns[0].name == "id"


def glue_catalog(local_aws: Any, domain: str) -> Any:
    from pyiceberg.catalog.glue import GlueCatalog

    given = local_aws.credentials(domain)
    own = {
        "access-key-id": given["aws_access_key_id"],
        "secret-access-key": given["aws_secret_access_key"],
        "session-token": given["aws_session_token"],
        "region": "us-east-1",
        "endpoint": local_aws.endpoint,
    }
    properties = {f"{service}.{key}": value for service in ("glue", "s3") for key, value in own.items()}
    return GlueCatalog("local", **properties)


def test_pyiceberg_and_athena_read_what_the_other_wrote(lake, local_aws, flights):
    table = glue_catalog(local_aws, DOMAIN).load_table(f"loyalty_curated.{flights}")
    rows = table.scan().to_arrow()
    assert sorted(rows["id"].to_pylist()) == [1, 2]
    assert decimal.Decimal("10.50") in rows["fare"].to_pylist()
    table.append(
        pa.table(
            {"id": [3], "carrier": ["UA"]}, schema=pa.schema([("id", pa.int64()), ("carrier", pa.string())])
        )
    )
    assert lake.rows(DOMAIN, f"SELECT carrier FROM {flights} WHERE id = 3") == [("UA",)]
    assert len(table.history()) == 2


def test_pyiceberg_loses_against_a_faster_commit(lake, local_aws, flights):
    from pyiceberg.exceptions import CommitFailedException

    table = glue_catalog(local_aws, DOMAIN).load_table(f"loyalty_curated.{flights}")
    lake.rows(DOMAIN, f"INSERT INTO {flights} (id) SELECT 4")
    rows = pa.table({"id": [5]}, schema=pa.schema([("id", pa.int64())]))
    with pytest.raises(CommitFailedException, match="branch main has changed"):
        table.append(rows)
    assert lake.rows(DOMAIN, f"SELECT count(*) FROM {flights}") == [("3",)]


def test_pyiceberg_creates_a_table_that_athena_reads(lake, local_aws, name):
    from pyiceberg.schema import Schema
    from pyiceberg.types import LongType, NestedField, StringType

    schema = Schema(NestedField(1, "id", LongType(), required=True), NestedField(2, "who", StringType()))
    catalog = glue_catalog(local_aws, DOMAIN)
    table = catalog.create_table(f"loyalty_curated.{name}", schema, location=f"s3://loyalty-curated/{name}")
    table.append(
        pa.table(
            {"id": [1], "who": ["x"]},
            schema=pa.schema([pa.field("id", pa.int64(), False), ("who", pa.string())]),
        )
    )
    assert lake.rows(DOMAIN, f"SELECT * FROM {name}") == [("1", "x")]


def test_pyiceberg_as_another_domain_is_refused(local_aws, flights):
    with pytest.raises(ClientError, match="AccessDenied"):
        glue_catalog(local_aws, "shopping").glue.get_table(
            CatalogId=local_aws.account(DOMAIN), DatabaseName="loyalty_curated", Name=flights
        )


def test_awswrangler_merges_into_and_deletes_from_iceberg(session, name):
    import awswrangler
    import pandas

    def rows():
        return awswrangler.athena.read_sql_query(
            f"SELECT id, item FROM {name} ORDER BY id",
            database="loyalty_curated",
            workgroup=DOMAIN,
            ctas_approach=False,
            boto3_session=session,
        ).values.tolist()

    place = {
        "database": "loyalty_curated",
        "table": name,
        "keep_files": False,
        "temp_path": f"s3://loyalty-artifacts/{name}/",
        "workgroup": DOMAIN,
        "boto3_session": session,
    }
    awswrangler.athena.to_iceberg(
        pandas.DataFrame({"id": [1, 2], "item": ["a", "b"]}),
        table_location=f"s3://loyalty-curated/{name}/",
        **place,
    )
    awswrangler.athena.to_iceberg(
        pandas.DataFrame({"id": [2, 3], "item": ["B", "c"]}), merge_cols=["id"], **place
    )
    assert rows() == [[1, "a"], [2, "B"], [3, "c"]]
    awswrangler.athena.delete_from_iceberg_table(pandas.DataFrame({"id": [1, 3]}), merge_cols=["id"], **place)
    assert rows() == [[2, "B"]]
