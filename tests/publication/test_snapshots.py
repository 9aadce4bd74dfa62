"""Snapshots, days and boundaries from metadata documents alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from interline.contracts.model.periods import Period
from interline.publication import LedgerEntry, snapshots_of
from interline.publication.errors import RollbackError
from interline.publication.retention import boundaries, expiring, orphans
from interline.publication.rollback import (
    RollbackPlan,
    days_in_between,
    missing_after,
    newer_states,
    target_of,
    withdrawn_by,
)

NOON = datetime(2013, 1, 10, 12, tzinfo=UTC)
ONE, TWO, THREE = "2013-01-01", "2013-01-02", "2013-01-03"


def table(*parents: tuple[int, int | None], current: int, hours: float = 1) -> dict[str, Any]:
    """A metadata document with these snapshots, one an hour."""
    moments = {
        snapshot: int((NOON + timedelta(hours=hours * number)).timestamp() * 1000)
        for number, (snapshot, _) in enumerate(parents)
    }
    return {
        "current-snapshot-id": current,
        "snapshots": [
            {
                "snapshot-id": snapshot,
                "timestamp-ms": moments[snapshot],
                "summary": {"operation": "append", "added-records": "5", "total-records": str(5 * snapshot)},
                **({} if parent is None else {"parent-snapshot-id": parent}),
            }
            for snapshot, parent in parents
        ],
        "snapshot-log": [
            {"snapshot-id": snapshot, "timestamp-ms": moments[snapshot]} for snapshot, _ in parents
        ],
        "refs": {"main": {"snapshot-id": current, "type": "branch"}},
    }


def line(parent: int | None, snapshot: int | None, day: str) -> LedgerEntry:
    return LedgerEntry(parent, snapshot, day, "run")


CHAIN = table((1, None), (2, 1), (3, 2), current=3)
LEDGER = [line(None, 1, ONE), line(1, 2, TWO), line(2, 3, THREE)]


def test_snapshots_come_newest_first_with_what_is_known_of_them() -> None:
    found = snapshots_of(CHAIN, LEDGER[:2])
    assert [(v.snapshot_id, v.data_day, v.rows, v.current) for v in found] == [
        (3, None, 15, True),
        (2, TWO, 10, False),
        (1, ONE, 5, False),
    ]


def test_an_open_line_is_the_one_child_nobody_else_made() -> None:
    assert snapshots_of(CHAIN, [*LEDGER[:2], line(2, None, THREE)])[0].data_day == THREE
    two_children = table((1, None), (2, 1), (3, 1), current=3)
    assert snapshots_of(two_children, [line(1, None, TWO)])[0].data_day is None
    assert snapshots_of(two_children, [line(1, 2, ONE), line(1, None, TWO)])[0].data_day == TWO


def test_a_deletion_by_retention_is_no_failed_publication() -> None:
    # day three was announced on snapshot 2 and never committed; then retention deleted an old day on top of it
    document = table((1, None), (2, 1), (3, 2), current=3)
    document["snapshots"][-1]["summary"] = {"operation": "delete", "deleted-records": "5"}
    assert snapshots_of(document, [*LEDGER[:2], line(2, None, THREE)])[0].data_day is None


def test_a_table_that_nothing_was_written_to_has_no_snapshot() -> None:
    assert snapshots_of({"current-snapshot-id": -1, "snapshots": []}) == []
    with pytest.raises(RollbackError, match="has no snapshot yet"):
        target_of("previous", {}, "bookings.revenue")


def test_the_first_snapshot_has_none_before_it() -> None:
    with pytest.raises(RollbackError, match="there is none before it"):
        target_of("previous", table((1, None), current=1), "bookings.revenue")


def rolled_back(to: int) -> dict[str, Any]:
    """The chain after somebody went back at ten o'clock in the evening."""
    evening = int((NOON + timedelta(hours=10)).timestamp() * 1000)
    log = [*CHAIN["snapshot-log"], {"snapshot-id": to, "timestamp-ms": evening}]
    return {**CHAIN, "current-snapshot-id": to, "snapshot-log": log}


@pytest.mark.parametrize("to", ["previous", "2"])
def test_a_plan_made_again_after_the_rollback_is_the_same(to: str) -> None:
    requested_at = NOON + timedelta(hours=9)
    first = [snapshot.snapshot_id for snapshot in target_of(to, CHAIN, "bookings.revenue", requested_at)]
    again = [
        snapshot.snapshot_id for snapshot in target_of(to, rolled_back(2), "bookings.revenue", requested_at)
    ]
    assert first == again == [3, 2]


def test_who_asks_after_a_rollback_means_the_one_before() -> None:
    later = NOON + timedelta(hours=11)
    found = target_of("previous", rolled_back(2), "bookings.revenue", later)
    assert [snapshot.snapshot_id for snapshot in found] == [2, 1]
    found = target_of("2", rolled_back(2), "bookings.revenue", later)
    assert [snapshot.snapshot_id for snapshot in found] == [2, 2]


def test_previous_is_refused_after_a_newer_publication() -> None:
    requested_at = NOON + timedelta(minutes=90)  # snapshot 2 was current then, and 3 came half an hour later
    with pytest.raises(RollbackError, match=r"is at snapshot 3 by now .* was at snapshot 2 when"):
        target_of("previous", CHAIN, "bookings.revenue", requested_at)
    assert [snapshot.snapshot_id for snapshot in target_of("1", CHAIN, "bookings.revenue", requested_at)] == [
        3,
        1,
    ]


