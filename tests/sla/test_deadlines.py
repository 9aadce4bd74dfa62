"""When a run is due, by what its product promises; tests/engines/service_levels has Airflow make the deadline."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from interline.airflow.deadlines import counted_from
from interline.sla.due_times import due_of_run

DAY = date(2013, 1, 2)
END = datetime(2013, 1, 3, tzinfo=UTC)
HOURS = timedelta(hours=8)


@pytest.mark.parametrize(
    ("run_type", "key", "queued", "deadline"),
    [
        ("scheduled", "2013-01-02", END + timedelta(hours=4), END + HOURS),
        # its inputs came late: it has as long as it promises from when they were there
        ("asset_triggered", "2013-01-02", END + timedelta(hours=9), END + timedelta(hours=17)),
        ("asset_triggered", "2013-01-02", END + timedelta(hours=8), END + HOURS),
        ("manual", "2013-01-02", END, None),
        ("backfill", "2013-01-02", END, None),
        ("scheduled", None, END, None),
        ("scheduled", "all of it", END, None),
    ],
)
def test_when_a_run_is_due(
    run_type: str, key: str | None, queued: datetime, deadline: datetime | None
) -> None:
    moment = counted_from(run_type, key, queued, HOURS)
    assert (moment and moment + HOURS) == deadline


def test_a_run_that_was_never_queued_is_due_after_its_day() -> None:
    assert due_of_run(DAY, None, HOURS) == END + HOURS
