"""Following runs through what Airflow's API answers."""

from __future__ import annotations

import pytest

from local.mesh.tracking import FAILED, RUNNING, SUCCESS, WAITING, Tracker
from tests.cli.airflow_answers import BEGUN, DAY, Answers, shopping_day


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def tracker(answers: Answers) -> Tracker:
    return Tracker(answers, shopping_day(), BEGUN)  # type: ignore[arg-type]


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
