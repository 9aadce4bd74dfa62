"""Which consumers have not run for a day that their inputs have published, why, and whether they can be started."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from interline.scheduling.missed_days import Consumer, MissedDay, Run, missed_days

NOW = datetime(2027, 1, 10, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=100)
ONE, TWO, THREE = "2027-01-01", "2027-01-02", "2027-01-03"


def consumer(*inputs: str, **changes: object) -> Consumer:
    fields = {"keeps_history": True, "is_paused": False, "known_since": LONG_AGO} | changes
    return Consumer("c.sink", inputs or ("a.left", "b.right"), **fields)  # type: ignore[arg-type]


def run(address: str, day: str = ONE, state: str = "success", *, minutes_ago: float = 60) -> Run:
    return Run(address, day, state, NOW - timedelta(minutes=minutes_ago) if state == "success" else None)


BOTH = (run("a.left", minutes_ago=90), run("b.right"))


def found(
    *runs: Run, of: Consumer | None = None, waiting: dict[tuple[str, str], int] | None = None
) -> list[MissedDay]:
    return missed_days([of or consumer()], runs, now=NOW, grace=timedelta(minutes=10), waiting=waiting)


def test_a_day_that_all_inputs_published_is_missed() -> None:
    [missed] = found(*BOTH)
    assert (missed.consumer, missed.day, missed.starts) == ("c.sink", ONE, True)
    assert missed.published == NOW - timedelta(minutes=60)
    assert str(missed).startswith(f"c.sink has not run for {ONE}, published at 2027-01-10 11:00 UTC: ")


@pytest.mark.parametrize("state", ["success", "failed", "queued", "running"])
def test_a_run_in_whatever_state_is_not_missed(state: str) -> None:
    assert found(*BOTH, run("c.sink", state=state)) == []


@pytest.mark.parametrize("state", ["failed", "running", "queued"])
def test_an_input_that_has_not_published_is_waited_for(state: str) -> None:
    assert found(run("a.left"), run("b.right", state=state)) == []
    assert found(run("a.left")) == []
    assert found(run("a.left"), run("b.right", TWO)) == []


def test_what_was_published_just_now_may_be_about_to_start() -> None:
    assert found(run("a.left"), run("b.right", minutes_ago=9)) == []
    assert len(found(run("a.left"), run("b.right", minutes_ago=11))) == 1
    # also when it is a second time
    assert found(*BOTH, run("a.left", minutes_ago=1)) == []


def test_days_complete_before_the_consumer_was_there_are_a_replay_s() -> None:
    new = consumer(known_since=NOW - timedelta(minutes=70))
    assert len(found(*BOTH, of=new)) == 1
    newer = consumer(known_since=NOW - timedelta(minutes=50))
    assert found(*BOTH, of=newer) == []
    assert found(*BOTH, run("a.left", minutes_ago=20), of=newer) == []


def test_a_paused_consumer_is_reported_and_not_started() -> None:
    [missed] = found(*BOTH, of=consumer(is_paused=True))
    assert (missed.starts, missed.reason) == (
        False,
        "it is paused; it runs for this day when it is switched on again",
    )


def test_an_older_day_is_not_put_under_a_current_state() -> None:
    state = consumer("a.left", keeps_history=False)
    later = run("c.sink", TWO)
    [missed] = found(run("a.left"), run("a.left", TWO), later, of=state)
    assert missed.starts is False
    assert missed.reason.endswith(f"run ./interline replay c.sink --from {ONE}")
    assert found(run("a.left"), later, of=consumer("a.left"))[0].starts is True
    days = [run("a.left", day) for day in (THREE, ONE, TWO)]
    assert [(each.day, each.starts) for each in found(*days, of=state)] == [
        (ONE, True),
        (TWO, True),
        (THREE, True),
    ]


@pytest.mark.parametrize(
    ("waiting", "reason"),
    [
        ({("c.sink", ONE): 2}, "at the same moment: 2 pending runs wait for each other"),
        ({("c.sink", ONE): 1}, "while it was paused or not yet there, or two at the same moment"),
        ({("c.sink", TWO): 2}, "while it was paused or not yet there, or what waited was cleared away"),
        (None, "while it was paused or not yet there, or two at the same moment"),
    ],
)
def test_the_reason_says_what_airflow_s_pending_runs_show(
    waiting: dict[tuple[str, str], int] | None, reason: str
) -> None:
    [missed] = found(*BOTH, waiting=waiting)
    assert missed.reason.endswith(reason)
