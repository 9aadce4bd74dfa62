"""Puts into Airflow's database what two events at one moment leave there: `python plant.py <json>`, in Airflow's environment.

The events go through Airflow's own asset manager, in transactions that overlap as those of two tasks can.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

from airflow.assets.manager import asset_manager
from airflow.models.asset import AssetModel
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import select
from sqlalchemy.orm import Session


def announce(session: Session, product: str, day: str) -> None:
    """Register the event of a product's day; the caller commits."""
    asset = session.scalar(select(AssetModel).where(AssetModel.name == f"trial.{product}"))
    assert asset is not None
    asset_manager.register_asset_change(asset=asset.to_serialized(), partition_key=day, session=session)


def note_run(session: Session, product: str, day: str) -> None:
    """Note a run that has published the day."""
    now = datetime.now(UTC)
    run = DagRun(
        dag_id=f"trial.{product}", run_id=f"planted__{day}", run_type=DagRunType.MANUAL, run_after=now, start_date=now,
        partition_key=day, state=DagRunState.SUCCESS, triggered_by=DagRunTriggeredByType.TEST,
    )  # fmt: skip
    run.end_date = now
    session.add(run)


def main() -> None:
    """Plant days of which only the first product was announced, and days of which both were at one moment."""
    days_of: dict[str, list[str]] = json.loads(sys.argv[1])
    with create_session() as session:
        for day in days_of["half"]:
            announce(session, "first", day)
            note_run(session, "first", day)
    for day in days_of["at_one_moment"]:
        with create_session(scoped=False) as one, create_session(scoped=False) as other:
            announce(one, "first", day)
            announce(other, "second", day)
            note_run(one, "first", day)
            note_run(other, "second", day)


if __name__ == "__main__":
    main()
