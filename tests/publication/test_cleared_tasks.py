"""A task that is cleared does its work again."""

from __future__ import annotations

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
