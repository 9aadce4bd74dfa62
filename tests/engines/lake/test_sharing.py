"""One domain reads another's port, through Athena and through Redshift, exactly as far as it was granted."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

PRODUCER, CONSUMER, STRANGER = "bookings", "shopping", "loyalty"
GRANTED = ["booking_id", "origin", "data_day"]


@pytest.fixture
def port(lake, name) -> str:
    """A published port of the producer: an Iceberg table with three bookings; its consumers have their links."""
    lake.rows(
        PRODUCER,
        f"CREATE TABLE {name} (booking_id string, origin string, email string, data_day date) PARTITIONED BY (data_day) "
        f"LOCATION 's3://bookings-curated/{name}/' TBLPROPERTIES ('table_type' = 'ICEBERG')",
    )
    lake.rows(
        PRODUCER,
        f"INSERT INTO {name} VALUES ('B1', 'JFK', 'a@example.com', date '2013-01-01'), "
        "('B2', 'LAX', 'b@example.com', date '2013-01-01'), ('B3', 'JFK', NULL, date '2013-01-02')",
    )
    for consumer in (CONSUMER, STRANGER):
        lake.link(consumer, PRODUCER)
    return name


class Cluster:
    """A domain's Redshift, through the Data API."""

    def __init__(self, aws: Any, domain: str) -> None:
        self._client = aws.client("redshift-data", domain)
        self._place = {"ClusterIdentifier": domain, "Database": domain, "DbUser": "interline"}
        role = aws.role_arn(domain)
        self.rows(
            f"CREATE EXTERNAL SCHEMA IF NOT EXISTS bookings_curated FROM DATA CATALOG DATABASE 'bookings_curated' IAM_ROLE '{role}'"
        )

    def run(self, sql: str) -> dict[str, Any]:
        """Run a statement to its end."""
        identifier = self._client.execute_statement(Sql=sql, **self._place)["Id"]
        deadline = time.monotonic() + 30
        while (described := self._client.describe_statement(Id=identifier))["Status"] not in (
            "FINISHED",
            "FAILED",
            "ABORTED",
        ):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return dict(described)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement that must succeed."""
        described = self.run(sql)
        assert described["Status"] == "FINISHED", described.get("Error")
        if not described["HasResultSet"]:
            return []
        records = self._client.get_statement_result(Id=described["Id"])["Records"]
        return [tuple(next(iter(field.values())) for field in record) for record in records]

    def refusal(self, sql: str) -> str:
        """Why a statement fails that must not succeed."""
        described = self.run(sql)
        assert described["Status"] == "FAILED", described
        return str(described["Error"])


def test_a_consumer_reads_only_granted_columns_in_athena(lake, port):
    lake.grant(PRODUCER, CONSUMER, port, GRANTED)
    shared = f"bookings_curated.{port}"
    assert lake.rows(CONSUMER, f"SELECT * FROM {shared} ORDER BY booking_id") == [
        ("B1", "JFK", "2013-01-01"),
        ("B2", "LAX", "2013-01-01"),
        ("B3", "JFK", "2013-01-02"),
    ]
    assert lake.query(CONSUMER, f"SELECT * FROM {shared}").columns == GRANTED
    assert lake.rows(CONSUMER, f"SELECT count(*) FROM {shared} WHERE data_day = date '2013-01-01'") == [
        ("2",)
    ]
    for sql in (
        f"SELECT email FROM {shared}",
        f"SELECT count(*) FROM {shared} WHERE email IS NULL",
        f"SELECT booking_id FROM {shared} ORDER BY email",
    ):
        assert (
            "COLUMN_NOT_FOUND: Column 'email' cannot be resolved or requester is not authorized"
            in lake.refusal(CONSUMER, sql)
        )
    assert "Insufficient" in lake.refusal(
        CONSUMER, f"INSERT INTO {shared} VALUES ('B4', 'SFO', NULL, date '2013-01-03')"
    )


def test_a_consumer_reads_only_granted_columns_in_redshift(lake, local_aws, port):
    lake.grant(PRODUCER, CONSUMER, port, GRANTED)
    cluster = Cluster(local_aws, CONSUMER)
    shared = f"bookings_curated.{port}"
    assert cluster.rows(f"SELECT booking_id, origin FROM {shared} ORDER BY 1") == [
        ("B1", "JFK"),
        ("B2", "LAX"),
        ("B3", "JFK"),
    ]
    assert cluster.rows(f"SELECT count(*) FROM {shared} WHERE data_day = '2013-01-01'") == [(2,)]
    assert f'column "email" does not exist in {port}' in cluster.refusal(f"SELECT email FROM {shared}")
    assert "Insufficient Lake Formation permission(s): Required Delete" in cluster.refusal(
        f"DELETE FROM {shared} WHERE booking_id = 'B1'"
    )
    assert lake.rows(PRODUCER, f"SELECT count(*) FROM {port}") == [("3",)]


def test_access_begins_with_the_grant_and_ends_with_revoke(lake, local_aws, port):
    lake.grant(PRODUCER, CONSUMER, port, GRANTED)
    shared, cluster = f"bookings_curated.{port}", Cluster(local_aws, STRANGER)
    count = f"SELECT count(*) FROM {shared}"
    for when in ("before", "after"):
        if when == "after":
            lake.grant(PRODUCER, STRANGER, port)
            assert lake.rows(STRANGER, count) == [("3",)]
            assert cluster.rows(count) == [(3,)]
            assert lake.rows(STRANGER, f"SELECT email FROM {shared} WHERE booking_id = 'B1'") == [
                ("a@example.com",)
            ]
            lake.revoke(PRODUCER, STRANGER, port)
        assert "Insufficient Lake Formation permission(s): Required Select" in lake.refusal(STRANGER, count)
        assert "Insufficient Lake Formation permission(s): Required Select" in cluster.refusal(count)
        with pytest.raises(ClientError, match="AccessDeniedException"):
            local_aws.client("glue", STRANGER).get_table(DatabaseName="bookings_curated", Name=port)


def test_the_files_of_another_domain_cannot_be_read_directly(lake, local_aws, port):
    lake.grant(PRODUCER, CONSUMER, port)
    own, foreign = local_aws.client("s3", PRODUCER), local_aws.client("s3", CONSUMER)
    keys = [
        found["Key"]
        for found in own.list_objects_v2(Bucket="bookings-curated", Prefix=f"{port}/data/")["Contents"]
    ]
    assert keys
    with pytest.raises(ClientError, match="AccessDenied"):
        foreign.get_object(Bucket="bookings-curated", Key=keys[0])
    with pytest.raises(ClientError, match="AccessDenied"):
        foreign.list_objects_v2(Bucket="bookings-curated")


def test_a_table_link_leads_to_the_table(lake, local_aws, port, name):
    lake.grant(PRODUCER, CONSUMER, port, GRANTED)
    glue, link = local_aws.client("glue", CONSUMER), f"{name}_link"
    glue.create_table(
        DatabaseName="shopping_curated",
        TableInput={
            "Name": link,
            "TargetTable": {
                "CatalogId": local_aws.account(PRODUCER),
                "DatabaseName": "bookings_curated",
                "Name": port,
            },
        },
    )
    assert glue.get_table(DatabaseName="shopping_curated", Name=link)["Table"]["TargetTable"]["Name"] == port
    assert lake.rows(CONSUMER, f"SELECT count(*) FROM shopping_curated.{link}") == [("3",)]
    assert "COLUMN_NOT_FOUND" in lake.refusal(CONSUMER, f"SELECT email FROM shopping_curated.{link}")


def test_an_account_grant_is_passed_on_by_its_administrator(lake, local_aws, port):
    resource = {
        "Table": {"CatalogId": local_aws.account(PRODUCER), "DatabaseName": "bookings_curated", "Name": port}
    }
    count = f"SELECT count(*) FROM bookings_curated.{port}"
    local_aws.client("lakeformation", PRODUCER).grant_permissions(
        Principal={"DataLakePrincipalIdentifier": local_aws.account(STRANGER)},
        Resource=resource,
        Permissions=["SELECT"],
        PermissionsWithGrantOption=["SELECT"],
    )
    assert "Insufficient" in lake.refusal(STRANGER, count)
    local_aws.administrator_client("lakeformation", STRANGER).grant_permissions(
        Principal={"DataLakePrincipalIdentifier": local_aws.role_arn(STRANGER)},
        Resource=resource,
        Permissions=["SELECT"],
    )
    assert lake.rows(STRANGER, count) == [("3",)]


def test_a_dropped_table_takes_its_grants_along(lake, port):
    lake.grant(PRODUCER, CONSUMER, port)
    lake.rows(PRODUCER, f"DROP TABLE {port}")
    lake.rows(
        PRODUCER,
        f"CREATE TABLE {port} (booking_id string) LOCATION 's3://bookings-curated/{port}/' TBLPROPERTIES ('table_type' = 'ICEBERG')",
    )
    assert "Insufficient" in lake.refusal(CONSUMER, f"SELECT * FROM bookings_curated.{port}")
