"""Going back: the old rows at once, events for exactly the days that changed, and a next publish that behaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from interline.publication.errors import RollbackError
from interline.publication.port_snapshots import PortVersions
from tests.engines.probe_mesh import Probes, good_row
from tests.engines.publication.test_ledger import published

WRONG, RIGHT = "2013-01-01", "2013-01-02"


@pytest.fixture(scope="module")
def port(probes: Probes) -> PortVersions:
    """Two good days, then the first published wrongly, then the second as it was."""
    for day in (WRONG, RIGHT):
        published(probes, day, *(good_row(day, number) for number in range(1, 5)))
    published(probes, WRONG, *(good_row(WRONG, number, price=900) for number in range(1, 9)))
    published(probes, RIGHT, *(good_row(RIGHT, number) for number in range(1, 5)))
    return PortVersions(Path(probes.dag.fileloc).parents[2], "bookings.probes")


def rows(probes: Probes, day: str) -> Any:
    return probes.sql(
        f"select probe_id, price from bookings_curated.probes where data_day = '{day}' order by 1"
    )


def test_only_days_with_another_content_change(probes: Probes, port: PortVersions) -> None:
    good = port.versions()[2]
    plan = port.plan_rollback(str(good.snapshot))
    assert plan.days == (WRONG,)
    assert (plan.rows, plan.rows_after) == (12, 8)
    assert plan.missing == ()


def test_it_is_metadata_alone_and_can_be_repeated(probes: Probes, port: PortVersions) -> None:
    versions = port.versions()
    before = rows(probes, RIGHT)
    plan = port.plan_rollback(str(versions[2].snapshot))
    assert port.roll_back(plan) is True
    assert len(rows(probes, WRONG)) == 4
    assert rows(probes, RIGHT) == before
    assert port.roll_back(plan) is False
    after = port.versions()
    assert [version.snapshot for version in after] == [version.snapshot for version in versions]
    assert [version.current for version in after][:4] == [False, False, True, False]
    assert [version.in_line for version in after][:4] == [False, False, True, True]


def test_and_forth_again(probes: Probes, port: PortVersions) -> None:
    newest = port.versions()[0]
    plan = port.plan_rollback(str(newest.snapshot))
    assert plan.days == (WRONG,)
    port.roll_back(plan)
    assert len(rows(probes, WRONG)) == 8
    port.roll_back(port.plan_rollback(str(port.versions()[2].snapshot)))
    assert len(rows(probes, WRONG)) == 4


def test_a_plan_is_void_when_the_port_has_moved_on(probes: Probes, port: PortVersions) -> None:
    plan = port.plan_rollback("previous")
    published(probes, WRONG, *(good_row(WRONG, number) for number in range(1, 6)))
    with pytest.raises(RollbackError, match="plan again"):
        port.roll_back(plan)


def test_clearing_the_publish_alone_does_not_bring_back_what_was_rolled_back(
    probes: Probes, port: PortVersions
) -> None:
    published(probes, RIGHT, *(good_row(RIGHT, number, price=901) for number in range(1, 5)))
    port.roll_back(port.plan_rollback("previous"))
    with pytest.raises(AirflowFailException, match="did not pass its check"):
        probes.run("publish.commit", RIGHT)


def test_the_next_publish_builds_on_the_version_that_was_gone_back_to(
    probes: Probes, port: PortVersions
) -> None:
    base = next(version for version in port.versions() if version.current)
    published(probes, RIGHT, *(good_row(RIGHT, number) for number in range(1, 8)))
    newest = port.versions()[0]
    assert (newest.parent, newest.current, newest.data_day) == (base.snapshot, True, RIGHT)
    assert len(rows(probes, WRONG)) == 5


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("12345", "no version 12345, or it has expired"),
        ("yesterday", "'yesterday' is no version"),
        ("", "'' is no version"),
        ("٣", "is no version"),
    ],
)
def test_a_version_that_is_none_is_refused(port: PortVersions, to: str, message: str) -> None:
    with pytest.raises(RollbackError, match=message):
        port.plan_rollback(to)
