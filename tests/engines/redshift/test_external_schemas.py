"""External schemas: landing tables read as the cluster's role, and what the role may not see."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import pytest
import redshift_connector

LANDED = {
    "dt=2024-01-01/a.json": [
        {"id": 1, "name": "x", "fare": {"amount": "12.5", "currency": "EUR"}, "tags": ["a", "b"]},
        {"id": 2, "name": "y", "fare": {"amount": "3", "currency": "EUR"}, "tags": []},
    ],
    "dt=2024-01-02/a.json": [
        {"id": 3, "name": "z", "fare": {"amount": "1", "currency": "USD"}, "tags": ["c"]}
    ],
}
SCHEMA = "create external schema if not exists {name} from data catalog database '{name}' iam_role '{role}'"


@pytest.fixture(scope="module")
def landing(local_aws: Any, data_api: Any) -> str:
    """A crawled landing table, through an external schema."""
    source = local_aws.source_client("bookings")
    for name, events in LANDED.items():
        body = "".join(json.dumps(event) + "\n" for event in events)
        source.put_object(Bucket="bookings-landing", Key=f"spectrum_events/{name}", Body=body.encode())
    glue = local_aws.client("glue", "bookings")
    crawler = "interline-bookings-spectrum"
    glue.create_crawler(
        Name=crawler,
        Role=local_aws.role_arn("bookings"),
        DatabaseName="bookings_landing",
        Targets={"S3Targets": [{"Path": "s3://bookings-landing/spectrum_events/"}]},
    )
    glue.start_crawler(Name=crawler)
    deadline = time.monotonic() + 30
    while glue.get_crawler(Name=crawler)["Crawler"]["State"] != "READY":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    data_api.must(SCHEMA.format(name="bookings_landing", role=local_aws.role_arn("bookings")))
    return "bookings_landing.spectrum_events"


def refused(cursor: Any, sql: str) -> tuple[str, str]:
    """SQLSTATE and message of a statement that must not succeed."""
    with pytest.raises(redshift_connector.Error) as raised:
        cursor.execute(sql)
    error = raised.value.args[0]
    return error["C"], error["M"]


@pytest.fixture
def cursor(connect: Any) -> Any:
    """A cursor whose statements commit by themselves."""
    connection = connect()
    connection.autocommit = True
    return connection.cursor()


class TestReading:
    """SELECT on files that were landed and crawled."""

    def test_members_of_structs_and_the_partition_key(self, data_api: Any, landing: str) -> None:
        found = data_api.rows(
            f"select e.id, e.fare.amount::decimal(10,2), e.dt from {landing} e where e.dt = '2024-01-01' order by e.id"
        )
        assert found == [(1, "12.50", "2024-01-01"), (2, "3.00", "2024-01-01")]

    def test_an_array_in_from_is_a_row_for_each_element(self, data_api: Any, landing: str) -> None:
        assert data_api.rows(f"select e.id, t from {landing} e, e.tags t order by e.id, t") == [
            (1, "a"),
            (1, "b"),
            (3, "c"),
        ]

    def test_a_join_with_a_table_of_the_cluster(self, data_api: Any, landing: str) -> None:
        found = data_api.rows(
            f"select k.label from {landing} e join (select 3 as id, 'three' as label) k on k.id = e.id"
        )
        assert found == [("three",)]

    def test_only_the_partitions_that_can_match_are_opened(
        self, local_aws: Any, data_api: Any, landing: str
    ) -> None:
        source = local_aws.source_client("bookings")
        broken = "spectrum_events/dt=2024-01-02/broken.json"
        source.put_object(Bucket="bookings-landing", Key=broken, Body=b'{"id": \n')
        try:
            count = f"select count(*), max(id) from {landing} where dt "
            assert data_api.rows(count + "= '2024-01-01'") == [(2, 2)]
            assert data_api.rows(count + "in ('2024-01-01', '2023-12-31')") == [(2, 2)]
            assert data_api.rows(count + "< '2024-01-02'") == [(2, 2)]
            described = data_api.run(count + ">= '2024-01-01'")
            assert described["Status"] == "FAILED"
            assert "broken.json" in described["Error"]
        finally:
            source.delete_object(Bucket="bookings-landing", Key=broken)

    def test_what_lands_later_is_seen(self, local_aws: Any, data_api: Any, landing: str) -> None:
        source = local_aws.source_client("bookings")
        late = "spectrum_events/dt=2024-01-01/late.json"
        source.put_object(Bucket="bookings-landing", Key=late, Body=b'{"id": 9}\n')
        try:
            assert data_api.rows(f"select max(id) from {landing} where dt = '2024-01-01'") == [(9,)]
        finally:
            source.delete_object(Bucket="bookings-landing", Key=late)

    def test_the_catalog_view_shows_its_columns(self, data_api: Any, landing: str) -> None:
        found = data_api.rows(
            "select columnname, part_key from svv_external_columns where schemaname = 'bookings_landing'"
            " and tablename = 'spectrum_events' order by columnnum"
        )
        assert [name for name, _ in found] == ["id", "name", "fare", "tags", "dt"]
        assert found[-1][1] == 1

    @pytest.mark.parametrize(
        ("sql", "state", "part"),
        [
            ("select fare from {table}", "0A000", 'column "fare" is of a nested type'),
            ("select tags from {table}", "0A000", 'column "tags" is of a nested type'),
            ("select * from {table}", "0A000", 'column "fare" is of a nested type'),
            ("select fare.nothing from {table}", "42703", "nothing"),
            ("select nothing from {table}", "42703", 'column "nothing" does not exist'),
            (
                "select 1 from bookings_landing.nothing",
                "42P01",
                'relation "bookings_landing.nothing" does not exist',
            ),
            ("insert into {table} values (1)", "0A000", "json table"),
            (
                "create view public.bound_to_files as select id from {table}",
                "0A000",
                "External tables are not supported in views",
            ),
            ('select "$path" from {table}', "0A000", 'the pseudocolumn "$path"'),
        ],
    )
    def test_refusals(self, cursor: Any, landing: str, sql: str, state: str, part: str) -> None:
        code, message = refused(cursor, sql.format(table=landing))
        assert code == state
        assert part.lower() in message.lower()

    def test_a_late_binding_view_reads_it(self, data_api: Any, landing: str) -> None:
        data_api.must(f"create view public.over_files as select id from {landing} with no schema binding")
        assert data_api.rows("select count(*) from public.over_files") == [(3,)]


class TestSchemas:
    """CREATE EXTERNAL SCHEMA."""

    def test_a_role_that_the_cluster_does_not_have(self, cursor: Any, local_aws: Any) -> None:
        role = local_aws.role_arn("shopping")
        code, message = refused(cursor, SCHEMA.format(name="shopping_curated", role=role))
        assert code == "42501"
        assert f"is not authorized to assume IAM Role {role}" in message

    def test_not_in_a_transaction_block(self, cursor: Any, local_aws: Any) -> None:
        cursor.execute("begin")
        code, message = refused(cursor, SCHEMA.format(name="in_a_block", role=local_aws.role_arn("bookings")))
        assert (code, "transaction block" in message) == ("25001", True)
        cursor.execute("rollback")

    def test_a_database_that_is_not_there(self, cursor: Any, local_aws: Any) -> None:
        cursor.execute(SCHEMA.format(name="not_there_at_all", role=local_aws.role_arn("bookings")))
        code, message = refused(cursor, "select * from not_there_at_all.t")
        assert code == "3F000"
        assert '"not_there_at_all" does not exist' in message


class TestSharing:
    """Another domain's table, through a resource link, as far as Lake Formation lets the consumer's role."""

    @pytest.fixture(scope="class")
    def shared(self, local_aws: Any, data_api: Any) -> str:
        """An Iceberg table of bookings, of which shopping's role may read two columns, and one that it may not read."""
        data_api.must(SCHEMA.format(name="bookings_curated", role=local_aws.role_arn("bookings")))
        for name in ("spectrum_shared", "spectrum_private"):
            data_api.must(
                f"create table bookings_curated.{name} (id int, origin varchar(3), email varchar(50))"
                f" using iceberg location 's3://bookings-curated/{name}/'"
            )
            data_api.must(f"insert into bookings_curated.{name} values (1, 'JFK', 'a@example.com')")
        glue = local_aws.client("glue", "shopping")
        link = {
            "Name": "bookings_curated",
            "TargetDatabase": {
                "CatalogId": local_aws.account("bookings"),
                "DatabaseName": "bookings_curated",
                "Region": "us-east-1",
            },
        }
        with contextlib.suppress(
            glue.exceptions.AlreadyExistsException
        ):  # another test's link is the same link
            glue.create_database(DatabaseInput=link)
        local_aws.client("lakeformation", "bookings").grant_permissions(
            Principal={"DataLakePrincipalIdentifier": local_aws.role_arn("shopping")},
            Resource={
                "TableWithColumns": {
                    "DatabaseName": "bookings_curated",
                    "Name": "spectrum_shared",
                    "ColumnNames": ["id", "origin"],
                }
            },
            Permissions=["SELECT"],
        )
        return "bookings_curated.spectrum_shared"

    @pytest.fixture
    def consumer(self, local_aws: Any, connect: Any, shared: str) -> Any:
        """A cursor on shopping's cluster."""
        given = local_aws.client("redshift", "shopping").get_cluster_credentials(
            ClusterIdentifier="shopping", DbUser="interline"
        )
        connection = connect(
            port=local_aws.description["redshift"]["shopping"]["port"],
            user=given["DbUser"],
            password=given["DbPassword"],
            database="shopping",
        )
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(SCHEMA.format(name="bookings_curated", role=local_aws.role_arn("shopping")))
        return cursor

    def test_granted_columns_are_all_there_is(self, consumer: Any, shared: str) -> None:
        consumer.execute(f"select * from {shared}")
        assert [list(row) for row in consumer.fetchall()] == [[1, "JFK"]]

    @pytest.mark.parametrize("sql", ["select email from {}", "select id from {} where email is null"])
    def test_another_column_does_not_exist(self, consumer: Any, shared: str, sql: str) -> None:
        code, message = refused(consumer, sql.format(shared))
        assert code == "42703"
        assert 'column "email" does not exist' in message

    def test_a_table_without_a_grant_is_denied(self, consumer: Any) -> None:
        code, message = refused(consumer, "select * from bookings_curated.spectrum_private")
        assert code == "42501"
        assert "permission" in message.lower()

    @pytest.mark.parametrize(
        "sql",
        ["delete from {}", "insert into {} (id) values (2)", "update {} set origin = 'LAX'", "drop table {}"],
    )
    def test_reading_is_not_writing(self, consumer: Any, data_api: Any, shared: str, sql: str) -> None:
        code, _ = refused(consumer, sql.format(shared))
        assert code == "42501"
        assert data_api.rows(f"select count(*) from {shared}") == [(1,)]

    def test_the_catalog_view_shows_no_more_than_the_grant(self, consumer: Any, shared: str) -> None:
        consumer.execute(
            "select tablename, columnname from svv_external_columns"
            " where schemaname = 'bookings_curated' and tablename like 'spectrum%'"
        )
        assert sorted(tuple(row) for row in consumer.fetchall()) == [
            ("spectrum_shared", "id"),
            ("spectrum_shared", "origin"),
        ]
