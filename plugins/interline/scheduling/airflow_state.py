"""What Airflow knows of consumers and runs, read through its REST API (version 2), and consumers started through it.

Source: the Airflow 3.3.1 REST API reference, "DagRun", "DagVersion", "Event Log".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from interline.scheduling.missed_days import DAYS_BACK, GRACE_MINUTES, Consumer, MissedDay, Run, missed_days

if TYPE_CHECKING:
    from interline.contracts import Product

WATCHING_DAG = "platform.scheduling"
PENDING_EVENT = "pending consumer runs"
"""The audit log event in which the scheduler tells what waits, see ``interline.airflow.pending_runs``."""
_PAGE = 100


class AirflowApi(Protocol):
    """One Airflow's REST API, however it is reached."""

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the decoded answer of one call below ``/api/v2``; an answer that is no success is raised."""


@dataclass(frozen=True, slots=True)
class PendingRuns:
    """Runs of consumers that wait for further inputs, as the scheduler counted them."""

    found: int
    removed: int
    """Of the oldest, because Airflow reads only so many."""
    waiting: Mapping[tuple[str, str], int]
    """By consumer and day; the first thousand or so."""


def find_missed_days(
    api: AirflowApi,
    products: Mapping[str, Product],
    pending: PendingRuns | None,
    *,
    days: float = DAYS_BACK,
    grace_minutes: float = GRACE_MINUTES,
) -> list[MissedDay]:
    """Return the days that consumers have missed, as of now."""
    now = datetime.now(UTC)
    return missed_days(
        consumers(api, products),
        runs_since(api, now - timedelta(days=days)),
        now=now,
        grace=timedelta(minutes=grace_minutes),
        waiting=None if pending is None else pending.waiting,
    )


def consumers(api: AirflowApi, products: Mapping[str, Product]) -> list[Consumer]:
    """Return the products with input ports whose DAG Airflow has."""
    dags = {dag["dag_id"]: dag for dag in _pages(api, "dags", "dags", {"exclude_stale": True})}
    found = []
    for address, product in products.items():
        dag = dags.get(address)
        if dag is None or not product.inputs:
            continue
        versions = api.request(
            "GET", f"dags/{address}/dagVersions", params={"order_by": "version_number", "limit": 1}
        )["dag_versions"]
        if versions:
            known_since = datetime.fromisoformat(versions[0]["created_at"])
            history = product.contract.keeps_history
            found.append(Consumer(address, product.inputs, history, bool(dag["is_paused"]), known_since))
    return found


def runs_since(api: AirflowApi, moment: datetime) -> list[Run]:
    """Return the runs for a data day, of all DAGs, that changed since a moment."""
    parameters = {"updated_at_gte": moment.isoformat(), "order_by": "id"}
    return [
        run
        for each in _pages(api, "dags/~/dagRuns", "dag_runs", parameters)
        if (run := _run(each)) is not None
    ]


def has_run(api: AirflowApi, address: str, day: str) -> bool:
    """Return whether the product has, or ever had, a run for a data day."""
    parameters = {"partition_key_pattern": day}
    listed = _pages(api, f"dags/{address}/dagRuns", "dag_runs", parameters)
    return any(run["partition_key"] == day for run in listed)


def start(api: AirflowApi, address: str, day: str, note: str) -> None:
    """Start a consumer for one data day; a second call for the day is refused, as runs of one id are."""
    body = {"dag_run_id": f"scheduling__{day}", "logical_date": None, "partition_key": day, "note": note}
    api.request("POST", f"dags/{address}/dagRuns", json=body)


def pending_runs(api: AirflowApi, run_id: str | None = None) -> PendingRuns | None:
    """Return what the scheduler noted when a run of the watching DAG began, the newest if none is named; None without a note."""
    parameters = {"dag_id": WATCHING_DAG, "event": PENDING_EVENT, "order_by": "-event_log_id", "limit": 1}
    if run_id is not None:
        parameters["run_id"] = run_id
    entries = api.request("GET", "eventLogs", params=parameters)["event_logs"]
    if not entries:
        return None
    note = json.loads(entries[0]["extra"])
    waiting = {(consumer, day): count for consumer, day, count in note["waiting"]}
    return PendingRuns(note["found"], note["removed"], waiting)


def _run(answer: Mapping[str, Any]) -> Run | None:
    if not answer["partition_key"]:
        return None
    ended = answer["end_date"]
    return Run(
        answer["dag_id"], answer["partition_key"], answer["state"], ended and datetime.fromisoformat(ended)
    )


def _pages(
    api: AirflowApi, path: str, key: str, parameters: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    offset = 0
    while True:
        page = api.request("GET", path, params={**parameters, "limit": _PAGE, "offset": offset})[key]
        yield from page
        offset += len(page)
        if len(page) < _PAGE:
            return
