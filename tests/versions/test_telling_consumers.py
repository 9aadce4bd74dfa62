"""The steps of platform.rollback that speak to Airflow."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, OKResponse
from airflow.sdk.execution_time.context import OutletEventAccessors

from interline.operators.rollback import StartConsumersOperator, TellConsumersOperator
from interline.versions.rollback import RollbackPlan

ONE, TWO = "2013-01-01", "2013-01-02"


def plan(days: tuple[str, ...] = (ONE, TWO), starts: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    return RollbackPlan("a.port", 9, 8, 1, 1, days, (), (), ("c.one",), starts).as_json()


def test_the_events_are_of_the_port_and_of_exactly_these_days() -> None:
    events = OutletEventAccessors()
    task = TellConsumersOperator(task_id="tell", plan=plan())
    assert task.outlets == []
    assert task.execute({"outlet_events": events}) == [ONE, TWO]  # type: ignore[typeddict-item]
    [asset] = task.outlets
    assert (asset.name, asset.uri) == ("a.port", "s3://a-curated/port")
    sent = list(task_runner._serialize_outlet_events(events))
    assert {event["partition_key"] for event in sent} == {ONE, TWO}
    assert {event["extra"]["rolled_back_to"] for event in sent} == {"8"}  # type: ignore[index,call-overload]


def test_without_a_changed_day_there_is_no_event() -> None:
    task = TellConsumersOperator(task_id="tell", plan=plan(()))
    with pytest.raises(AirflowSkipException):
        task.execute({"outlet_events": OutletEventAccessors()})  # type: ignore[typeddict-item]
    assert task.outlets == []


class Supervisor:
    """Answers as Airflow's supervisor does."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str | None]] = []

    def send(self, message: Any) -> Any:
        self.asked.append((message.dag_id, message.partition_key))
        return self.answer


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    played = Supervisor(OKResponse(ok=True))
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", played, raising=False)
    return played


STARTS = (("c.one", ONE), ("c.one", TWO))


def test_consumers_are_started_for_their_days(supervisor: Supervisor) -> None:
    task = StartConsumersOperator(task_id="start", plan=plan(starts=STARTS))
    assert task.execute({"run_id": "r"}) == [f"c.one {ONE}", f"c.one {TWO}"]  # type: ignore[typeddict-item]
    assert supervisor.asked == list(STARTS)


def test_a_run_that_is_there_already_is_left_alone(supervisor: Supervisor) -> None:
    supervisor.answer = ErrorResponse(error=ErrorType.DAGRUN_ALREADY_EXISTS)
    StartConsumersOperator(task_id="start", plan=plan(starts=STARTS)).execute({"run_id": "r"})  # type: ignore[typeddict-item]


def test_a_refusal_fails_the_task(supervisor: Supervisor) -> None:
    supervisor.answer = ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"reason": "not_partitioned"})
    task = StartConsumersOperator(task_id="start", plan=plan(starts=STARTS))
    with pytest.raises(AirflowFailException, match=f"c.one could not be started for {ONE}"):
        task.execute({"run_id": "r"})  # type: ignore[typeddict-item]
