"""No task acts as another domain: an Airflow cluster policy over every DAG file under ``dags/<domain>/``.

Airflow itself cannot hold this: any task may name any connection. So a DAG whose task names a connection of another
domain, or none (which would mean Airflow's own role), is refused when its file is read, with the reason in the UI.
Accounts and roles are what isolates domains; this keeps honest mistakes from getting that far.

Nor does a task send asset events beside the one slot that keeps them apart (:mod:`interline.scheduling`).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow import settings
from airflow.exceptions import AirflowClusterPolicyViolation
from airflow.policies import hookimpl

from interline.scheduling import ANNOUNCEMENTS_POOL

if TYPE_CHECKING:
    from airflow.sdk import DAG, BaseOperator

PREFIX = "aws_"


@lru_cache(maxsize=4096)
def domain_of_file(fileloc: str) -> str | None:
    """Return the domain in whose folder a DAG file lies: ``…/dags/<domain>/….py``, or None."""
    parts = Path(fileloc).parts
    for position in range(len(parts) - 1, 0, -1):
        if parts[position] == "dags" and position + 2 < len(parts):
            return parts[position + 1]
    return None


@hookimpl
def dag_policy(dag: DAG) -> None:
    """Refuse a DAG whose address is not that of its file."""
    domain = domain_of_file(dag.fileloc)
    if domain is None or "." not in dag.dag_id:
        return
    address = f"{domain}.{Path(dag.fileloc).stem}"
    if dag.dag_id != address:
        raise AirflowClusterPolicyViolation(
            f"{dag.fileloc} declares {dag.dag_id!r}, but its own address is {address!r}: one file, one product"
        )


@hookimpl
def task_policy(task: BaseOperator) -> None:
    """Refuse a task with a connection of another domain, with none where it needs one, or with an outlet of its own."""
    dag = task.get_dag()
    domain = domain_of_file(dag.fileloc) if dag is not None else None
    if dag is None or domain is None:
        return
    if task.outlets and task.pool != ANNOUNCEMENTS_POOL:
        raise AirflowClusterPolicyViolation(
            f"the task {task.task_id!r} of {dag.dag_id} has an outlet and the pool {task.pool!r}: what sends asset events"
            f" has the one slot of {ANNOUNCEMENTS_POOL!r}, as `publish.announce` has, or consumers may wait for ever"
        )
    own = PREFIX + domain
    for name, value in _connections(task).items():
        if (name == "aws_conn_id" and value != own) or (
            isinstance(value, str) and value.startswith(PREFIX) and value != own
        ):
            raise AirflowClusterPolicyViolation(
                f"the task {task.task_id!r} of {dag.dag_id} has {name}={value!r}: tasks in dags/{domain}/ act as"
                f" {domain}, so it must be {own!r}"
            )


def register() -> None:
    """Make these policies Airflow's, once a process."""
    manager = settings.get_policy_plugin_manager()
    module = __import__(__name__, fromlist=["policy"])
    if not manager.is_registered(module):
        manager.register(module)


def _connections(task: Any) -> dict[str, Any]:
    attributes = getattr(task, "partial_kwargs", None) or vars(task)
    return {name: attributes[name] for name in attributes if name.endswith("conn_id")}
