"""A product's promise is Airflow's deadline of its runs: made by Airflow itself, missed, and reported by the callback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
IN_AIRFLOW = """
import asyncio, json, logging, sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from airflow.utils.db import initdb
from airflow.utils.session import create_session
logging.disable(logging.INFO)
with create_session() as session:
    initdb(session=session)
from sqlalchemy import select
from airflow.dag_processing.dagbag import DagBag
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.models import DagRun, Deadline, Trigger
from airflow.models.serialized_dag import SerializedDagModel
from airflow.dag_processing.dagbag import sync_bag_to_db
from airflow.triggers.callback import CallbackTrigger
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
root = Path(sys.argv[1])
DagBundlesManager().sync_bundles_to_db()
bag = DagBag(str(root / "dags" / "bookings" / "reservations.py"), bundle_path=root / "dags", bundle_name="dags-folder")
assert not bag.import_errors, bag.import_errors
sync_bag_to_db(bag, "dags-folder", bundle_version=None)
reported = {}
with create_session() as session:
    dag = SerializedDagModel.get("bookings.reservations", session=session).dag
    for kind in (DagRunType.SCHEDULED, DagRunType.MANUAL):
        run = dag.create_dagrun(
            run_id=f"{kind.value}__1", logical_date=None, data_interval=None,
            run_after=datetime(2013, 1, 3, 4, 30, tzinfo=timezone.utc), run_type=kind, state=DagRunState.QUEUED,
            triggered_by=DagRunTriggeredByType.TEST, partition_key="2013-01-02", session=session,
        )
        session.execute(DagRun.__table__.update().where(DagRun.id == run.id).values(
            queued_at=datetime(2013, 1, 3, 4, 30, tzinfo=timezone.utc)))
        session.flush()
    found = session.scalars(select(Deadline)).all()
    reported["deadlines"] = [(d.dagrun.run_id, d.deadline_time.isoformat()) for d in found]
    found[0].handle_miss(session)
    session.flush()
    trigger = session.scalars(select(Trigger)).one()
    reported["trigger"], arguments = trigger.classpath, trigger.kwargs

async def follow():
    return [event.payload async for event in CallbackTrigger(**arguments).run()]

reported["events"] = [{**event, "state": str(event["state"])} for event in asyncio.run(follow())]
print("REPORTED", json.dumps(reported))
"""


def test_airflow_makes_the_deadline_and_alerts_once(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")} | {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
        "PYTHONPATH": str(ROOT / "plugins"),
    }
    ended = subprocess.run(
        [sys.executable, "-P", "-c", IN_AIRFLOW, str(ROOT)],
        env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    lines = [line for line in ended.stdout.splitlines() if line.startswith("REPORTED ")]
    assert lines, ended.stdout[-2000:] + ended.stderr[-4000:]
    reported: dict[str, Any] = json.loads(lines[0].removeprefix("REPORTED "))
    # the run that a person started has none
    [(run, due)] = reported["deadlines"]
    assert run == "scheduled__1"
    assert datetime.fromisoformat(due) >= datetime(2013, 1, 4, tzinfo=UTC)
    assert reported["trigger"] == "airflow.triggers.callback.CallbackTrigger"
    assert [event["state"] for event in reported["events"]] == ["running", "success"]
    message = reported["events"][1]["body"]
    assert message.startswith("LATE bookings.reservations: data day 2013-01-02 was due")
    assert "waiting for it: bookings.revenue, loyalty.segments, shopping.route_demand" in message
