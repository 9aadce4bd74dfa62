"""Pending runs of consumers, kept few in Airflow's scheduler, which calls :mod:`interline.airflow.listener`.

For every consumer and data day that lacks an input Airflow keeps a row, and its scheduler reads the oldest 500 of the whole
environment: that many rows whose inputs never come stop every consumer (``MAX_PARTITION_DAG_RUNS_PER_LOOP``). Airflow
3.3.1 deletes none of them, ``airflow db clean`` does not know their table, and tasks may not touch the database. A listener
of a plugin is called in the scheduler, with the scheduler's own transaction, on Amazon MWAA too.

Two kinds of rows go, and neither makes a consumer miss a day:

* When a consumer's run for a day begins, rows for the same day whose last event is older than the run: what they wait to tell, the run
  reads.
* When the platform's watching DAG begins and there are many, the oldest. If all inputs of such a day come later, that DAG starts
  the consumer.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.models.asset import AssetPartitionDagRun, PartitionedAssetKeyLog
from airflow.models.dag import DagModel
from airflow.models.log import Log
from sqlalchemy import delete, func, insert, select

from interline.scheduling.airflow_state import PENDING_EVENT, WATCHING_DAG

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

MOST_PENDING = 250
"""Rows in the whole environment: half of what the scheduler reads at a time."""
_MOST_REPORTED = 1000


def forget_seen(connection: Connection, dag_id: str, day: str, queued_at: datetime) -> int:
    """Delete the pending rows of a consumer's day whose last event is older than a run of that day.

    :return: how many
    """
    own = _pending(AssetPartitionDagRun.id).where(
        AssetPartitionDagRun.target_dag_id == dag_id, AssetPartitionDagRun.partition_key == day
    )
    numbers = connection.scalars(_for_deletion(own)).all()
    if not numbers:
        return 0
    newest = connection.execute(
        select(PartitionedAssetKeyLog.asset_partition_dag_run_id, func.max(PartitionedAssetKeyLog.created_at))
        .where(PartitionedAssetKeyLog.asset_partition_dag_run_id.in_(numbers))
        .group_by(PartitionedAssetKeyLog.asset_partition_dag_run_id)
    ).all()
    return _delete(connection, [number for number, moment in newest if moment < queued_at])


def keep_few(connection: Connection, run_id: str, most: int = MOST_PENDING) -> int:
    """Delete the oldest pending rows of all consumers but ``most``, and note in Airflow's audit log what was found.

    :param run_id: of the watching DAG, whose tasks read the note
    :return: how many
    """
    rows = connection.execute(
        _pending(AssetPartitionDagRun.target_dag_id, AssetPartitionDagRun.partition_key)
        .join(DagModel, DagModel.dag_id == AssetPartitionDagRun.target_dag_id)
        .where(DagModel.is_stale.is_(False))
    ).all()
    removed = 0
    if len(rows) > most:
        oldest = (
            _pending(AssetPartitionDagRun.id)
            .join(DagModel, DagModel.dag_id == AssetPartitionDagRun.target_dag_id)
            .where(DagModel.is_stale.is_(False))
            .order_by(AssetPartitionDagRun.created_at, AssetPartitionDagRun.id)
            .limit(len(rows) - most)
        )
        removed = _delete(connection, connection.scalars(_for_deletion(oldest)).all())
    waiting = Counter((dag_id, day) for dag_id, day in rows).most_common(_MOST_REPORTED)
    report = {"found": len(rows), "removed": removed, "waiting": [[*key, count] for key, count in waiting]}
    connection.execute(
        insert(Log).values(
            dttm=datetime.now(UTC),
            dag_id=WATCHING_DAG,
            run_id=run_id,
            event=PENDING_EVENT,
            extra=json.dumps(report),
        )
    )
    return removed


def _pending(*columns: Any) -> Select[Any]:
    return select(*columns).where(AssetPartitionDagRun.created_dag_run_id.is_(None))


def _for_deletion(rows: Select[Any]) -> Select[Any]:
    """Return the query so that rows which another scheduler is about to turn into runs are left to it."""
    return rows.with_for_update(of=AssetPartitionDagRun, skip_locked=True)


def _delete(connection: Connection, numbers: Any) -> int:
    if numbers:
        connection.execute(
            delete(PartitionedAssetKeyLog).where(
                PartitionedAssetKeyLog.asset_partition_dag_run_id.in_(numbers)
            )
        )
        connection.execute(delete(AssetPartitionDagRun).where(AssetPartitionDagRun.id.in_(numbers)))
    return len(numbers)
