"""Following a replay to its end, on an Airflow that is only played: runs of a day end one look after they began."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from interline.publication.errors import ReplayError
from interline.publication.replay import ReplayPlan, plan_replay
from local.mesh import replay as replay_run
from local.mesh.replay import Replay, require_unpaused, usual_seconds

ONE, TWO = "2013-01-01", "2013-01-02"
INPUTS = {"a.source": (), "a.other": (), "b.follows": ("a.source",), "b.both": ("a.source", "a.other")}


class PlayedAirflow:
    """Starts who follows by itself when its input ends well, as the asset events do."""

    def __init__(
        self, *, failing: tuple[str, str] | None = None, partitions: list[str] | None = None
    ) -> None:
        self.failing = failing
        self.partitions = partitions
        self.runs: dict[tuple[str, str], str] = {}
        self.order: list[tuple[str, str]] = []
        self.cancelled: list[int] = []
        self.paused: set[str] = set()

    def begin(self, address: str, day: str) -> None:
        self.runs[address, day] = "running"
        self.order.append((address, day))

    def partitions_of_backfill(self, body: dict[str, Any]) -> list[str]:
        return [ONE, TWO] if self.partitions is None else self.partitions

    def make_backfill(self, body: dict[str, Any]) -> int:
        assert (body["reprocess_behavior"], body["max_active_runs"]) == ("completed", 1)
        for day in (ONE, TWO):
            self.begin(body["dag_id"], day)
        return 7

    def cancel_backfill(self, number: int) -> None:
        self.cancelled.append(number)

    def start_run(self, dag_id: str, run_id: str, partition_key: str, note: str) -> None:
        self.begin(dag_id, partition_key)

    def runs_changed_since(self, moment: str) -> list[dict[str, Any]]:
        now = datetime.now(UTC).isoformat()
        seen = [
            {"dag_id": dag, "partition_key": day, "state": state, "queued_at": now, "run_after": now}
            for (dag, day), state in self.runs.items()
        ]
        for (dag, day), state in list(self.runs.items()):
            if state == "running":
                ended = "failed" if self.failing == (dag, day) else "success"
                self.runs[dag, day] = ended
                if ended == "success" and dag == "a.source":
                    self.begin("b.follows", day)
        return seen

    def dags(self) -> dict[str, dict[str, Any]]:
        return {address: {"is_paused": address in self.paused} for address in INPUTS}

    def last_successes(self, dag_id: str, count: int) -> list[dict[str, Any]]:
        lengths = {"a.source": (10, 30, 20)}.get(dag_id, ())
        return [
            {"start_date": "2013-01-01T00:00:00Z", "end_date": f"2013-01-01T00:00:{seconds}Z"}
            for seconds in lengths
        ]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_run, "_LOOK_SECONDS", 0)


def plan(address: str = "a.source") -> ReplayPlan:
    return plan_replay(
        address,
        (ONE, TWO),
        INPUTS,
        keeps_history=True,
        published=(ONE, TWO),
        ran={"b.both": (ONE, TWO)},
        seconds={},
    )


def test_readers_of_more_ports_start_after_what_changed() -> None:
    airflow, said = PlayedAirflow(), list[str]()
    assert Replay(airflow, plan(), said.append, backfill=True).run() is True  # type: ignore[arg-type]
    assert set(airflow.runs) == {
        (address, day) for address in ("a.source", "b.follows", "b.both") for day in (ONE, TWO)
    }
    assert airflow.order.index(("b.both", ONE)) > airflow.order.index(("a.source", ONE))
    assert "backfill 7 of a.source: 2013-01-01, 2013-01-02" in said
    assert f"{TWO}  b.both  success" in said


def test_a_failure_ends_it_without_waiting_for_what_it_blocks() -> None:
    airflow = PlayedAirflow(failing=("a.source", TWO))
    work = Replay(airflow, plan(), lambda _: None, backfill=True)  # type: ignore[arg-type]
    assert work.run() is False
    assert (work.states["a.source", TWO], work.states["b.both", TWO]) == ("failed", "waiting")
    assert work.states["b.both", ONE] == "success"


def test_a_product_without_schedule_starts_day_after_day() -> None:
    airflow = PlayedAirflow()
    work = Replay(airflow, plan("b.both"), lambda _: None, backfill=False)  # type: ignore[arg-type]
    assert work.run() is True
    assert airflow.order == [("b.both", ONE), ("b.both", TWO)]


def test_airflow_that_would_run_other_days_runs_none() -> None:
    airflow = PlayedAirflow(partitions=[ONE])
    with pytest.raises(ReplayError, match=f"would not run {TWO} of a.source"):
        Replay(airflow, plan(), lambda _: None, backfill=True).run()  # type: ignore[arg-type]
    assert airflow.order == []


def test_when_nothing_happens_any_more_it_says_what_never_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_run, "_QUIET_SECONDS", -1)
    airflow = PlayedAirflow()
    monkeypatch.setattr(airflow, "runs_changed_since", lambda _: [])
    with pytest.raises(ReplayError, match=r"these never ran: a\.source 2013-01-01"):
        Replay(airflow, plan(), lambda _: None, backfill=True).run()  # type: ignore[arg-type]
    assert airflow.cancelled == [7]


def test_what_is_paused_is_said_before_anything_runs() -> None:
    airflow = PlayedAirflow()
    require_unpaused(airflow, plan())  # type: ignore[arg-type]
    airflow.paused = {"b.follows"}
    with pytest.raises(ReplayError, match=r"paused in Airflow, so they would not run: b\.follows"):
        require_unpaused(airflow, plan())  # type: ignore[arg-type]


def test_the_usual_length_is_the_median_of_the_last_runs() -> None:
    assert usual_seconds(PlayedAirflow(), ["a.source", "b.both"]) == {"a.source": 20}  # type: ignore[arg-type]
