"""What a replay says before it runs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from interline.publication.consumers import direct_consumers, following
from interline.publication.errors import ReplayError
from interline.publication.replay import days_between, plan_replay

ONE, TWO, THREE = "2013-01-01", "2013-01-02", "2013-01-03"
INPUTS = {
    "a.events": (),
    "a.others": (),
    "a.state": ("a.events",),
    "b.both": ("a.state", "a.others"),
    "b.end": ("b.both",),
    "b.diamond": ("a.state", "b.end"),
    "c.apart": ("a.others",),
}


def plan(address: str, *days: str, **changes: Any) -> Any:
    settings: dict[str, Any] = {
        "keeps_history": True,
        "published": (ONE, TWO, THREE),
        "ran": {"b.both": (ONE, TWO, THREE)},
        "seconds": {"a.events": 10, "a.state": 20, "b.both": 5, "b.end": 1, "b.diamond": 2},
    }
    return plan_replay(address, days, INPUTS, **(settings | changes))


def test_readers_of_more_ports_start_and_others_follow() -> None:
    found = plan("a.events", ONE, TWO)
    assert [(rerun.address, rerun.how) for rerun in found.reruns] == [
        ("a.events", "replayed"),
        ("a.state", "follows"),
        ("b.both", "started"),
        ("b.end", "follows"),
        ("b.diamond", "follows"),
    ]
    assert all(rerun.days == (ONE, TWO) for rerun in found.reruns)
    assert found.runs == 10


def test_a_consumer_is_not_started_for_a_day_it_never_ran() -> None:
    found = plan("a.state", ONE, TWO, ran={"b.both": (TWO,)})
    assert {rerun.address: rerun.days for rerun in found.reruns} == {
        "a.state": (ONE, TWO),
        "b.both": (TWO,),
        "b.end": (TWO,),
        "b.diamond": (TWO,),
    }


def test_a_current_state_is_replayed_to_its_newest_day() -> None:
    found = plan("a.state", ONE, keeps_history=False)
    assert (found.days, found.extended) == ((ONE, TWO, THREE), True)
    assert "goes on to 2013-01-03" in found.lines()[1]
    assert plan("a.state", ONE, keeps_history=True).days == (ONE,)
    assert plan("a.state", THREE, keeps_history=False).extended is False
    assert plan("a.state", ONE, keeps_history=False, published=()).days == (ONE,)


def test_a_following_current_state_runs_to_its_newest_day() -> None:
    found = plan("a.events", ONE, states={"a.state": (ONE, TWO)})
    assert {rerun.days for rerun in found.reruns} == {(ONE, TWO)}
    assert found.extended
    assert "goes on to 2013-01-02, the newest day of a.state" in found.lines()[1]
    # it does not follow for these days, or has nothing newer: nothing to do about it
    assert plan("c.apart", ONE, states={"a.state": (ONE, TWO)}).days == (ONE,)
    assert plan("a.events", TWO, states={"a.state": (ONE, TWO)}).extended is False


def test_the_estimate_is_the_longest_way_through() -> None:
    # days of one product one after another; of several products side by side
    assert plan("a.events", ONE).seconds == 10 + 20 + 5 + 1 + 2
    assert plan("a.events", ONE, TWO).seconds == 10 + 20 + 20 + 5 + 1 + 2
    unknown = plan("a.events", ONE, seconds={})
    assert unknown.seconds is None
    assert "time: unknown" in unknown.lines()[-1]


def test_json_has_the_same(capsys: Any) -> None:
    plain = plan("b.both", ONE).as_json()
    assert plain["from"] == plain["to"] == ONE
    assert [run["product"] for run in plain["runs"]] == ["b.both", "b.end"]


def test_what_changes_comes_before_who_reads_it() -> None:
    assert [consumer.address for consumer in following(INPUTS, ["a.events"])] == [
        "a.state",
        "b.both",
        "b.end",
        "b.diamond",
    ]
    assert following(INPUTS, ["c.apart"]) == []
    assert [(c.address, c.by_itself) for c in direct_consumers(INPUTS, "a.state")] == [
        ("b.both", False),
        ("b.diamond", False),
    ]


def test_a_circle_does_not_hang() -> None:
    assert {
        c.address for c in following({"a.a": ("a.b",), "a.b": ("a.a",), "a.c": ("a.b",)}, ["a.c"])
    } == set()
    assert len(following({"a.a": ("a.b", "a.x"), "a.b": ("a.a",), "a.x": ()}, ["a.x"])) == 2


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        (date(2013, 1, 2), date(2013, 1, 1), "no data day"),
        (date(2013, 1, 1), date(2015, 1, 1), "at most 366"),
    ],
)
def test_days_that_are_none_or_too_many_are_refused(first: date, last: date, message: str) -> None:
    with pytest.raises(ReplayError, match=message):
        days_between(first, last)


def test_a_product_that_is_none_is_refused() -> None:
    with pytest.raises(ReplayError, match=r"there is no product a\.nothing"):
        plan("a.nothing", ONE)
