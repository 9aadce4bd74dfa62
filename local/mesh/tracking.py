"""What has become of every product on every data day, read from Airflow's API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from local.mesh.rest import Rest
from local.mesh.selection import Selection

WAITING, QUEUED, RUNNING, SUCCESS, FAILED = "waiting", "queued", "running", "success", "failed"
_ENDED = {SUCCESS, FAILED}
_TASK_ENDED = {"success", "failed", "upstream_failed", "skipped", "removed"}
_TASK_AT_WORK = {"running", "deferred", "up_for_reschedule", "up_for_retry"}


@dataclass
class TaskView:
    """A task of a run as last seen."""

    name: str
    state: str
    started: datetime | None
    seconds: float | None

    @property
    def has_ended(self) -> bool:
        return self.state in _TASK_ENDED

    @property
    def is_at_work(self) -> bool:
        """Runs, or waits for a moment or an event outside that Airflow looks for."""
        return self.state in _TASK_AT_WORK


@dataclass
class ProductDay:
    """One product on one data day."""

    address: str
    day: date
    state: str = WAITING
    run_id: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    tasks: dict[str, TaskView] = field(default_factory=dict)

    @property
    def has_ended(self) -> bool:
        return self.state in _ENDED

    @property
    def seconds(self) -> float | None:
        """How long the run took, or has taken so far."""
        if self.started is None:
            return None
        return ((self.ended or datetime.now(UTC)) - self.started).total_seconds()

    @property
    def current_tasks(self) -> list[TaskView]:
        return [task for task in self.tasks.values() if task.state == RUNNING]


@dataclass(frozen=True)
class Change:
    """Something that happened: to a run (`task` is None) or to one of its tasks."""

    where: ProductDay
    task: TaskView | None


class Tracker:
    """Follows the runs of a selection; runs of other days or products are not its business."""

    def __init__(self, rest: Rest, selection: Selection, begun: datetime) -> None:
        """Follow runs that were made at or after `begun`."""
        self._rest = rest
        self._begun = begun
        self._last_look = begun
        self.product_days = {
            (address, day): ProductDay(address, day)
            for address in selection.products
            for day in selection.days
        }
        self._by_run: dict[tuple[str, str], ProductDay] = {}
        self._inputs = {address: product.inputs for address, product in selection.products.items()}
        self._last_change = time.monotonic()

    def look(self) -> list[Change]:
        """Ask Airflow what has changed since the last look."""
        # runs and tasks are saved in transactions that may end a little after their time stamp
        since = (self._last_look - timedelta(seconds=3)).isoformat()
        now = datetime.now(UTC)
        changes = [
            *self._take_runs(self._rest.runs_changed_since(since)),
            *self._take_tasks(self._rest.tasks_changed_since(since)),
        ]
        self._last_look = now
        if changes:
            self._last_change = time.monotonic()
        # first what tasks did, then how their run ended
        return sorted(
            changes, key=lambda change: (change.task is None, change.where.address, change.where.day)
        )

    def _take_runs(self, runs: list[dict[str, Any]]) -> Iterator[Change]:
        for run in runs:
            product_day = self._product_day(run)
            if product_day is None:
                continue
            if product_day.run_id != run["dag_run_id"]:
                product_day.run_id, product_day.state, product_day.tasks = run["dag_run_id"], WAITING, {}
                self._by_run[(product_day.address, run["dag_run_id"])] = product_day
            product_day.started = _moment(run["start_date"])
            product_day.ended = _moment(run["end_date"])
            if product_day.state != run["state"]:
                product_day.state = run["state"]
                yield Change(product_day, None)

    def _product_day(self, run: dict[str, Any]) -> ProductDay | None:
        made = _moment(run["queued_at"]) or _moment(run["run_after"])
        if made is None or made < self._begun or not run["partition_key"]:
            return None
        try:
            day = date.fromisoformat(run["partition_key"])
        except ValueError:
            return None
        return self.product_days.get((run["dag_id"], day))

    def _take_tasks(self, tasks: list[dict[str, Any]]) -> Iterator[Change]:
        for task in tasks:
            product_day = self._by_run.get((task["dag_id"], task["dag_run_id"]))
            if product_day is None or task["state"] is None:
                continue
            name = task["task_id"]
            if task["map_index"] >= 0:
                name = f"{name}[{task['map_index']}]"
            view = TaskView(name, task["state"], _moment(task["start_date"]), task["duration"])
            known = product_day.tasks.get(name)
            product_day.tasks[name] = view
            if known is None or known.state != view.state:
                yield Change(product_day, view)

    @property
    def complete(self) -> bool:
        """Every product has a successful run for every day."""
        return all(product_day.state == SUCCESS for product_day in self.product_days.values())

    @property
    def failed(self) -> list[ProductDay]:
        return [product_day for product_day in self.product_days.values() if product_day.state == FAILED]

    @property
    def active(self) -> bool:
        """Something is queued or running."""
        return any(product_day.state in (QUEUED, RUNNING) for product_day in self.product_days.values())

    @property
    def at_work(self) -> bool:
        """Some task runs."""
        return any(task.is_at_work for day in self.product_days.values() for task in day.tasks.values())

    @property
    def waiting(self) -> list[ProductDay]:
        """Those to which something may still happen."""
        return [product_day for product_day in self.product_days.values() if not self.is_over(product_day)]

    def blocked(self, product_day: ProductDay) -> bool:
        """Whether it can't start any more in this run: an input of its day failed, or is itself blocked."""
        return product_day.state == WAITING and any(
            (needed := self.product_days[(address, product_day.day)]).state == FAILED or self.blocked(needed)
            for address in self._inputs[product_day.address]
        )

    def is_over(self, product_day: ProductDay) -> bool:
        """Whether nothing more will happen to it in this run."""
        return product_day.has_ended or self.blocked(product_day)

    @property
    def unchanged_seconds(self) -> float:
        """How long ago anything changed."""
        return time.monotonic() - self._last_change

    @property
    def nothing_more_to_come(self) -> bool:
        """Every product has ended for every day, or is blocked by one that failed."""
        return all(self.is_over(product_day) for product_day in self.product_days.values())


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
