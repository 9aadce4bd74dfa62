"""Following runs through what Airflow's API answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from interline.contracts import load_mesh
from local.mesh.selection import Selection, select_products
from local.mesh.tracking import FAILED, RUNNING, SUCCESS, WAITING, Tracker
from tests.cli.conftest import REPOSITORY

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
DAY = date(2013, 1, 1)


class Answers:
    """Stands for the API: answers with what was put here."""

    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []
        self.tasks: list[dict[str, Any]] = []

    def runs_changed_since(self, _moment: str) -> list[dict[str, Any]]:
        return self.runs

    def tasks_changed_since(self, _moment: str) -> list[dict[str, Any]]:
        return self.tasks

    def run(
        self, dag_id: str, state: str, *, run_id: str = "r", after: int = 1, day: str | None = "2013-01-01"
    ) -> None:
        moment = (BEGUN + timedelta(seconds=after)).isoformat()
        self.runs.append(
            {
                "dag_id": dag_id, "dag_run_id": run_id, "state": state, "partition_key": day, "queued_at": moment,
                "run_after": moment, "start_date": moment, "end_date": None,
            }
        )  # fmt: skip

    def task(self, dag_id: str, name: str, state: str | None, *, run_id: str = "r") -> None:
        self.tasks.append(
            {
                "dag_id": dag_id, "dag_run_id": run_id, "task_id": name, "state": state, "map_index": -1,
                "start_date": BEGUN.isoformat(), "duration": 1.5,
            }
        )  # fmt: skip


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def tracker(answers: Answers) -> Tracker:
    mesh = load_mesh(REPOSITORY)
    return Tracker(answers, Selection(select_products(mesh, ["shopping"]), (DAY,)), BEGUN)  # type: ignore[arg-type]


def test_a_change_is_reported_once(answers: Answers, tracker: Tracker) -> None:
    answers.run("shopping.searches", RUNNING)
    answers.task("shopping.searches", "land", RUNNING)
    answers.task("shopping.searches", "crawl", None)
    changes = tracker.look()
    assert [(change.where.address, change.task and change.task.name) for change in changes] == [
        ("shopping.searches", "land"), ("shopping.searches", None),
    ]  # fmt: skip
    assert tracker.look() == []


def test_runs_of_others_are_not_taken(answers: Answers, tracker: Tracker) -> None:
    answers.run("shopping.searches", SUCCESS, after=-60)
    answers.run("shopping.searches", SUCCESS, day="2026-01-01")
    answers.run("shopping.searches", SUCCESS, day=None)
    answers.run("loyalty.members", SUCCESS)
    assert tracker.look() == []
    assert {view.state for view in tracker.product_days.values()} == {WAITING}


def test_a_consumer_is_blocked_by_an_input_that_failed(answers: Answers, tracker: Tracker) -> None:
    answers.run("bookings.reservations", SUCCESS)
    answers.run("shopping.searches", FAILED)
    tracker.look()
    demand = tracker.product_days[("shopping.route_demand", DAY)]
    assert tracker.blocked(demand)
    assert tracker.nothing_more_to_come
    assert not tracker.complete


def test_it_is_complete_when_every_product_has_every_day(answers: Answers, tracker: Tracker) -> None:
    for address in ("bookings.reservations", "shopping.searches"):
        answers.run(address, SUCCESS)
    tracker.look()
    assert not tracker.nothing_more_to_come
    answers.run("shopping.route_demand", SUCCESS)
    tracker.look()
    assert tracker.complete
