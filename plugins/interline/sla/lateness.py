"""Which ports are late, which wait for others, and who is alerted: a late producer once, with its consumers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from interline.contracts import Mesh
from interline.sla.due_times import end_of
from interline.sla.promises import Promise, format_duration, promise_of


class Level(StrEnum):
    """How a port stands to its promise."""

    ON_TIME = "on time"
    LATE = "late"
    WAITING = "waiting"
    """Behind its promise, because something it reads is late: its producer is alerted, not this one."""
    NEVER = "nothing yet"
    """Nothing was published, nor by all it reads; there is no telling since when something is due."""
    NO_PROMISE = "no promise"


@dataclass(frozen=True, slots=True)
class PortLevel:
    """One port against its promise."""

    address: str
    level: Level
    newest: date | None
    """The newest data day that was published."""
    age: timedelta | None
    """How old its newest rows are: from the end of the newest data day until now."""
    promise: Promise | None
    due_day: date | None = None
    """The data day that is due and missing."""
    late_by: timedelta | None = None
    waits_for: tuple[str, ...] = ()
    """The late producers that hold it up, near or far."""
    affected: tuple[str, ...] = ()
    """For a late port: everybody downstream, near or far."""

    def as_json(self) -> dict[str, Any]:
        """Return it for ``--format json``; lengths of time in seconds."""
        return {
            "address": self.address,
            "level": str(self.level),
            "newest_data_day": self.newest.isoformat() if self.newest else None,
            "age_seconds": _seconds(self.age),
            "promised_every_seconds": _seconds(self.promise.every) if self.promise else None,
            "promised_within_seconds": _seconds(self.promise.within) if self.promise else None,
            "due_data_day": self.due_day.isoformat() if self.due_day else None,
            "late_by_seconds": _seconds(self.late_by),
            "waits_for": list(self.waits_for),
            "affected": list(self.affected),
        }

    def __str__(self) -> str:
        """Say in a sentence that a port is late, and who has to wait."""
        day, late_by = self.due_day, self.late_by
        if self.level is not Level.LATE or day is None or late_by is None or self.promise is None:
            return f"{self.address}: {self.level}"
        waiting = f"; waiting for it: {', '.join(self.affected)}" if self.affected else ""
        return (
            f"{self.address} is late: data day {day} was due {self.promise.due(day):%Y-%m-%d %H:%M} UTC"
            f" ({format_duration(late_by)} ago){waiting}"
        )


def downstream(mesh: Mesh, address: str) -> tuple[str, ...]:
    """Return every product that reads a port, directly or through others, in order of address."""
    readers: dict[str, list[str]] = {}
    for product in mesh.products.values():
        for port in product.inputs:
            readers.setdefault(port, []).append(product.address)
    found: set[str] = set()
    to_visit = [address]
    while to_visit:
        for reader in readers.get(to_visit.pop(), ()):
            if reader not in found and reader != address:
                found.add(reader)
                to_visit.append(reader)
    return tuple(sorted(found))


def service_levels(mesh: Mesh, newest: Mapping[str, date | None], now: datetime) -> list[PortLevel]:
    """Compare every port with its promise, at a moment.

    :param newest: by address, the newest data day that was published; None if there is none
    """
    behind = {}
    for address in newest:
        promise, missing = promise_of(mesh.products[address].contract), _missing(mesh, address, newest)
        if promise is not None and missing is not None and promise.due(missing) < now:
            behind[address] = (missing, now - promise.due(missing))
    levels = []
    for address in sorted(newest):
        product, day = mesh.products[address], newest[address]
        promise = promise_of(product.contract)
        age = None if day is None else now - end_of(day)
        if address in behind:
            missing, late_by = behind[address]
            causes = _causes(mesh, address, missing, newest, behind)
            level = Level.WAITING if causes else Level.LATE
            affected = () if causes else downstream(mesh, address)
            levels.append(
                PortLevel(address, level, day, age, promise, missing, late_by, tuple(causes), affected)
            )
        else:
            level = Level.NO_PROMISE if promise is None else Level.NEVER if day is None else Level.ON_TIME
            levels.append(PortLevel(address, level, day, age, promise))
    return levels


def _missing(mesh: Mesh, address: str, newest: Mapping[str, date | None]) -> date | None:
    """Return the data day that is to come: after the newest, or for a first one the newest that all inputs have."""
    product, day = mesh.products[address], newest[address]
    promise = promise_of(product.contract)
    if day is not None:
        return None if promise is None else promise.next_day(day)
    inputs = [newest.get(port) for port in product.inputs]
    there = [day for day in inputs if day is not None]
    return min(there) if there and len(there) == len(inputs) else None


def when_all_is_due(mesh: Mesh, newest: Mapping[str, date | None]) -> datetime | None:
    """Return the hour after the newest data day of any port is due everywhere; None if nothing was published.

    A mesh whose days are of long ago is compared as of then: a port that lacks that day is late, and no other.
    """
    day = max((day for day in newest.values() if day is not None), default=None)
    if day is None:
        return None
    promises = [promise_of(mesh.products[address].contract) for address in newest]
    dues = [promise.due(day) for promise in promises if promise is not None]
    return max(dues, default=end_of(day)) + timedelta(hours=1)


def _causes(
    mesh: Mesh,
    address: str,
    missing: date,
    newest: Mapping[str, date | None],
    behind: Mapping[str, Any],
) -> list[str]:
    """Return the late ports above one, none of which waits for another, that have not published its missing day."""
    causes: set[str] = set()
    to_visit, seen = [address], {address}
    while to_visit:
        current = to_visit.pop()
        late_inputs = [
            port
            for port in mesh.products[current].inputs
            if port in behind and (day := newest.get(port)) is not None and day < missing
        ]
        if not late_inputs and current != address:
            causes.add(current)
        for port in late_inputs:
            if port not in seen:
                seen.add(port)
                to_visit.append(port)
    return sorted(causes)


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds())
