"""What Airflow's API answers about runs and tasks, for tests of who asks it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from interline.contracts import load_mesh
from local.mesh.selection import Selection, select_products
from tests.cli.conftest import REPOSITORY

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
DAY = date(2013, 1, 1)


class Answers:
    """Stands for the API: answers with what was put here."""

    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []
        self.tasks: list[dict[str, Any]] = []

    def runs_changed_since(self, _moment: str) -> list[dict[str, Any]]:
        return self.runs

    def tasks_changed_since(self, _moment: str) -> list[dict[str, Any]]:
        return self.tasks

    def run(
        self, dag_id: str, state: str, *, run_id: str = "r", after: int = 1, day: str | None = "2013-01-01"
    ) -> None:
        moment = (BEGUN + timedelta(seconds=after)).isoformat()
        self.runs.append(
            {
                "dag_id": dag_id, "dag_run_id": run_id, "state": state, "partition_key": day, "queued_at": moment,
                "run_after": moment, "start_date": moment, "end_date": None,
            }
        )  # fmt: skip

    def task(self, dag_id: str, name: str, state: str | None, *, run_id: str = "r") -> None:
        self.tasks.append(
            {
                "dag_id": dag_id, "dag_run_id": run_id, "task_id": name, "state": state, "map_index": -1,
                "start_date": BEGUN.isoformat(), "duration": 1.5,
            }
        )  # fmt: skip


def shopping_day() -> Selection:
    """The products of shopping and what they read, on one day."""
    return Selection(select_products(load_mesh(REPOSITORY), ["shopping"]), (DAY,))
