"""Iceberg tables from Redshift: every statement or transaction is one snapshot, or nothing at all."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
import redshift_connector

SCHEMA = "bookings_curated"


@pytest.fixture(scope="module", autouse=True)
def schema(local_aws: Any, data_api: Any) -> None:
    """The external schema of the domain's ports, and a local table to read from."""
    role = local_aws.role_arn("bookings")
    data_api.must(
        f"create external schema if not exists {SCHEMA} from data catalog database '{SCHEMA}' iam_role '{role}'"
    )
    data_api.must("create schema iceberg_local")
    data_api.must(
        "create table iceberg_local.batch (id int, name varchar(10), amount decimal(10,2), day date)"
    )
    data_api.must(
        "insert into iceberg_local.batch values (1, 'one', 1.5, '2024-01-01'), (2, 'two', 2.5, '2024-01-01'),"
        " (3, 'three', 3.5, '2024-01-02')"
    )


@pytest.fixture
def table(data_api: Any) -> str:
    """An empty Iceberg table, partitioned by day."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    data_api.must(
        f"create table {SCHEMA}.{name} (id int, name varchar(10), amount decimal(10,2), day date)"
        f" using iceberg location 's3://bookings-curated/{name}/' partitioned by (day)"
    )
    return f"{SCHEMA}.{name}"


@pytest.fixture
def filled(data_api: Any, table: str) -> str:
    """The table with the batch in it."""
    data_api.must(f"insert into {table} select id, name, amount, day from iceberg_local.batch")
    return table


@pytest.fixture
def cursor(connect: Any) -> Any:
    """A cursor whose statements commit by themselves."""
    connection = connect()
    connection.autocommit = True
    return connection.cursor()


def refused(cursor: Any, sql: str) -> tuple[str, str]:
    """SQLSTATE and message of a statement that must not succeed."""
    with pytest.raises(redshift_connector.Error) as raised:
        cursor.execute(sql)
    error = raised.value.args[0]
    return error["C"], error["M"]


@pytest.fixture
def lake(local_aws: Any) -> Lake:
    """The table's files and snapshots."""
    return Lake(local_aws)


