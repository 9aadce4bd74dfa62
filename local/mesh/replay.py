"""Carrying out a replay on a running Airflow, and following it to its end."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from interline.publication.errors import ReplayError
from interline.publication.replay import ReplayPlan
from local.mesh.rest import Rest

_LOOK_SECONDS = 1.0
_QUIET_SECONDS = 120
_LAST_RUNS = 10
SUCCESS, FAILED, WAITING = "success", "failed", "waiting"
Say = Callable[[str], None]


def usual_seconds(rest: Rest, addresses: Iterable[str]) -> dict[str, float]:
    """How long a run of each product takes: the median of its last runs that succeeded."""
    usual = {}
    for address in addresses:
        lengths = [
            (_moment(run["end_date"]) - _moment(run["start_date"])).total_seconds()
            for run in rest.last_successes(address, _LAST_RUNS)
            if run["start_date"] and run["end_date"]
        ]
        if lengths:
            usual[address] = statistics.median(lengths)
    return usual


def days_ran(rest: Rest, addresses: Iterable[str], days: Iterable[str]) -> dict[str, set[str]]:
    """For which of these days each product has run."""
    all_days = list(days)
    return {address: {day for day in all_days if rest.runs_of_day(address, day)} for address in addresses}


def require_unpaused(rest: Rest, plan: ReplayPlan) -> None:
    """See that Airflow would really run what the plan names.

    Raises:
        ReplayError: a DAG is missing or paused.
    """
    known = rest.dags()
    for rerun in plan.reruns:
        if rerun.address not in known:
            raise ReplayError(f"Airflow knows no DAG {rerun.address}: does its file load?")
    paused = [rerun.address for rerun in plan.reruns if known[rerun.address]["is_paused"]]
    if paused:
        raise ReplayError(
            f"paused in Airflow, so they would not run: {', '.join(paused)}; unpause them in the UI first"
        )


class Replay:
    """One replay under way."""

    def __init__(self, rest: Rest, plan: ReplayPlan, say: Say, *, backfill: bool) -> None:
        """Prepare it.

        Args:
            rest: the running Airflow.
            plan: what to run.
            say: takes a line of progress.
            backfill: whether the product's DAG has a schedule of its own; Airflow makes no backfill of one that waits for
                assets, whose days are then started one after another.
        """
        self._rest, self._plan, self._say, self._backfill = rest, plan, say, backfill
        self._begun = datetime.now(UTC)
        self._name = self._begun.strftime("%Y%m%dT%H%M%S")
        self._number: int | None = None
        self.states: dict[tuple[str, str], str] = {
            (rerun.address, day): WAITING for rerun in plan.reruns for day in rerun.days
        }
        self._started: set[tuple[str, str]] = set()

    def run(self) -> bool:
        """Run to the end; returns whether every run succeeded.

        Raises:
            ReplayError: Airflow would not run exactly the days of the plan, or nothing happens any more.
        """
        if self._backfill:
            self._make_backfill()
        try:
            self._follow()
        except BaseException:
            if self._number is not None:
                self._rest.cancel_backfill(self._number)
            raise
        return all(state == SUCCESS for state in self.states.values())

    def _make_backfill(self) -> None:
        plan = self._plan
        body: dict[str, Any] = {
            "dag_id": plan.address,
            "from_date": f"{plan.first}T00:00:00Z",
            "to_date": f"{plan.last}T23:59:59Z",
            "reprocess_behavior": "completed",
            "max_active_runs": 1,
        }
        partitions = self._rest.partitions_of_backfill(body)
        if tuple(partitions) != plan.days:
            missing = sorted(set(plan.days) - {partition or "" for partition in partitions})
            raise ReplayError(
                f"Airflow would not run {', '.join(missing)} of {plan.address}: is a run of it under way?"
                if missing
                else f"Airflow would run {partitions}, not {list(plan.days)}: has the schedule changed?"
            )
        self._number = self._rest.make_backfill(body)
        self._say(f"backfill {self._number} of {plan.address}: {', '.join(plan.days)}")

    def _follow(self) -> None:
        quiet_since = time.monotonic()
        while True:
            self._start_what_is_due()
            changed = self._look()
            if changed:
                quiet_since = time.monotonic()
            if all(self._over(address, day) for address, day in self.states):
                return
            if time.monotonic() - quiet_since > _QUIET_SECONDS and "running" not in self.states.values():
                waiting = [
                    f"{address} {day}" for (address, day), state in self.states.items() if state == WAITING
                ]
                raise ReplayError(
                    f"nothing has happened for {_QUIET_SECONDS} s, and these never ran: {', '.join(waiting)}"
                )
            time.sleep(_LOOK_SECONDS)

    def _start_what_is_due(self) -> None:
        for rerun in self._plan.reruns:
            first = rerun.how == "replayed"
            if rerun.how == "follows" or (first and self._backfill):
                continue
            for day in rerun.days:
                if (rerun.address, day) in self._started:
                    continue
                due = [self.states.get((port, day)) for port in rerun.after]
                if all(state in (SUCCESS, None) for state in due):
                    note = f"replay of {self._plan.address}"
                    self._rest.start_run(rerun.address, f"replay__{self._name}__{day}", day, note)
                    self._started.add((rerun.address, day))
                if first and self.states[rerun.address, day] not in (SUCCESS, FAILED):
                    break  # one day after another

    def _look(self) -> bool:
        since = (self._begun - timedelta(seconds=1)).isoformat()
        newest: dict[tuple[str, str], Mapping[str, Any]] = {}
        for run in self._rest.runs_changed_since(since):
            made = run["queued_at"] or run["run_after"]
            if made and _moment(made) >= self._begun - timedelta(seconds=1):
                newest[run["dag_id"], run["partition_key"] or ""] = run
        changed = False
        for key in self.states:
            seen = newest.get(key)
            if seen is not None and seen["state"] != self.states[key]:
                self.states[key] = seen["state"]
                changed = True
                if seen["state"] in (SUCCESS, FAILED):
                    self._say(f"{key[1]}  {key[0]}  {seen['state']}")
        return changed

    def _over(self, address: str, day: str) -> bool:
        """Whether nothing more happens to it: it has ended, or something it waits for has not succeeded."""
        if self.states[address, day] in (SUCCESS, FAILED):
            return True
        after = next(rerun.after for rerun in self._plan.reruns if rerun.address == address)
        return self.states[address, day] == WAITING and any(
            (port, day) in self.states and self.states[port, day] != SUCCESS and self._over(port, day)
            for port in after
        )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
