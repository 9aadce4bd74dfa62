"""A run that cannot move names what waits and for what; one that works may take its time."""

from __future__ import annotations

import time

import pytest

from local.mesh.standstill import NEVER_RAN_SECONDS, STANDSTILL_SECONDS, StuckError, require_progress
from local.mesh.tracking import Tracker
from tests.cli.airflow_answers import BEGUN, DAY, Answers, shopping_day


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def tracker(answers: Answers) -> Tracker:
    return Tracker(answers, shopping_day(), BEGUN)  # type: ignore[arg-type]


def after(seconds: float, tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time pass in which nothing changes."""
    tracker.look()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + seconds)


def test_open_runs_whose_tasks_do_not_begin(
    answers: Answers, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.run("shopping.searches", "running")
    answers.task("shopping.searches", "land", "success")
    answers.task("shopping.searches", "crawl", "scheduled")
    answers.run("bookings.reservations", "running")
    answers.task("bookings.reservations", "land", "success")
    after(STANDSTILL_SECONDS + 1, tracker, monkeypatch)
    with pytest.raises(StuckError) as raised:
        require_progress(tracker, shopping_day(), [], landing=False)
    assert str(raised.value).splitlines()[1:4] == [
        "  shopping.searches for 2013-01-01: task crawl is scheduled",
        "  bookings.reservations for 2013-01-01: its run is open and no next task is scheduled: is its DAG file still there?",
        "  shopping.route_demand for 2013-01-01: its inputs have not all published the day",
    ]


def test_a_run_that_is_queued_and_a_day_that_waits_for_it(
    answers: Answers, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.run("shopping.searches", "queued")
    after(STANDSTILL_SECONDS + 1, tracker, monkeypatch)
    with pytest.raises(StuckError, match="Airflow has queued its run and not begun it") as raised:
        require_progress(tracker, shopping_day(), [DAY], landing=False)
    assert "the input of 2013-01-01: for days before it to end" in str(raised.value)


def test_what_no_input_starts_never_ran(
    answers: Answers, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in ("shopping.searches", "bookings.reservations"):
        answers.run(address, "success")
    after(NEVER_RAN_SECONDS + 1, tracker, monkeypatch)
    with pytest.raises(StuckError) as raised:
        require_progress(tracker, shopping_day(), [], landing=False)
    assert str(raised.value).splitlines()[1] == (
        "  shopping.route_demand for 2013-01-01 (reads shopping.searches, bookings.reservations)"
    )


@pytest.mark.parametrize("state", ["running", "deferred", "up_for_retry"])
def test_a_task_at_work_may_take_its_time(
    answers: Answers, tracker: Tracker, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    answers.run("shopping.searches", "running")
    answers.task("shopping.searches", "build", state)
    after(10 * STANDSTILL_SECONDS, tracker, monkeypatch)
    require_progress(tracker, shopping_day(), [], landing=False)


def test_input_that_is_being_landed_may_take_its_time(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    after(10 * STANDSTILL_SECONDS, tracker, monkeypatch)
    require_progress(tracker, shopping_day(), [DAY], landing=True)
