"""Iceberg tables: one snapshot a transaction, only touched files written again, conflicts lost whole, any reader reads."""

from __future__ import annotations

import datetime
import threading

import duckdb
import pytest
from sqlglot import parse_one

from local.engines import catalog, objects, reading
from local.engines.errors import (
    BadData,
    CommitConflict,
    InvalidInput,
    NotNullViolation,
    NotSupported,
    QueryError,
)
from local.engines.iceberg import snapshots
from local.engines.iceberg.transaction import Transaction

COLUMNS = {"id": "bigint", "name": "string", "amount": "decimal(10,2)", "data_day": "date"}
DAYS = ("2013-01-01", "2013-01-02")


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture
def history(bench, connection):
    """A table partitioned by day, with 100 rows in each of two days."""
    bench.create("history", COLUMNS, partition_by=("data_day",), required=("id",))
    for day in DAYS:
        replace_day(bench, connection, day, 100)
    return bench


def rows_of(day: str, count: int, mark: str = "n") -> str:
    return (
        f"SELECT i AS id, '{mark}' || i AS name, CAST(i AS DECIMAL(10,2)) AS amount, DATE '{day}' AS data_day "
        f"FROM range({count}) AS r(i)"
    )


def replace_day(bench, connection, day: str, count: int, mark: str = "n") -> int | None:
    with Transaction(bench.load("history")) as change:
        change.delete(
            connection,
            f"SELECT _file, _row FROM {change.relation(row_address=True)} WHERE data_day = DATE '{day}'",
        )
        change.append(connection, rows_of(day, count, mark))
        return change.commit()


def read(bench, connection, sql: str, name: str = "history") -> list[tuple[object, ...]]:
    return connection.execute(sql.format(table=reading.relation(connection, bench.load(name)))).fetchall()


def files(bench) -> set[str]:
    return {found.key for found, _ in reading.objects_of(bench.load("history"))}


def test_delete_and_insert_are_one_snapshot_of_one_days_files(history, connection):
    before, count = files(history), len(snapshots.metadata_of(history.load("history")).snapshots)
    assert replace_day(history, connection, "2013-01-02", 50, "again") is not None
    assert len(snapshots.metadata_of(history.load("history")).snapshots) == count + 1
    after = files(history)
    assert {key for key in before if "2013-01-01" in key} == {key for key in after if "2013-01-01" in key}
    assert {key for key in before if "2013-01-02" in key}.isdisjoint(after)
    assert read(history, connection, "SELECT data_day, count(*) FROM {table} GROUP BY 1 ORDER BY 1") == [
        (datetime.date(2013, 1, 1), 100),
        (datetime.date(2013, 1, 2), 50),
    ]


def test_rows_deleted_by_key_rewrite_only_their_files(history, connection):
    before = files(history)
    with Transaction(history.load("history")) as change:
        found = change.relation(["id", "data_day"], row_address=True)
        deleted = change.delete(
            connection, f"SELECT _file, _row FROM {found} WHERE data_day = DATE '2013-01-01' AND id < 10"
        )
        change.commit()
    assert deleted == 10
    assert len(before & files(history)) == 1
    assert read(
        history, connection, "SELECT count(*), min(id) FROM {table} WHERE data_day = DATE '2013-01-01'"
    ) == [(90, 10)]


def test_a_transaction_sees_its_own_changes_and_nobody_else_does(history, connection):
    with Transaction(history.load("history")) as change:
        change.append(connection, rows_of("2013-01-03", 5))
        change.delete(connection, f"SELECT _file, _row FROM {change.relation(row_address=True)} WHERE id = 3")
        inside = connection.execute(f"SELECT count(*) FROM {change.relation()}").fetchone()
        assert inside == (202,)
        assert read(history, connection, "SELECT count(*) FROM {table}") == [(200,)]
        change.commit()
    assert read(history, connection, "SELECT count(*) FROM {table}") == [(202,)]


def test_a_rolled_back_transaction_leaves_nothing(history, connection):
    present = {found.key for found in objects.list_objects(history.location, hidden=True)}
    change = Transaction(history.load("history"))
    change.append(connection, rows_of("2013-01-03", 5))
    change.rollback()
    assert {found.key for found in objects.list_objects(history.location, hidden=True)} == present
    assert read(history, connection, "SELECT count(*) FROM {table}") == [(200,)]


def test_the_later_of_two_commits_fails_and_changes_nothing(history, connection):
    first = Transaction(history.load("history"))
    second = Transaction(history.load("history"))
    first.append(connection, rows_of("2013-01-03", 1, "first"))
    second.append(connection, rows_of("2013-01-03", 1, "second"))
    assert first.commit() is not None
    with pytest.raises(CommitConflict, match="ICEBERG_COMMIT_ERROR"):
        second.commit()
    assert read(history, connection, "SELECT name FROM {table} WHERE data_day = DATE '2013-01-03'") == [
        ("first0",)
    ]


def test_a_transaction_without_changes_makes_no_snapshot(history, connection):
    with Transaction(history.load("history")) as change:
        change.delete(
            connection, f"SELECT _file, _row FROM {change.relation(row_address=True)} WHERE id = -1"
        )
        assert change.commit() is None


