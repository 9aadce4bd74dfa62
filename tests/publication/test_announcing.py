"""The task that sends a port's asset event: alone in its slot, after the commit, with the commit's numbers."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.context import OutletEventAccessors

from interline.airflow.dag import port_asset
from interline.airflow.operators.announce import AnnounceOperator
from interline.airflow.operators.rollback import TellConsumersOperator
from interline.scheduling import ANNOUNCEMENTS_POOL

NUMBERS = {"data_day": "2013-01-01", "rows_published": 3, "version": "8"}


def announcement(published: Any) -> AnnounceOperator:
    return AnnounceOperator(task_id="announce", port=port_asset("a.port"), published=published)


def test_the_event_is_of_the_port_and_of_the_run_s_own_day() -> None:
    events = OutletEventAccessors()
    task = announcement(NUMBERS)
    for _ in range(2):
        assert task.execute({"outlet_events": events}) == NUMBERS
    [event] = task_runner._serialize_outlet_events(events)
    assert event["dest_asset_key"] == {"name": "a.port", "uri": "s3://a-curated/port"}
    assert event["extra"] == NUMBERS
    # without one of its own an event has the key of its run
    assert event.get("partition_key") is None


def test_a_run_that_has_not_published_announces_nothing() -> None:
    events = OutletEventAccessors()
    with pytest.raises(AirflowFailException, match=r"has not published a\.port: clear `publish\.commit`"):
        announcement(None).execute({"outlet_events": events})
    assert list(task_runner._serialize_outlet_events(events)) == []


def test_no_default_of_a_dag_gives_it_another_slot() -> None:
    with DAG("a.port", schedule=None, default_args={"pool": "a", "pool_slots": 2, "owner": "a"}):
        tasks = [announcement(NUMBERS), TellConsumersOperator(task_id="tell", plan={}, pool="a")]
    assert {(task.pool, task.pool_slots) for task in tasks} == {(ANNOUNCEMENTS_POOL, 1)}
    assert {task.owner for task in tasks} == {"a"}
