"""Going back: the old rows at once, events for exactly the days that changed, and a next publish that behaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from interline.publication.errors import RollbackError
from interline.publication.port_snapshots import PortSnapshots
from tests.engines.probe_mesh import Probes, good_row
from tests.engines.publication.test_ledger import published

WRONG, RIGHT = "2013-01-01", "2013-01-02"


@pytest.fixture(scope="module")
def port(probes: Probes) -> PortSnapshots:
    """Two good days, then the first published wrongly, then the second as it was."""
    for day in (WRONG, RIGHT):
        published(probes, day, *(good_row(day, number) for number in range(1, 5)))
    published(probes, WRONG, *(good_row(WRONG, number, price=900) for number in range(1, 9)))
    published(probes, RIGHT, *(good_row(RIGHT, number) for number in range(1, 5)))
    return PortSnapshots(Path(probes.dag.fileloc).parents[2], "bookings.probes")


def rows(probes: Probes, day: str) -> Any:
    return probes.sql(
        f"select probe_id, price from bookings_curated.probes where data_day = '{day}' order by 1"
    )


def test_only_days_with_another_content_change(probes: Probes, port: PortSnapshots) -> None:
    good = port.snapshots()[2]
    plan = port.plan_rollback(str(good.snapshot_id))
    assert plan.days == (WRONG,)
    assert (plan.rows, plan.rows_after) == (12, 8)
    assert plan.missing == ()


def test_it_is_metadata_alone_and_can_be_repeated(probes: Probes, port: PortSnapshots) -> None:
    snapshots = port.snapshots()
    before = rows(probes, RIGHT)
    plan = port.plan_rollback(str(snapshots[2].snapshot_id))
    assert port.roll_back(plan) is True
    assert len(rows(probes, WRONG)) == 4
    assert rows(probes, RIGHT) == before
    assert port.roll_back(plan) is False
    after = port.snapshots()
    assert [snapshot.snapshot_id for snapshot in after] == [snapshot.snapshot_id for snapshot in snapshots]
    assert [snapshot.current for snapshot in after][:4] == [False, False, True, False]
    assert [snapshot.in_line for snapshot in after][:4] == [False, False, True, True]


def test_and_forth_again(probes: Probes, port: PortSnapshots) -> None:
    newest = port.snapshots()[0]
    plan = port.plan_rollback(str(newest.snapshot_id))
    assert plan.days == (WRONG,)
    port.roll_back(plan)
    assert len(rows(probes, WRONG)) == 8
    port.roll_back(port.plan_rollback(str(port.snapshots()[2].snapshot_id)))
    assert len(rows(probes, WRONG)) == 4


def test_a_plan_is_void_when_the_port_has_moved_on(probes: Probes, port: PortSnapshots) -> None:
    plan = port.plan_rollback("previous")
    published(probes, WRONG, *(good_row(WRONG, number) for number in range(1, 6)))
    with pytest.raises(RollbackError, match="plan again"):
        port.roll_back(plan)


def test_clearing_publish_alone_does_not_undo_a_rollback(probes: Probes, port: PortSnapshots) -> None:
    published(probes, RIGHT, *(good_row(RIGHT, number, price=901) for number in range(1, 5)))
    port.roll_back(port.plan_rollback("previous"))
    with pytest.raises(AirflowFailException, match="did not pass its check"):
        probes.run("publish.commit", RIGHT)


def test_the_next_publish_builds_on_the_restored_snapshot(probes: Probes, port: PortSnapshots) -> None:
    base = next(snapshot for snapshot in port.snapshots() if snapshot.current)
    published(probes, RIGHT, *(good_row(RIGHT, number) for number in range(1, 8)))
    newest = port.snapshots()[0]
    assert (newest.parent_id, newest.current, newest.data_day) == (base.snapshot_id, True, RIGHT)
    assert len(rows(probes, WRONG)) == 5


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("12345", "no snapshot 12345, or it has expired"),
        ("yesterday", "'yesterday' is no snapshot"),
        ("", "'' is no snapshot"),
        ("٣", "is no snapshot"),
    ],
)
def test_a_snapshot_that_is_none_is_refused(port: PortSnapshots, to: str, message: str) -> None:
    with pytest.raises(RollbackError, match=message):
        port.plan_rollback(to)
