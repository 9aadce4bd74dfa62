"""A run that cannot move says so: what waits, and for what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from local.mesh.selection import Selection
from local.mesh.tracking import QUEUED, WAITING, ProductDay, Tracker

NEVER_RAN_SECONDS = 60
"""Nothing is queued or running in Airflow for so long: what has not run now never will."""
STANDSTILL_SECONDS = 180
"""Runs are open and none of their tasks is at work for so long."""


class StuckError(Exception):
    """Nothing runs, and something never will."""


def require_progress(
    tracker: Tracker, selection: Selection, to_land: Sequence[date], *, landing: bool
) -> None:
    """See that a run that is not over can still get on.

    Args:
        tracker: what Airflow said last.
        selection: the products and days of the run.
        to_land: days whose input the run has not passed on yet.
        landing: whether the next of them is being made or put into buckets right now.

    Raises:
        StuckError: it can't; the message names what waits and for what.
    """
    quiet = tracker.unchanged_seconds
    if not to_land and not tracker.active and quiet > NEVER_RAN_SECONDS:
        raise StuckError(_why_never_ran(tracker, selection))
    if not landing and not tracker.at_work and quiet > STANDSTILL_SECONDS:
        raise StuckError(_why_at_a_standstill(tracker, to_land))


def _why_never_ran(tracker: Tracker, selection: Selection) -> str:
    lines = [f"nothing has happened for {NEVER_RAN_SECONDS} s, and these never ran:"]
    for view in tracker.product_days.values():
        if view.state == WAITING:
            inputs = ", ".join(selection.products[view.address].inputs) or "no input port"
            lines.append(f"  {view.address} for {view.day} (reads {inputs})")
    lines.append(
        "Its DAG should be scheduled on those ports: is it paused, or does no task of theirs publish the port?"
    )
    return "\n".join(lines)


def _why_at_a_standstill(tracker: Tracker, to_land: Sequence[date]) -> str:
    lines = [f"nothing has moved for {STANDSTILL_SECONDS} s, and no task runs; these wait:"]
    lines += [f"  {view.address} for {view.day}: {_what_it_waits_for(view)}" for view in tracker.waiting]
    if to_land:
        lines.append(f"  the input of {', '.join(map(str, to_land))}: for days before it to end")
    lines.append(
        "What Airflow's scheduler and DAG processor printed is in the folder logs of the mesh's home."
    )
    return "\n".join(lines)


def _what_it_waits_for(view: ProductDay) -> str:
    if view.state == WAITING:
        return "its inputs have not all published the day"
    if view.state == QUEUED:
        return (
            "Airflow has queued its run and not begun it: is another run of the DAG open, or the DAG paused?"
        )
    unended = [f"task {task.name} is {task.state}" for task in view.tasks.values() if not task.has_ended]
    return ", ".join(unended) or "its run is open and no next task is scheduled: is its DAG file still there?"
