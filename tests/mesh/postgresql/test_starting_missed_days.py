"""On PostgreSQL, under a real scheduler, the platform's watching DAG finds what consumers missed and mends it, once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path

from tests.mesh.postgresql.conftest import TrialAirflow, days_from

_PLANT = Path(__file__).with_name("plant.py")


def plant(airflow: TrialAirflow, *, half: list[str], at_one_moment: list[str]) -> None:
    days = json.dumps({"half": half, "at_one_moment": at_one_moment})
    planted = subprocess.run(
        [sys.executable, str(_PLANT), days],
        env=airflow.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert planted.returncode == 0, planted.stderr[-3000:]


def late_has_run(airflow: TrialAirflow, days: list[str]) -> Counter[str]:
    runs = airflow.runs("late")
    return Counter({day: count for day, count in runs.items() if day in days})


def test_a_consumer_paused_for_20_days_catches_up(airflow: TrialAirflow) -> None:
    days = days_from(date(2015, 1, 1), 20)
    airflow.rest.set_paused("trial.late", True)
    airflow.backfill("first", days)
    airflow.backfill("second", days)
    airflow.until(
        lambda: airflow.runs("first").total() + airflow.runs("second").total() >= 40, 180, "20 days"
    )

    seen = airflow.watch()
    assert [each["day"] for each in seen["find"]["missed"] if each["consumer"] == "trial.late"] == days
    assert {(each["reason"].split(";")[0], each["starts"]) for each in seen["find"]["missed"]} == {
        ("it is paused", False)
    }
    assert seen["start"] is None

    airflow.rest.set_paused("trial.late", False)
    time.sleep(3)
    assert not late_has_run(airflow, days)
    assert airflow.watch()["start"] == [f"trial.late {day}" for day in days]
    airflow.until(lambda: late_has_run(airflow, days).total() >= 20, 90, "catching up")
    assert airflow.watch()["find"]["missed"] == []
    assert late_has_run(airflow, days) == Counter(days)
    assert airflow.pending("late") == 0


def test_600_pending_runs_are_noticed_and_mended(airflow: TrialAirflow) -> None:
    half = days_from(date(2016, 1, 1), 500)
    stuck = days_from(date(2018, 1, 1), 50)
    new = days_from(date(2019, 1, 1), 3)
    plant(airflow, half=half, at_one_moment=stuck)
    assert airflow.pending("late") == 600
    before = airflow.runs("pair").total()
    airflow.backfill("one", new)
    airflow.backfill("two", new)
    announced = Counter(new)
    airflow.until(
        lambda: airflow.runs("one") >= announced and airflow.runs("two") >= announced, 120, "three new days"
    )
    time.sleep(3)
    # Airflow reads 500 and finds none that it could start; and no two rows of a day ever meet
    assert airflow.runs("pair").total() == before
    assert not late_has_run(airflow, [*half, *stuck])

    seen = airflow.watch()
    assert (seen["find"]["pending"], seen["find"]["removed"]) == (603, 353)
    assert seen["start"] is None
    airflow.until(lambda: airflow.runs("pair").total() >= before + 3, 60, "what could not be read")

    seen = airflow.watch()
    assert {each["reason"] for each in seen["find"]["missed"]} == {
        "inputs were announced at the same moment: 2 pending runs wait for each other"
    }
    assert seen["start"] == [f"trial.late {day}" for day in stuck]
    airflow.until(lambda: late_has_run(airflow, stuck).total() >= 50, 120, "50 stuck days")
    last = airflow.watch()["find"]
    assert (last["missed"], last["removed"]) == ([], 0)
    assert late_has_run(airflow, [*half, *stuck]) == Counter(stuck)
    assert {airflow.runs("pair")[day] for day in new} == {1}
    # of 603 the oldest 353 were removed, and the two of each stuck day when its run began: the others wait for an input
    assert airflow.pending("late") == 600 - 353 - 2 * len(stuck)
