"""Data days that all inputs of a consumer have published and for which the consumer has not run, and what is done about it.

Judged from runs by data day alone. Airflow's own notes of what waits for what cannot be asked for on Amazon MWAA, and
where consumers are stuck they are what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

SUCCEEDED = "success"
DAYS_BACK = 45
"""How far back runs are looked at."""
GRACE_MINUTES = 10
"""What was published less than this ago may be about to start its consumers."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a product for a data day."""

    address: str
    day: str
    state: str
    ended: datetime | None


@dataclass(frozen=True, slots=True)
class Consumer:
    """A product with input ports, as Airflow knows it."""

    address: str
    inputs: tuple[str, ...]
    keeps_history: bool
    is_paused: bool
    known_since: datetime
    """When Airflow first had its DAG: days that were complete before are left to a replay."""


@dataclass(frozen=True, slots=True)
class MissedDay:
    """A data day that a consumer should have run for."""

    consumer: str
    day: str
    published: datetime
    """When the last of its inputs had published it."""
    reason: str
    starts: bool
    """Whether it can be started as it is; otherwise the reason says what a person does."""

    def __str__(self) -> str:
        return f"{self.consumer} has not run for {self.day}, published at {self.published:%Y-%m-%d %H:%M} UTC: {self.reason}"

    def as_json(self) -> dict[str, Any]:
        """Return it for XCom and ``--format json``."""
        return {
            "consumer": self.consumer,
            "day": self.day,
            "published": self.published.isoformat(),
            "reason": self.reason,
            "starts": self.starts,
        }


def missed_days(
    consumers: Iterable[Consumer],
    runs: Iterable[Run],
    *,
    now: datetime,
    grace: timedelta,
    waiting: Mapping[tuple[str, str], int] | None = None,
) -> list[MissedDay]:
    """Return the missed days, of each consumer the oldest first.

    :param runs: of consumers and of their inputs
    :param grace: what was published less than this ago may be about to start its consumers
    :param waiting: by consumer and day, how many pending runs Airflow keeps, if that is known; it only words the reason
    """
    published: dict[tuple[str, str], list[datetime]] = {}
    days_run: dict[str, set[str]] = {}
    for run in runs:
        days_run.setdefault(run.address, set()).add(run.day)
        if run.state == SUCCEEDED and run.ended is not None:
            published.setdefault((run.address, run.day), []).append(run.ended)
    found = []
    for consumer in consumers:
        own = days_run.get(consumer.address, set())
        candidates = set.intersection(*(days_run.get(port, set()) for port in consumer.inputs)) - own
        for day in sorted(candidates):
            moments = [published.get((port, day)) for port in consumer.inputs]
            if not all(moments):
                continue
            complete = max(min(each) for each in moments if each)
            newest = max(max(each) for each in moments if each)
            if complete < consumer.known_since or now - newest < grace:
                continue
            reason, starts = _reason(
                consumer, day, own, None if waiting is None else waiting.get((consumer.address, day), 0)
            )
            found.append(MissedDay(consumer.address, day, newest, reason, starts))
    return found


def _reason(consumer: Consumer, day: str, own: set[str], waiting: int | None) -> tuple[str, bool]:
    if consumer.is_paused:
        return "it is paused; it runs for this day when it is switched on again", False
    if not consumer.keeps_history and any(other > day for other in own):
        return (
            "its port holds a current state and later days have run, so this day cannot be put under them;"
            f" run ./interline replay {consumer.address} --from {day}"
        ), False
    if waiting is None or waiting == 1:
        return "an input was announced while it was paused or not yet there, or two at the same moment", True
    if waiting == 0:
        return (
            "its inputs were announced while it was paused or not yet there, or what waited was cleared away",
            True,
        )
    return f"inputs were announced at the same moment: {waiting} pending runs wait for each other", True
