"""What Airflow's scheduler calls when a run begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.listeners import hookimpl
from sqlalchemy.orm import object_session

from interline.scheduling.airflow_state import WATCHING_DAG

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun


@hookimpl
def on_dag_run_running(dag_run: DagRun, msg: str) -> None:
    """Keep pending runs few, in the transaction in which a run begins; what is raised here Airflow logs."""
    # slow: every task loads the plugin, and none needs the models of Airflow's database
    from interline.airflow.pending_runs import forget_seen, keep_few

    session = object_session(dag_run)
    if session is None:
        return
    session.flush()
    # A savepoint of the connection, not of the session: the scheduler forbids its session every commit but its own. What
    # fails here is undone alone.
    connection = session.connection()
    with connection.begin_nested():
        if dag_run.dag_id == WATCHING_DAG:
            keep_few(connection, dag_run.run_id)
        elif dag_run.partition_key and dag_run.queued_at:
            forget_seen(connection, dag_run.dag_id, dag_run.partition_key, dag_run.queued_at)
