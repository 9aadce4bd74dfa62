"""Pending runs of consumers are deleted only where what they wait for starts nothing that should still start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from airflow.models.asset import AssetPartitionDagRun, PartitionedAssetKeyLog
from airflow.models.base import Base
from airflow.models.dag import DagModel
from airflow.models.log import Log
from sqlalchemy import Connection, create_engine, insert, select

from interline.airflow.pending_runs import forget_seen, keep_few
from interline.scheduling.airflow_state import PENDING_EVENT, WATCHING_DAG

NOON = datetime(2027, 1, 10, 12, tzinfo=UTC)
DAY = "2027-01-01"
TABLES = [model.__table__ for model in (AssetPartitionDagRun, PartitionedAssetKeyLog, DagModel, Log)]


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine, tables=TABLES)
    with engine.begin() as opened:
        for dag_id, is_stale in (("c.sink", False), ("c.other", False), ("c.gone", True)):
            opened.execute(
                insert(DagModel).values(
                    dag_id=dag_id,
                    is_stale=is_stale,
                    is_paused=False,
                    max_active_tasks=1,
                    max_consecutive_failed_dag_runs=0,
                    has_task_concurrency_limits=False,
                    bundle_name="b",
                    timetable_type="t",
                )
            )
        yield opened
    engine.dispose()


def pending(
    connection: Connection, *events: int, consumer: str = "c.sink", day: str = DAY, run: int | None = None
) -> int:
    """Add a row with events so many minutes after noon; return its number."""
    made = connection.execute(
        insert(AssetPartitionDagRun).values(
            target_dag_id=consumer,
            partition_key=day,
            created_dag_run_id=run,
            created_at=_at(events[0]),
            updated_at=NOON,
        )
    )
    number = (made.inserted_primary_key or (0,))[0]
    for minute in events:
        connection.execute(
            insert(PartitionedAssetKeyLog).values(
                asset_id=1,
                asset_event_id=1,
                asset_partition_dag_run_id=number,
                source_partition_key=day,
                target_dag_id=consumer,
                target_partition_key=day,
                created_at=_at(minute),
            )
        )
    return int(number)


def _at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def left(connection: Connection) -> list[int]:
    rows = connection.scalars(select(AssetPartitionDagRun.id).order_by(AssetPartitionDagRun.id)).all()
    logged = set(connection.scalars(select(PartitionedAssetKeyLog.asset_partition_dag_run_id)))
    assert logged == set(rows)
    return list(rows)


def test_a_run_makes_older_events_of_its_day_superfluous(connection: Connection) -> None:
    pending(connection, -3)
    pending(connection, -2, -1)
    later = pending(connection, -5, 1)
    other_day = pending(connection, -3, day="2027-01-02")
    other = pending(connection, -3, consumer="c.other")
    fired = pending(connection, -3, run=7)
    assert forget_seen(connection, "c.sink", DAY, NOON) == 2
    assert left(connection) == [later, other_day, other, fired]
    assert forget_seen(connection, "c.sink", DAY, NOON) == 0


def note(connection: Connection) -> dict[str, object]:
    [(dag_id, run_id, event, extra)] = connection.execute(
        select(Log.dag_id, Log.run_id, Log.event, Log.extra)
    ).all()
    assert (dag_id, run_id, event) == (WATCHING_DAG, "the run", PENDING_EVENT)
    found: dict[str, object] = json.loads(extra or "")
    return found


def test_of_too_many_the_oldest_go(connection: Connection) -> None:
    gone = pending(connection, -100, consumer="c.gone")
    fired = pending(connection, -100, run=7)
    newest = pending(connection, 5)
    numbers = [pending(connection, minute, day=f"2027-02-{minute + 1:02}") for minute in range(5)]
    assert keep_few(connection, "the run", most=4) == 2
    # a DAG that is no more is not read, so it stops nobody
    assert left(connection) == sorted([gone, fired, newest, *numbers[2:]])
    found = note(connection)
    assert (found["found"], found["removed"]) == (6, 2)


def test_what_waits_is_noted_by_consumer_and_day(connection: Connection) -> None:
    for minute in (1, 2):
        pending(connection, minute)
    pending(connection, 3, consumer="c.other")
    assert keep_few(connection, "the run") == 0
    assert note(connection) == {
        "found": 3,
        "removed": 0,
        "waiting": [["c.sink", DAY, 2], ["c.other", DAY, 1]],
    }
