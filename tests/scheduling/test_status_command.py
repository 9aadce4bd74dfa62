"""`./interline status` names the days that consumers have missed, and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.__main__ import app

DAY = "2013-01-01"


class Rest:
    """An Airflow in which one consumer has not run for a day; its scheduler noted two pending runs."""

    def __init__(self, url: str) -> None:
        assert url == "http://here"

    def close(self) -> None:
        """Nothing is open."""

    def request(self, method: str, path: str, *, params: Any = None, json: Any = None) -> Any:
        if path == "dags":
            return {"dags": [{"dag_id": "shopping.route_demand", "is_paused": False}]}
        if path.endswith("dagVersions"):
            return {"dag_versions": [{"created_at": "2020-01-01T00:00:00Z"}]}
        if path == "eventLogs":
            extra = f'{{"found": 2, "removed": 0, "waiting": [["shopping.route_demand", "{DAY}", 2]]}}'
            return {"event_logs": [{"extra": extra}]}
        ended = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        inputs = ("shopping.searches", "bookings.reservations")
        run = {"partition_key": DAY, "state": "success", "end_date": ended}
        return {"dag_runs": [{"dag_id": port, **run} for port in inputs]}


def run_status(home: Path, *words: str) -> str:
    answer = CliRunner().invoke(app, ["status", "--home", str(home), *words], env={"COLUMNS": "200"})
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_a_stuck_consumer_is_named_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.mesh.airflow_servers.find", lambda _home: SimpleNamespace(url="http://here"))
    monkeypatch.setattr("local.mesh.rest.Rest", Rest)
    printed = run_status(tmp_path)
    assert f"MISSED shopping.route_demand has not run for {DAY}, published at " in printed
    assert "inputs were announced at the same moment: 2 pending runs wait for each other" in printed
    [missed] = json.loads(run_status(tmp_path, "--format", "json"))["missed"]
    assert (missed["consumer"], missed["day"], missed["starts"]) == ("shopping.route_demand", DAY, True)


def test_without_an_airflow_nothing_is_named(tmp_path: Path) -> None:
    assert "MISSED" not in run_status(tmp_path)
    assert json.loads(run_status(tmp_path, "--format", "json"))["missed"] == []
