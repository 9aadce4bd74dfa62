"""Consumers and runs as Airflow's REST API tells them; answers as Airflow 3.3.1 gave them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from interline.contracts import load_mesh
from interline.scheduling import airflow_state

NOW = datetime(2027, 1, 10, 12, tzinfo=UTC)
REPOSITORY = Path(__file__).resolve().parents[2]


def dag_run(dag_id: str, day: str | None, state: str = "success") -> dict[str, Any]:
    ended = "2027-01-10T11:00:00.123456Z" if state == "success" else None
    return {"dag_id": dag_id, "dag_run_id": "r", "partition_key": day, "state": state, "end_date": ended}


class Api:
    """Answers from a table; pages as Airflow does."""

    def __init__(self, answers: Mapping[str, dict[str, Any]]) -> None:
        self.answers = answers
        self.calls: list[tuple[str, str, Any, Any]] = []

    def request(self, method: str, path: str, *, params: Any = None, json: Any = None) -> Any:
        self.calls.append((method, path, params, json))
        answer = dict(self.answers[path])
        for key, value in answer.items():
            if isinstance(value, list):
                offset = (params or {}).get("offset", 0)
                answer[key] = value[offset : offset + (params or {}).get("limit", 100)]
        return answer


def test_consumers_are_the_products_with_inputs_that_airflow_has() -> None:
    products = load_mesh(REPOSITORY).products
    versions = {"dag_versions": [{"version_number": 1, "created_at": "2026-12-01T00:00:00Z"}]}
    api = Api(
        {
            "dags": {
                "dags": [
                    {"dag_id": name, "is_paused": name == "bookings.revenue"}
                    for name in products
                    if name != "loyalty.segments"
                ]
            },
            "dags/bookings.revenue/dagVersions": versions,
            "dags/shopping.route_demand/dagVersions": versions,
        }
    )
    found = {consumer.address: consumer for consumer in airflow_state.consumers(api, products)}
    assert set(found) == {"bookings.revenue", "shopping.route_demand"}
    demand = found["shopping.route_demand"]
    assert set(demand.inputs) == {"shopping.searches", "bookings.reservations"}
    assert (demand.is_paused, found["bookings.revenue"].is_paused) == (False, True)
    assert demand.known_since == datetime(2026, 12, 1, tzinfo=UTC)


def test_runs_are_read_page_by_page_and_only_those_of_a_day() -> None:
    runs = [dag_run("a.one", f"2027-01-{number % 28 + 1:02}") for number in range(230)]
    api = Api(
        {
            "dags/~/dagRuns": {
                "dag_runs": [
                    *runs,
                    dag_run("platform.access", None),
                    dag_run("a.one", "2027-02-01", "running"),
                ]
            }
        }
    )
    found = airflow_state.runs_since(api, NOW)
    assert len(found) == 231
    assert (found[0].address, found[0].ended) == (
        "a.one",
        datetime(2027, 1, 10, 11, 0, 0, 123456, tzinfo=UTC),
    )
    assert (found[-1].state, found[-1].ended) == ("running", None)
    assert [call[2]["offset"] for call in api.calls] == [0, 100, 200]
    assert {call[2]["updated_at_gte"] for call in api.calls} == {"2027-01-10T12:00:00+00:00"}


@pytest.mark.parametrize(("day", "expected"), [("2027-01-01", True), ("2027-01", False)])
def test_a_run_of_exactly_the_day_counts(day: str, expected: bool) -> None:
    # Airflow's filter is a pattern: it finds keys that contain it
    api = Api({"dags/a.one/dagRuns": {"dag_runs": [dag_run("a.one", "2027-01-01", "failed")]}})
    assert airflow_state.has_run(api, "a.one", day) is expected


def test_a_consumer_is_started_for_its_day_under_one_name() -> None:
    api = Api({"dags/a.one/dagRuns": {}})
    airflow_state.start(api, "a.one", "2027-01-01", "because")
    [(method, _, _, body)] = api.calls
    assert method == "POST"
    assert body == {
        "dag_run_id": "scheduling__2027-01-01",
        "logical_date": None,
        "partition_key": "2027-01-01",
        "note": "because",
    }


def test_the_scheduler_s_note_is_read_back() -> None:
    extra = '{"found": 600, "removed": 350, "waiting": [["a.one", "2027-01-01", 2]]}'
    pending = airflow_state.pending_runs(Api({"eventLogs": {"event_logs": [{"extra": extra}]}}), "run")
    assert pending == airflow_state.PendingRuns(600, 350, {("a.one", "2027-01-01"): 2})
    assert airflow_state.pending_runs(Api({"eventLogs": {"event_logs": []}}), "run") is None