def test_required_columns_take_no_null(history, connection):
    with Transaction(history.load("history")) as change, pytest.raises(NotNullViolation, match="id"):
        change.append(connection, "SELECT NULL::BIGINT AS id, DATE '2013-01-03' AS data_day")


def test_values_of_another_kind_are_refused(history, connection):
    with Transaction(history.load("history")) as change:
        with pytest.raises(QueryError, match="TYPE_MISMATCH"):
            change.append(connection, "SELECT 'one' AS id")
        with pytest.raises(QueryError, match="COLUMN_NOT_FOUND"):
            change.append(connection, "SELECT 1 AS id, 2 AS nobody")


def test_readers_see_the_old_day_or_the_new_one_and_never_a_mix(history, connection):
    """While a day is replaced again and again, every read finds one version of it, whole."""
    ended = threading.Event()
    seen: list[tuple[int, int]] = []

    def watch() -> None:
        with duckdb.connect() as own:
            while not ended.is_set():
                table = catalog.find_table(history.account, history.database, "history")
                relation = reading.relation(own, table)
                (found,) = own.execute(
                    f"SELECT (count(*), count(DISTINCT regexp_extract(name, '^[a-z]+'))) FROM {relation} "
                    "WHERE data_day = DATE '2013-01-02'"
                ).fetchall()
                seen.append(found[0])

    reader = threading.Thread(target=watch)
    reader.start()
    try:
        for number in range(12):
            replace_day(history, connection, "2013-01-02", 100, "abcdefghijkl"[number])
    finally:
        ended.set()
        reader.join()
    assert len(seen) > 3
    assert set(seen) == {(100, 1)}


def test_a_condition_on_the_partition_spares_the_other_files(history):
    table = history.load("history")
    condition = parse_one("data_day = CAST('2013-01-02' AS DATE) AND id > 5", read="duckdb")
    chosen = reading.objects_of(table, condition)
    assert len(chosen) == 1
    assert "data_day=2013-01-02" in chosen[0][0].key


def test_time_travel(history, connection):
    table = history.load("history")
    first = snapshots.metadata_of(table).snapshots[0].snapshot_id
    relation = snapshots.relation(table, ["id"], snapshot=snapshots.snapshot_at(table, version=first))
    assert connection.execute(f"SELECT count(*) FROM {relation}").fetchone() == (100,)
    with pytest.raises(QueryError, match="INVALID_ARGUMENTS"):
        snapshots.snapshot_at(table, version=1)
    with pytest.raises(QueryError, match="INVALID_ARGUMENTS"):
        snapshots.snapshot_at(table, timestamp=datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))


def test_types_keep_their_values(bench, connection):
    bench.create(
        "kinds",
        {
            "a": "int", "b": "double", "c": "boolean", "d": "timestamp", "e": "timestamptz", "f": "array<string>",
            "g": "struct<x:int,y:string>", "h": "decimal(38,10)", "i": "float",
        },
    )  # fmt: skip
    row = (
        "SELECT 1 AS a, 1.5::DOUBLE AS b, true AS c, TIMESTAMP '2013-01-01 01:02:03.456' AS d, "
        "TIMESTAMPTZ '2013-01-01 01:02:03+00' AS e, ['x'] AS f, {'x': 1, 'y': 'z'} AS g, "
        "1234567890.0123456789::DECIMAL(38,10) AS h, 0.5::FLOAT AS i"
    )
    expected = connection.execute(row).fetchall()
    with Transaction(bench.load("kinds")) as change:
        change.append(connection, row)
        change.commit()
    assert read(bench, connection, "SELECT * FROM {table}", "kinds") == expected


def test_maps_are_refused(bench):
    with pytest.raises(NotSupported, match="maps"):
        bench.create("mapped", {"id": "map<string,int>"})


@pytest.mark.parametrize(
    ("partition", "message"),
    [
        ("nobody", "partition column 'nobody' is not a column of the table"),
        ("bucket(id)", r"bucket needs a number: 'bucket\(id\)'"),
        ("sausage(id)", r"unknown partition transform in 'sausage\(id\)'"),
        ("id id", "not a partition transform: 'id id'"),
    ],
)
def test_impossible_partitions_are_refused(bench, partition, message):
    with pytest.raises(InvalidInput, match=message):
        bench.create("broken", COLUMNS, partition_by=(partition,))


def test_partition_transforms_are_refused(bench):
    with pytest.raises(NotSupported, match=r"month\(data_day\)"):
        bench.create("monthly", COLUMNS, partition_by=("month(data_day)",))


def test_a_table_that_is_no_iceberg_table_is_refused(bench):
    from local.engines.lake_permissions import permissions

    storage = {"Location": f"{bench.location}plain/", "Columns": [{"Name": "id", "Type": "int"}]}
    storage["SerdeInfo"] = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}
    permissions.create_table(
        bench.caller, bench.account, bench.database, {"Name": "plain", "StorageDescriptor": storage}
    )
    with pytest.raises(NotSupported, match="json"):
        bench.load("plain")
    objects.put(f"{bench.location}plain/a.json", b'{"id": "many"}\n')
    with pytest.raises(BadData, match=r"'many' for field 0 \(id int\) .*plain/a.json, line 1"):
        reading.relation(duckdb.connect(), catalog.find_table(bench.account, bench.database, "plain"))
