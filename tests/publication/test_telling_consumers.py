"""The steps of platform.rollback that speak to Airflow."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowRuntimeError,
    AirflowSkipException,
    ErrorType,
)
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import DagRunStateResult, ErrorResponse, GetDagRunState, OKResponse
from airflow.sdk.execution_time.context import OutletEventAccessors

from interline.airflow.operators.rollback import StartConsumersOperator, TellConsumersOperator
from interline.publication.rollback import RollbackPlan

ONE, TWO = "2013-01-01", "2013-01-02"


def plan(days: tuple[str, ...] = (ONE, TWO), starts: tuple[tuple[str, str, str], ...] = ()) -> dict[str, Any]:
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
    with pytest.raises(AirflowSkipException, match=r"no data day of a\.port changed"):
        task.execute({"outlet_events": OutletEventAccessors()})  # type: ignore[typeddict-item]
    assert task.outlets == []


class Supervisor:
    """Answers as Airflow's supervisor does; knows the run of one day."""

    def __init__(self) -> None:
        self.answer: Any = OKResponse(ok=True)
        self.cleared: list[tuple[str, str]] = []

    def send(self, message: Any) -> Any:
        if isinstance(message, GetDagRunState):
            if message.run_id == "forgotten":
                raise AirflowRuntimeError(ErrorResponse(error=ErrorType.GENERIC_ERROR))
            return DagRunStateResult(state="success")
        assert message.reset_dag_run is True
        self.cleared.append((message.dag_id, message.run_id))
        return self.answer


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    played = Supervisor()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", played, raising=False)
    return played


STARTS = (("c.one", ONE, "first"), ("c.one", TWO, "second"))


def test_the_runs_that_published_the_days_are_cleared(supervisor: Supervisor) -> None:
    task = StartConsumersOperator(task_id="start", plan=plan(starts=STARTS))
    assert task.execute({}) == [f"c.one {ONE}", f"c.one {TWO}"]
    assert supervisor.cleared == [("c.one", "first"), ("c.one", "second")]


def test_a_run_unknown_to_airflow_is_not_made_without_a_day(supervisor: Supervisor) -> None:
    starts = (("c.one", ONE, "forgotten"), ("c.one", TWO, "second"))
    task = StartConsumersOperator(task_id="start", plan=plan(starts=starts))
    with pytest.raises(AirflowFailException, match=f"replay c.one --from {ONE}"):
        task.execute({})
    assert supervisor.cleared == [("c.one", "second")]


def test_a_refusal_fails_the_task(supervisor: Supervisor) -> None:
    supervisor.answer = ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"reason": "import_errors"})
    task = StartConsumersOperator(task_id="start", plan=plan(starts=STARTS))
    with pytest.raises(AirflowFailException, match=r"c\.one could not be cleared"):
        task.execute({})
