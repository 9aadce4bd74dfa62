"""A product's promise as Airflow's deadline of each of its runs.

Airflow tells of a deadline only for runs that exist, and a consumer's run begins when its input ports have published: a
late producer is reported once, by its own deadline, and those who wait for it have no run that could be late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import BaseDeadlineReference, DeadlineAlert

from interline.airflow.deadline_alerts import report_late
from interline.sla.due_times import due_of_run

NAME = "published in time"
_ALERT = AsyncCallback(report_late)


@dataclass
class DataDayPublished(BaseDeadlineReference):
    """The moment from which a run's promise counts: the end of its data day.

    A run that began after its promise had passed already waited for others, which were reported; its promise counts from its
    own begin. A run that a person started, or that a backfill repeats, has no deadline.

    :param seconds: how long after the moment the data day is promised
    """

    seconds: float = 0.0
    required_kwargs = {"dag_id", "run_id"}

    def serialize_reference(self) -> dict[str, Any]:
        """Return the reference as it is kept with the DAG."""
        return {**super().serialize_reference(), "seconds": self.seconds}

    @classmethod
    def deserialize_reference(cls, reference_data: dict[str, Any]) -> DataDayPublished:
        """Return the reference that was kept."""
        return cls(float(reference_data["seconds"]))

    def _evaluate_with(self, *, session: Any, dag_id: str, run_id: str) -> datetime | None:
        """Return the moment for a run; None when nothing was promised of it. Called by the scheduler."""
        from airflow.models import DagRun  # slow, and only the scheduler calls this
        from sqlalchemy import select  # slow, and comes with the models

        found = session.execute(
            select(DagRun.run_type, DagRun.partition_key, DagRun.queued_at).where(
                DagRun.dag_id == dag_id, DagRun.run_id == run_id
            )
        ).one_or_none()
        if found is None:
            return None
        run_type, partition_key, queued_at = found
        return counted_from(run_type, partition_key, queued_at, timedelta(seconds=self.seconds))


def counted_from(
    run_type: str, partition_key: str | None, queued_at: datetime | None, within: timedelta
) -> datetime | None:
    """Return the moment from which a promise counts for a run; None when the run has no deadline."""
    if run_type in ("manual", "backfill") or not partition_key:
        return None
    try:
        day = date.fromisoformat(partition_key)
    except ValueError:
        return None
    queued = None if queued_at is None else queued_at.astimezone(UTC)
    return due_of_run(day, queued, within) - within


def publication_deadline(seconds: float | None) -> DeadlineAlert | None:
    """Return the deadline of a product's runs; None if its contract promises nothing about time."""
    if seconds is None:
        return None
    return DeadlineAlert(
        reference=DataDayPublished(seconds), interval=timedelta(seconds=seconds), callback=_ALERT, name=NAME
    )
