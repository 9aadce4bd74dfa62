"""Publishing leaves a snapshot with its data day and its run, whatever happens in between."""

from __future__ import annotations

from typing import Any

import pytest

from interline.aws.iceberg import IcebergHook
from interline.publication import snapshots_of
from interline.publication.ledger import begin_entry, read_ledger
from tests.engines.probe_mesh import TABLES, Probes, good_row

DAY, NEXT = "2013-01-01", "2013-01-02"


def snapshots(probes: Probes) -> list[Any]:
    metadata = IcebergHook(aws_conn_id="aws_bookings", region_name="us-east-1").metadata(
        "bookings_curated", "probes"
    )
    return snapshots_of(metadata, read_ledger(probes.hook, TABLES))


def published(probes: Probes, day: str, *rows: dict[str, Any]) -> Any:
    """Check and publish these rows; whom they are granted to is no matter here."""
    probes.batch(day, *rows)
    for task in ("check", "publish.declare"):
        probes.run(task, day)
    return probes.run("publish.commit", day)


def test_a_snapshot_says_its_day_its_rows_and_its_run(probes: Probes) -> None:
    result = published(probes, DAY, *(good_row(DAY, number) for number in range(1, 5)))
    published(probes, NEXT, *(good_row(NEXT, number) for number in range(1, 4)))
    published(probes, DAY, *(good_row(DAY, number) for number in range(1, 6)))
    found = snapshots(probes)
    assert [(v.data_day, v.rows_added, v.rows_removed, v.rows) for v in found] == [
        (DAY, 5, 4, 8),
        (NEXT, 3, 0, 7),
        (DAY, 4, 0, 4),
    ]
    assert [v.current for v in found] == [True, False, False]
    assert all(v.in_line and v.run == "run-of-the-test" for v in found)
    assert result["version"] == str(found[-1].snapshot_id)


def test_a_task_that_dies_after_commit_leaves_a_known_snapshot(
    probes: Probes, monkeypatch: pytest.MonkeyPatch
) -> None:
    probes.batch(NEXT, *(good_row(NEXT, number) for number in range(1, 8)))
    probes.run("check", NEXT)

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("interline.airflow.operators.publish.complete_entry", die)
    with pytest.raises(KeyboardInterrupt):
        probes.run("publish.commit", NEXT)
    assert probes.published(NEXT) == [f"P{number}" for number in range(1, 8)]
    newest = snapshots(probes)[0]
    assert (newest.data_day, newest.rows_added) == (NEXT, 7)


def test_an_announcement_that_came_to_nothing_is_replaced(probes: Probes) -> None:
    parent = snapshots(probes)[0].snapshot_id
    probes.hook.run(begin_entry(TABLES, parent, DAY, "came to nothing"))
    published(probes, NEXT, *(good_row(NEXT, number) for number in range(1, 4)))
    newest = snapshots(probes)[0]
    assert (newest.data_day, newest.run) == (NEXT, "run-of-the-test")
