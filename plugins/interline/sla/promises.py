"""When a data day is due, from the service levels of a contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from interline.contracts import Contract
from interline.sla.due_times import end_of

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Promise:
    """How often a port brings something new, and how long after the end of a data day at the latest.

    In ODCS' words: the service levels ``frequency`` and ``latency`` (or ``freshness`` in its place). Without any of the
    two, a data day is due when the next one ends, after one ``frequency``.
    """

    every: timedelta
    within: timedelta

    def due(self, day: date) -> datetime:
        """Return the moment by which a data day is promised to be published."""
        return end_of(day) + self.within

    def next_day(self, newest: date) -> date:
        """Return the data day that is to follow."""
        return newest + max(self.every, _DAY)

    def __str__(self) -> str:
        return f"every {format_duration(self.every)}, within {format_duration(self.within)}"


def promise_of(contract: Contract) -> Promise | None:
    """Return what a contract promises about time, or None if it says nothing about it."""
    lengths = {
        level.property: level.period.duration
        for level in contract.service_levels
        if level.period is not None and level.property in ("frequency", "latency", "freshness")
    }
    if not lengths:
        return None
    every = lengths.get("frequency", _DAY)
    return Promise(every, lengths.get("latency") or lengths.get("freshness") or every)


def format_duration(length: timedelta) -> str:
    """Return a length of time in its largest fitting unit, such as ``8 h`` or ``2 d``."""
    seconds = round(length.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size and (seconds % size == 0 or seconds >= 3 * size):
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
