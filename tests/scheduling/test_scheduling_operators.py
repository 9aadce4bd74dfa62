"""The two steps of platform.scheduling, and how they reach Airflow's REST API on Amazon MWAA and elsewhere."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.amazon.aws.hooks.mwaa import MwaaHook
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from botocore.stub import Stubber

from interline.airflow.operators import scheduling
from interline.airflow.operators.scheduling import FindMissedDaysOperator, StartMissedDaysOperator
from interline.airflow.rest_api import AirflowApiError, AirflowApiHook

REPOSITORY = Path(__file__).resolve().parents[2]
DAY = "2027-01-01"
CONSUMER, INPUTS = "bookings.revenue", ("bookings.reservations",)


class Api:
    """An Airflow in which every input has published DAY, as far as the operators ask."""

    def __init__(self) -> None:
        self.note: dict[str, Any] | None = {"found": 3, "removed": 0, "waiting": []}
        self.own_runs: list[dict[str, Any]] = []
        self.refusal: int | None = None
        self.started: list[Any] = []

    def __call__(self, _connection: str) -> Api:
        return self

    def request(self, method: str, path: str, *, params: Any = None, json: Any = None) -> Any:
        if method == "POST":
            if self.refusal:
                raise AirflowApiError(f"HTTP {self.refusal}", self.refusal)
            self.started.append((path, json))
            return {}
        if path == "eventLogs":
            return {"event_logs": [] if self.note is None else [{"extra": _json(self.note)}]}
        if path == "dags":
            return {"dags": [{"dag_id": CONSUMER, "is_paused": False}]}
        if path.endswith("dagVersions"):
            return {"dag_versions": [{"created_at": "2020-01-01T00:00:00Z"}]}
        if path == "dags/~/dagRuns":
            ended = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
            run = {"partition_key": DAY, "state": "success", "end_date": ended}
            return {"dag_runs": [*({"dag_id": port, **run} for port in INPUTS), *self.own_runs]}
        return {"dag_runs": self.own_runs}


def _json(content: Any) -> str:
    return json.dumps(content)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    played = Api()
    monkeypatch.setattr(scheduling, "AirflowApiHook", played)
    return played


def find(**changes: Any) -> Any:
    task = FindMissedDaysOperator(task_id="find", root=REPOSITORY, days="45", grace_minutes="10")
    return task.execute({"run_id": "the run"} | changes)  # type: ignore[arg-type]


def start(found: Any) -> Any:
    return StartMissedDaysOperator(task_id="start", found=found).execute({})


def test_a_missed_day_is_found_and_started_once(api: Api) -> None:
    found = find()
    assert [(each["consumer"], each["day"], each["starts"]) for each in found["missed"]] == [
        (CONSUMER, DAY, True)
    ]
    assert (found["pending"], found["removed"]) == (3, 0)
    assert start(found) == [f"{CONSUMER} {DAY}"]
    [(path, body)] = api.started
    assert path == f"dags/{CONSUMER}/dagRuns"
    assert body["note"] == f"by platform.scheduling: {found['missed'][0]['reason']}"

    api.own_runs = [{"dag_id": CONSUMER, "partition_key": DAY, "state": "queued", "end_date": None}]
    # it ran after it had been found
    assert start(found) == []
    assert len(api.started) == 1
    assert find()["missed"] == []


def test_a_run_that_another_task_started_is_no_failure(api: Api) -> None:
    found = find()
    api.refusal = 409
    assert start(found) == []
    api.refusal = 403
    with pytest.raises(AirflowApiError, match="403"):
        start(found)


def test_nothing_is_started_while_airflow_could_not_read_all(api: Api) -> None:
    api.note = {"found": 600, "removed": 350, "waiting": []}
    found = find()
    assert len(found["missed"]) == 1
    with pytest.raises(AirflowSkipException, match="could not read all that waits"):
        start(found)
    assert api.started == []


def test_nothing_to_start_is_skipped(api: Api) -> None:
    with pytest.raises(AirflowSkipException, match="nothing to start"):
        start({"missed": [{"starts": False}], "removed": 0})


def test_a_scheduler_without_the_plugin_is_reported(api: Api) -> None:
    api.note = None
    with pytest.raises(AirflowFailException, match=r"has not loaded plugins/interline_plugin\.py"):
        find()


class _Airflow(BaseHTTPRequestHandler):
    """Gives a token to whoever asks, or to one login; repeats what it was asked."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size)) if size else None
        if self.path == "/auth/token":
            who = "anybody" if body is None else f"{body['username']}:{body['password']}"
            status = 201
            answer: dict[str, Any] = {"access_token": who}
        else:
            status = 404 if "missing" in self.path else 200
            answer = {"path": self.path, "token": self.headers["Authorization"], "body": body}
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *_: Any) -> None:
        """Print nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    serving = ThreadingHTTPServer(("127.0.0.1", 0), _Airflow)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield f"127.0.0.1:{serving.server_port}"
    serving.shutdown()
    thread.join()
    serving.server_close()


@pytest.mark.parametrize(("login", "token"), [("", "anybody"), ("ada:secret@", "ada:secret")])
def test_a_web_server_is_called_with_a_token(
    server: str, login: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AIRFLOW_API", f"http://{login}{server}")
    hook = AirflowApiHook()
    answer = hook.request("GET", "dags", params={"limit": 1})
    assert answer == {"path": "/api/v2/dags?limit=1", "token": f"Bearer {token}", "body": None}
    assert hook.request("POST", "dags/a/dagRuns", json={"logical_date": None})["body"] == {
        "logical_date": None
    }
    with pytest.raises(AirflowApiError, match="GET missing: HTTP 404") as refused:
        hook.request("GET", "missing")
    assert refused.value.status == 404


@pytest.fixture
def mwaa(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """What the service of AWS is asked, checked against its description."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AIRFLOW_CONN_AIRFLOW_API", "aws://?region_name=eu-west-1&environment=mesh")
    hook = MwaaHook(aws_conn_id="airflow_api")
    monkeypatch.setattr("interline.airflow.rest_api.MwaaHook", lambda aws_conn_id: hook)
    with Stubber(hook.conn) as stubbed:
        yield stubbed
        stubbed.assert_no_pending_responses()


def test_on_mwaa_the_service_passes_a_call_on(mwaa: Stubber) -> None:
    body = {"dag_run_id": "r", "logical_date": None}
    expected = {"Name": "mesh", "Path": "/dags/a/dagRuns", "Method": "POST", "Body": body}
    mwaa.add_response(
        "invoke_rest_api", {"RestApiStatusCode": 200, "RestApiResponse": {"state": "queued"}}, expected
    )
    assert AirflowApiHook().request("POST", "dags/a/dagRuns", json=body) == {"state": "queued"}


def test_on_mwaa_a_refusal_is_airflow_s_own(mwaa: Stubber) -> None:
    refusal = {"RestApiStatusCode": 409, "RestApiResponse": {"detail": "already exists"}}
    mwaa.add_client_error("invoke_rest_api", "RestApiClientException", modeled_fields=refusal)
    with pytest.raises(AirflowApiError, match=r"GET dags: HTTP 409 .*already exists") as refused:
        AirflowApiHook().request("GET", "dags", params={"limit": 1})
    assert refused.value.status == 409