def test_days_between_are_those_only_one_snapshot_builds_on() -> None:
    assert days_in_between(CHAIN, LEDGER, 3, 1) == ({TWO, THREE}, set())
    assert days_in_between(CHAIN, LEDGER[:2], 3, 1) == ({TWO}, {3})
    forked = table((1, None), (2, 1), (3, 1), current=3)
    assert days_in_between(forked, LEDGER, 3, 2) == ({TWO, THREE}, set())


def test_a_day_is_missing_when_the_line_has_no_publication_of_it() -> None:
    for keeps_history in (True, False):
        assert missing_after(CHAIN, LEDGER, 1, keeps_history=keeps_history) == {TWO, THREE}
        assert missing_after(CHAIN, LEDGER, 3, keeps_history=keeps_history) == set()


def test_an_earlier_publication_of_the_day_misses_nothing() -> None:
    again = [*LEDGER[:2], line(2, 3, TWO)]
    assert missing_after(CHAIN, again, 2, keeps_history=False) == set()
    assert withdrawn_by(CHAIN, again, 2) == {TWO}


def test_an_undone_day_stays_missing_after_its_snapshot_expired() -> None:
    # day two was taken back, its snapshot 2 has expired; then day three is rolled back as well
    remaining = table((1, None), (3, 1), current=3)
    ledger = [line(None, 1, ONE), LedgerEntry(1, 2, TWO, "run", undone=True), line(1, 3, THREE)]
    for keeps_history in (True, False):
        assert missing_after(remaining, ledger, 1, keeps_history=keeps_history) == {TWO, THREE}
        again = [*ledger, line(3, 4, TWO)]
        later = table((1, None), (3, 1), (4, 3), current=4)
        assert missing_after(later, again, 4, keeps_history=True) == set()


def test_mid_replay_a_current_state_has_older_states() -> None:
    replayed = table((1, None), (2, 1), (3, 2), (4, 3), current=4)
    ledger = [line(None, 1, ONE), line(1, 2, TWO), line(2, 3, ONE), line(3, 4, TWO)]
    assert missing_after(replayed, ledger, 3, keeps_history=False) == {TWO}
    assert missing_after(replayed, ledger, 3, keeps_history=True) == set()
    assert missing_after(replayed, ledger, 4, keeps_history=False) == set()


def test_a_plan_survives_json() -> None:
    plan = RollbackPlan(
        "a.b", 2**62, 7, 10, None, (ONE,), (TWO,), ("3",), ("c.d",), (("c.d", ONE, "run"),), ("e.f",)
    )
    assert RollbackPlan.from_json(plan.as_json()) == plan
    assert plan.lines()[0] == f"a.b: snapshot {2**62} -> 7"
    assert plan.lines()[-2] == "runs again: c.d (started: it reads further ports)"
    assert plan.lines()[-1].endswith(f"./interline replay e.f --from {ONE} --to {ONE}")


def test_the_plan_names_the_replay_of_newer_current_states() -> None:
    newest = {"c.state": THREE, "c.new": None, "c.same": ONE}
    assert newer_states((ONE,), newest) == (("c.state", THREE),)
    assert newer_states((), newest) == ()
    plan = RollbackPlan("a.b", 2, 1, None, None, (ONE,), (), states=newer_states((ONE,), newest))
    assert RollbackPlan.from_json(plan.as_json()) == plan
    assert plan.lines()[-1] == (
        "holds a current state that is newer, so afterwards: ./interline replay c.state --from 2013-01-01 --to 2013-01-03"
    )


def contract(period: Period | None) -> Any:
    level = None if period is None else SimpleNamespace(period=period)
    return SimpleNamespace(service_level=lambda name: level if name == "retention" else None)


@pytest.mark.parametrize(
    ("period", "first_day", "days_of_snapshots"),
    [
        (Period(7, "years"), date(2006, 3, 1), 30),
        (Period(10, "days"), date(2013, 2, 19), 10),
        (Period(30, "days"), date(2013, 1, 30), 30),
        (Period(2, "months"), date(2013, 1, 1), 30),
    ],
)
def test_boundaries_follow_from_the_contract(period: Period, first_day: date, days_of_snapshots: int) -> None:
    today = date(2013, 3, 1)
    found = boundaries(contract(period), today)
    assert found is not None
    assert found.first_day == first_day
    assert found.snapshots_from == datetime(2013, 3, 1, tzinfo=UTC) - timedelta(days=days_of_snapshots)
    assert boundaries(contract(None), today) is None


def test_what_was_current_at_the_boundary_stays() -> None:
    long = table((1, None), (2, 1), (3, 2), (4, 3), current=4)
    assert expiring(long, NOON + timedelta(hours=1, minutes=30)) == [1]
    assert expiring(long, NOON + timedelta(hours=9)) == [1, 2, 3]
    assert expiring(long, NOON - timedelta(hours=1)) == []


def test_what_a_tag_names_stays() -> None:
    long = table((1, None), (2, 1), (3, 2), current=3)
    long["refs"]["audit"] = {"snapshot-id": 1, "type": "tag"}
    assert expiring(long, NOON + timedelta(hours=9)) == [2]


def test_an_orphan_is_old_and_needed_by_nothing() -> None:
    def entry(key: str, hours: int) -> dict[str, Any]:
        return {"Key": key, "LastModified": NOON + timedelta(hours=hours)}

    listed = [entry("p/needed", -9), entry("p/old", -9), entry("p/young", 1)]
    assert [each["Key"] for each in orphans(listed, "b", {"s3://b/p/needed"}, NOON)] == ["p/old"]
