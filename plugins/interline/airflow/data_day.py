"""The data day: the one day of data that a run is about, never the day on which it happens to run."""

from __future__ import annotations

from datetime import date

TEMPLATE = "{{ partition_key }}"
"""An Airflow template for the data day: runs of products are partitioned, and the partition key is the day."""


class NoDataDay(ValueError):
    """A run without a data day."""


def data_day_of(partition_key: str | None) -> str:
    """Return the data day, ``YYYY-MM-DD``, of a rendered partition key.

    Raises:
        NoDataDay: the run has no partition key, or one that is no day.
    """
    if partition_key is None or partition_key in ("", "None"):
        raise NoDataDay(
            "this run has no data day. Runs of data products are for one day: use a backfill, or trigger the DAG"
            ' through the REST API with "partition_key": "YYYY-MM-DD"'
        )
    try:
        day = date.fromisoformat(partition_key)
    except ValueError:
        day = None
    if day is None or day.isoformat() != partition_key:
        raise NoDataDay(f"the partition key {partition_key!r} is no data day, expected YYYY-MM-DD")
    return partition_key
