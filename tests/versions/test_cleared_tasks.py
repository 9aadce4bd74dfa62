"""A task that is cleared does its work again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from airflow.dag_processing.dagbag import DagBag

ROOT = Path(__file__).resolve().parents[2]


def test_no_task_takes_an_earlier_statement_for_its_own() -> None:
    """The provider's Redshift operator, left as it comes, skips its statement when the task succeeded before."""
    durable = {
        f"{dag.dag_id} {task.task_id}": task.durable
        for dag in DagBag(str(ROOT / "dags")).dags.values()
        for task in dag.tasks
        if hasattr(task, "durable")
    }
    assert len(durable) >= 6
    assert [name for name, value in durable.items() if value] == []


def test_a_publish_is_done_by_one_task_whatever_the_environment_prefers() -> None:
    """What notes the version comes after the commit: a task that is deferred would go on in the provider's own code."""
    product = """
from pathlib import Path
from airflow.dag_processing.dagbag import DagBag
dag = DagBag(str(Path("dags/bookings/revenue.py"))).dags["bookings.revenue"]
assert dag.get_task("publish.commit").deferrable is False
"""
    environment = {**os.environ, "AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE": "True", "PYTHONPATH": "plugins"}
    done = subprocess.run(
        [sys.executable, "-c", product],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
