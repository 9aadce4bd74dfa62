"""When a run's data day is due; of the standard library alone, because every DAG file imports it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta


def end_of(day: date) -> datetime:
    """Return the moment at which a data day ends, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def due_of_run(day: date, queued_at: datetime | None, within: timedelta) -> datetime:
    """Return when a run has to have published its data day.

    That is so long after the day's end as is promised. A run that began later than that, because what it reads was late,
    has as long from its begin.
    """
    due = end_of(day) + within
    return due if queued_at is None or queued_at <= due else queued_at + within
