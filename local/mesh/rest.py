"""Airflow's REST API (version 2), as far as a run needs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

_PAGE = 100


class RestError(Exception):
    """Airflow refused a request; with its own words."""


class Rest:
    """A client of one Airflow; with all-admins authentication any caller on this machine gets a token."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self._authorised = False

    def close(self) -> None:
        self._client.close()

    def request(self, method: str, path: str, **arguments: Any) -> Any:
        """The decoded answer of one call below /api/v2.

        Raises:
            RestError: an answer that is no success.
            httpx.TransportError: no answer.
        """
        if not self._authorised:
            token = self._client.get("/auth/token")
            token.raise_for_status()
            self._client.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
            self._authorised = True
        answer = self._client.request(method, f"/api/v2/{path}", **arguments)
        if answer.is_error:
            raise RestError(f"{method} {path}: HTTP {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None

    def pages(
        self, path: str, key: str, parameters: dict[str, Any] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Every item of a listing."""
        offset = 0
        while True:
            page = self.request("GET", path, params={**(parameters or {}), "limit": _PAGE, "offset": offset})
            yield from page[key]
            offset += len(page[key])
            if len(page[key]) < _PAGE:
                return

    def health(self) -> dict[str, str | None]:
        """Component → its status ("healthy", "unhealthy" or None)."""
        answer = self.request("GET", "monitor/health")
        return {name: part.get("status") for name, part in answer.items() if isinstance(part, dict)}

    def dags(self) -> dict[str, dict[str, Any]]:
        """The DAGs that Airflow has parsed, by id."""
        return {dag["dag_id"]: dag for dag in self.pages("dags", "dags", {"exclude_stale": True})}

    def import_errors(self) -> list[dict[str, Any]]:
        """DAG files that cannot be loaded: `filename`, `timestamp`, `stack_trace`."""
        return list(self.pages("importErrors", "import_errors"))

    def set_paused(self, dag_id: str, paused: bool) -> None:
        self.request(
            "PATCH", f"dags/{dag_id}", params={"update_mask": "is_paused"}, json={"is_paused": paused}
        )

    def make_pool(self, name: str, slots: int, description: str) -> None:
        """Make a pool, or give an existing one this many slots."""
        body = {"name": name, "slots": slots, "description": description, "include_deferred": False}
        known = {pool["name"] for pool in self.pages("pools", "pools")}
        if name in known:
            self.request("PATCH", f"pools/{name}", json=body)
        else:
            self.request("POST", "pools", json=body)

    def start_run(self, dag_id: str, run_id: str, partition_key: str, note: str) -> None:
        """Start a run of the DAG for one partition."""
        body = {"dag_run_id": run_id, "logical_date": None, "partition_key": partition_key, "note": note}
        self.request("POST", f"dags/{dag_id}/dagRuns", json=body)

    def trigger(self, dag_id: str, run_id: str, conf: dict[str, Any], note: str) -> None:
        """Start a run with parameters."""
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf, "note": note}
        self.request("POST", f"dags/{dag_id}/dagRuns", json=body)

    def run_state(self, dag_id: str, run_id: str) -> str:
        """The state of a run."""
        return str(self.request("GET", f"dags/{dag_id}/dagRuns/{run_id}")["state"])

    def runs_of_day(self, dag_id: str, day: str) -> list[dict[str, Any]]:
        """The runs of a DAG for one partition, newest first."""
        parameters = {"partition_key_pattern": day, "order_by": "-id"}
        runs = self.pages(f"dags/{dag_id}/dagRuns", "dag_runs", parameters)
        return [run for run in runs if run["partition_key"] == day]

    def last_successes(self, dag_id: str, count: int) -> list[dict[str, Any]]:
        """The newest runs that succeeded."""
        parameters = {"state": "success", "order_by": "-id", "limit": count}
        runs: list[dict[str, Any]] = self.request("GET", f"dags/{dag_id}/dagRuns", params=parameters)[
            "dag_runs"
        ]
        return runs

    def partitions_of_backfill(self, body: dict[str, Any]) -> list[str | None]:
        """The partitions that a backfill would run, without making it."""
        answer = self.request("POST", "backfills/dry_run", json=body)
        return [run["partition_key"] for run in answer["backfills"]]

    def make_backfill(self, body: dict[str, Any]) -> int:
        """Make a backfill; returns its number."""
        return int(self.request("POST", "backfills", json=body)["id"])

    def cancel_backfill(self, number: int) -> None:
        """End a backfill: runs that have not begun never will."""
        self.request("PUT", f"backfills/{number}/cancel")

    def fail_run(self, dag_id: str, run_id: str) -> None:
        """End a run: what it runs is killed, what it has not begun is not."""
        self.request("PATCH", f"dags/{dag_id}/dagRuns/{run_id}", json={"state": "failed"})

    def runs_changed_since(self, moment: str) -> list[dict[str, Any]]:
        """Runs of all DAGs that changed at or after `moment` (ISO 8601)."""
        return list(self.pages("dags/~/dagRuns", "dag_runs", {"updated_at_gte": moment, "order_by": "id"}))

    def tasks_changed_since(self, moment: str) -> list[dict[str, Any]]:
        """Task instances of all DAGs that changed at or after `moment` (ISO 8601)."""
        return list(
            self.pages(
                "dags/~/dagRuns/~/taskInstances",
                "task_instances",
                {"updated_at_gte": moment, "order_by": "id"},
            )
        )

    def returned(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What a task returned (its XCom `return_value`), or None."""
        try:
            return self.request(
                "GET",
                f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value",
                params={"deserialize": False, "stringify": False},
            )["value"]
        except RestError as error:
            if "HTTP 404" in str(error):
                return None
            raise