class Lake:
    """What is in the catalog and in S3 of a table."""

    def __init__(self, aws: Any) -> None:
        self._glue = aws.client("glue", "bookings")
        self._s3 = aws.client("s3", "bookings")

    def snapshots(self, table: str) -> list[dict[str, Any]]:
        """The snapshots of a table, oldest first."""
        found = self._glue.get_table(DatabaseName=SCHEMA, Name=table.split(".")[1])["Table"]
        bucket, _, key = found["Parameters"]["metadata_location"].removeprefix("s3://").partition("/")
        metadata = json.loads(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        return list(metadata.get("snapshots", []))

    def objects(self, table: str) -> set[str]:
        """The keys of everything under the table's location."""
        name = table.split(".")[1]
        listed = self._s3.list_objects_v2(Bucket="bookings-curated", Prefix=f"{name}/")
        return {each["Key"] for each in listed.get("Contents", [])}


class TestOneStatement:
    """Each statement outside of a transaction is one snapshot."""

    def test_a_new_table_is_empty_and_has_no_snapshot(self, data_api: Any, table: str, lake: Lake) -> None:
        assert data_api.rows(f"select count(*) from {table}") == [(0,)]
        assert lake.snapshots(table) == []

    def test_insert(self, data_api: Any, filled: str, lake: Lake) -> None:
        data_api.must(f"insert into {filled} (day, id) values ('2024-01-03', 4), ('2024-01-03', 5)")
        assert data_api.rows(
            f"select id, name, amount, day from {filled} where id in (1, 4) order by id"
        ) == [
            (1, "one", "1.50", "2024-01-01"),
            (4, None, None, "2024-01-03"),
        ]
        assert len(lake.snapshots(filled)) == 2

    def test_delete_with_using_and_with_where(self, data_api: Any, filled: str, lake: Lake) -> None:
        name = filled.split(".")[1]
        described = data_api.must(
            f"delete from {filled} using iceberg_local.batch as batch where {name}.id = batch.id and batch.amount > 3"
        )
        assert described["ResultRows"] == 1
        assert (
            data_api.must(f"delete from {filled} where day = cast('2024-01-01' as date)")["ResultRows"] == 2
        )
        assert data_api.rows(f"select count(*) from {filled}") == [(0,)]
        assert len(lake.snapshots(filled)) == 3

    def test_update_with_and_without_from(self, data_api: Any, filled: str, lake: Lake) -> None:
        data_api.must(f"update {filled} set amount = amount + 1, name = 'big' where id = 3")
        name = filled.split(".")[1]
        data_api.must(
            f"update {filled} set name = upper(b.name) from iceberg_local.batch b where b.id = {name}.id and b.id < 3"
        )
        assert data_api.rows(f"select id, name, amount from {filled} order by id") == [
            (1, "ONE", "1.50"),
            (2, "TWO", "2.50"),
            (3, "big", "4.50"),
        ]
        assert len(lake.snapshots(filled)) == 3

    def test_merge_updates_and_inserts(self, data_api: Any, filled: str, lake: Lake) -> None:
        name = filled.split(".")[1]
        data_api.must(f"delete from {filled} where id = 2")
        data_api.must(
            f"merge into {filled} using iceberg_local.batch as s on {name}.id = s.id"
            " when matched then update set name = 'seen' when not matched then insert values (s.id, s.name, s.amount, s.day)"
        )
        assert data_api.rows(f"select id, name from {filled} order by id") == [
            (1, "seen"),
            (2, "two"),
            (3, "seen"),
        ]
        assert len(lake.snapshots(filled)) == 3

    def test_merge_with_delete(self, data_api: Any, filled: str) -> None:
        name = filled.split(".")[1]
        data_api.must(f"delete from {filled} where id = 2")
        data_api.must(
            f"merge into {filled} using iceberg_local.batch as s on {name}.id = s.id"
            " when matched then delete when not matched then insert values (s.id, s.name, s.amount, s.day)"
        )
        assert data_api.rows(f"select id from {filled}") == [(2,)]

    def test_create_as_and_drop(self, data_api: Any, cursor: Any, local_aws: Any) -> None:
        name = f"{SCHEMA}.t_{uuid.uuid4().hex[:12]}"
        data_api.must(f"create table {name} using iceberg as select id, name from iceberg_local.batch")
        assert data_api.rows(f"select count(*) from {name}") == [(3,)]
        data_api.must(f"drop table {name}")
        assert refused(cursor, f"select * from {name}")[0] == "42P01"

    @pytest.mark.parametrize(
        ("sql", "state"),
        [
            ("insert into {} values (1, 'a', 123456789.5, '2024-01-01')", "22003"),
            ("insert into {} values ('x', 'a', 1, '2024-01-01')", "22P02"),
            ("insert into {} (id, nothing) values (1, 2)", "42703"),
            ("update {} set nothing = 1", "42703"),
            ("delete from {} where nothing = 1", "42703"),
        ],
    )
    def test_what_fails_changes_nothing(
        self, data_api: Any, cursor: Any, filled: str, lake: Lake, sql: str, state: str
    ) -> None:
        before = lake.objects(filled)
        assert refused(cursor, sql.format(filled))[0] == state
        assert lake.objects(filled) == before
        assert data_api.rows(f"select count(*) from {filled}") == [(3,)]

    def test_not_null_is_enforced(self, data_api: Any, cursor: Any) -> None:
        name = f"t_{uuid.uuid4().hex[:12]}"
        data_api.must(
            f"create table {SCHEMA}.{name} (id int not null) using iceberg location 's3://bookings-curated/{name}/'"
        )
        assert refused(cursor, f"insert into {SCHEMA}.{name} select null::int")[0] == "23502"

    def test_a_type_that_iceberg_does_not_have(self, cursor: Any) -> None:
        sql = (
            f"create table {SCHEMA}.small (id smallint) using iceberg location 's3://bookings-curated/small/'"
        )
        code, message = refused(cursor, sql)
        assert code == "0A000"
        assert "smallint" in message


class TestTransactions:
    """Several statements on one table are one snapshot, published at COMMIT."""

    def test_a_batch_is_one_snapshot(self, data_api: Any, filled: str, lake: Lake) -> None:
        described = data_api.run_batch(
            [
                "create temporary table checked as select * from iceberg_local.batch where id < 3",
                f"delete from {filled} where day = cast('2024-01-01' as date)",
                f"insert into {filled} select id + 100, name, amount, day from checked",
                "drop table checked",
            ]
        )
        assert described["Status"] == "FINISHED", described.get("Error")
        assert data_api.rows(f"select id from {filled} order by id") == [(3,), (101,), (102,)]
        assert len(lake.snapshots(filled)) == 2

    def test_it_sees_its_own_changes_and_nobody_else_does(
        self, data_api: Any, cursor: Any, filled: str
    ) -> None:
        cursor.execute("begin")
        cursor.execute(f"delete from {filled} where id = 1")
        cursor.execute(f"select count(*) from {filled}")
        assert cursor.fetchone() == [2]
        assert data_api.rows(f"select count(*) from {filled}") == [(3,)]
        cursor.execute("commit")
        assert data_api.rows(f"select count(*) from {filled}") == [(2,)]

    def test_rollback_leaves_no_object(self, data_api: Any, cursor: Any, filled: str, lake: Lake) -> None:
        before = lake.objects(filled)
        cursor.execute("begin")
        cursor.execute(f"delete from {filled} where id = 1")
        cursor.execute(f"insert into {filled} values (9, 'nine', 9, '2024-01-09')")
        cursor.execute("rollback")
        assert lake.objects(filled) == before
        assert data_api.rows(f"select count(*) from {filled}") == [(3,)]

    def test_the_second_of_two_that_change_a_table_fails(
        self, connect: Any, data_api: Any, filled: str
    ) -> None:
        first, second = connect(), connect()
        for connection, number in ((first, 1), (second, 2)):
            connection.cursor().execute(f"update {filled} set name = 'c{number}' where id = {number}")
        first.commit()
        with pytest.raises(redshift_connector.Error) as raised:
            second.commit()
        assert raised.value.args[0]["C"] == "40001"
        assert data_api.rows(f"select name from {filled} order by id") == [("c1",), ("two",), ("three",)]

    @pytest.mark.parametrize(
        ("first", "then", "state"),
        [
            ("delete from {filled}", f"create table {SCHEMA}.t_block (a int) using iceberg", "25001"),
            ("delete from {filled}", "drop table {filled}", "25001"),
            ("delete from {filled}", "insert into iceberg_local.batch values (4, 'four', 4, null)", "0A000"),
            ("insert into iceberg_local.batch values (4, 'four', 4, null)", "delete from {filled}", "0A000"),
            ("delete from {filled}", "delete from {other}", "0A000"),
        ],
    )
    def test_what_one_transaction_cannot_combine(
        self, cursor: Any, data_api: Any, filled: str, first: str, then: str, state: str
    ) -> None:
        other = f"{SCHEMA}.t_{uuid.uuid4().hex[:12]}"
        data_api.must(
            f"create table {other} (id int) using iceberg location 's3://bookings-curated/{other.split('.')[1]}/'"
        )
        cursor.execute("begin")
        cursor.execute(first.format(filled=filled))
        assert refused(cursor, then.format(filled=filled, other=other))[0] == state
        cursor.execute("rollback")
        assert data_api.rows(f"select count(*) from {filled}") == [(3,)]
        assert data_api.rows("select count(*) from iceberg_local.batch") == [(3,)]
