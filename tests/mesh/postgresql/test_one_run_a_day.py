"""On PostgreSQL, under a real scheduler, every consumer runs exactly once for each day that its inputs announce."""

from __future__ import annotations

from collections import Counter
from datetime import date

from tests.mesh.postgresql.conftest import TrialAirflow, days_from


def test_two_producers_at_once_for_200_days(airflow: TrialAirflow) -> None:
    days = days_from(date(2013, 1, 1), 200)
    airflow.backfill("one", days)
    airflow.backfill("two", days)
    airflow.until(lambda: airflow.runs("pair").total() >= len(days), 1500, "200 days of a pair")
    assert airflow.runs("one") == airflow.runs("two") == Counter(days)
    assert airflow.runs("pair") == Counter(days)
    assert airflow.pending("pair") == 0


def test_a_diamond_over_60_days(airflow: TrialAirflow) -> None:
    days = days_from(date(2014, 1, 1), 60)
    airflow.backfill("source", days)
    airflow.until(lambda: airflow.runs("sink").total() >= len(days), 1500, "60 days of a diamond")
    airflow.until(lambda: airflow.runs("uneven").total() >= len(days), 300, "60 days of its uneven side")
    for product in ("source", "left", "right", "sink", "uneven"):
        assert airflow.runs(product) == Counter(days), product
        assert not airflow.runs(product, "queued") + airflow.runs(product, "running"), product
    assert airflow.pending("sink") == airflow.pending("uneven") == 0
