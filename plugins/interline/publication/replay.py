"""Running data days again, as a plan that a person reads first: which days, who follows, and about how long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from interline.publication.consumers import Consumer, following
from interline.publication.errors import ReplayError

MOST_DAYS = 366
"""In one replay: more is a mistake, or several replays."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """One product that runs again."""

    address: str
    days: tuple[str, ...]
    how: str
    """``replayed``: it is what was asked for. ``follows``: its input ports' events start it. ``started``: it reads further
    ports too, so it is started when those that change have changed."""
    after: tuple[str, ...]
    """Products of this replay that it waits for."""
    seconds: float | None
    """For one day, as long as its last runs took; None if it never ran."""


@dataclass(frozen=True)
class ReplayPlan:
    """What running days of a product again means."""

    address: str
    first: str
    last: str
    requested_last: str
    reruns: tuple[Rerun, ...]
    states: tuple[str, ...] = ()
    """Products whose ports hold a current state that is newer than what was asked for: they are why more days run."""

    @property
    def days(self) -> tuple[str, ...]:
        """The days that are replayed, in order."""
        return self.reruns[0].days

    @property
    def extended(self) -> bool:
        """Whether more days have to run than were asked for."""
        return self.last != self.requested_last

    @property
    def runs(self) -> int:
        """How many runs there will be."""
        return sum(len(rerun.days) for rerun in self.reruns)

    @property
    def seconds(self) -> float | None:
        """The estimate: each product runs one day at a time, and a day after the day's inputs."""
        ready: dict[tuple[str, str], float] = {}
        for rerun in self.reruns:
            if rerun.seconds is None:
                return None
            free = 0.0
            for day in rerun.days:
                begin = max([free, *(ready[port, day] for port in rerun.after if (port, day) in ready)])
                free = ready[rerun.address, day] = begin + rerun.seconds
        return max(ready.values(), default=0.0)

    def lines(self) -> list[str]:
        """Return the plan as a person reads it."""
        lines = [f"replay of {self.address}, {_span(self.days)}"]
        if self.extended:
            states = [state for state in self.states if state != self.address]
            whose = f"the newest day of {', '.join(states)}" if states else "its newest day"
            lines.append(
                f"  goes on to {self.last}, {whose}: the port holds a current state, and older states must not"
                " stay over newer ones"
            )
        width = max(len(rerun.address) for rerun in self.reruns)
        for rerun in self.reruns:
            lasts = "never ran yet" if rerun.seconds is None else f"about {_length(rerun.seconds)} a day"
            lines.append(f"  {rerun.address:<{width}}  {rerun.how:<8}  {_span(rerun.days)}, {lasts}")
        estimate = "unknown" if self.seconds is None else f"about {_length(self.seconds)}"
        lines.append(f"{self.runs} runs; time: {estimate}, as long as the last runs took")
        return lines

    def as_json(self) -> dict[str, Any]:
        """Return it for ``--format json``."""
        return {
            "address": self.address,
            "from": self.first,
            "to": self.last,
            "extended": self.extended,
            "estimated_seconds": self.seconds,
            "runs": [
                {
                    "product": rerun.address,
                    "days": list(rerun.days),
                    "how": rerun.how,
                    "after": list(rerun.after),
                    "seconds_a_day": rerun.seconds,
                }
                for rerun in self.reruns
            ],
        }


def days_between(first: date, last: date) -> tuple[str, ...]:
    """Return the days from the first to the last.

    Raises:
        ReplayError: there is none, or too many.
    """
    count = (last - first).days + 1
    if count < 1:
        raise ReplayError(f"there is no data day from {first} to {last}")
    if count > MOST_DAYS:
        raise ReplayError(f"{first} to {last} are {count} days; one replay takes at most {MOST_DAYS}")
    return tuple((first + timedelta(days=number)).isoformat() for number in range(count))


def plan_replay(
    address: str,
    days: tuple[str, ...],
    inputs: Mapping[str, tuple[str, ...]],
    *,
    keeps_history: bool,
    published: Iterable[str],
    ran: Mapping[str, Iterable[str]],
    seconds: Mapping[str, float],
    states: Mapping[str, Iterable[str]] | None = None,
) -> ReplayPlan:
    """Return the plan.

    A port that holds a current state takes its days in order: an older day alone would put older states of its rows over newer
    ones. So a replay of it, or of what makes it run again, goes on to the newest day that it was published for.

    :param address: of the product to replay
    :param days: those asked for, in order
    :param inputs: what every product reads
    :param keeps_history: whether the product's port is a history of days
    :param published: days that its port was published for
    :param ran: by consumer, the days it has run for; a consumer is not started for a day for which it never ran
    :param seconds: how long a run of a product takes, as far as that is known
    :param states: by consumer whose port holds a current state, the days that it was published for

    Raises:
        ReplayError: there is no such product.
    """
    if address not in inputs:
        raise ReplayError(f"there is no product {address}")
    requested = days[-1]
    newest = {state: max(each, default=requested) for state, each in (states or {}).items()}
    if not keeps_history:
        newest[address] = max(published, default=requested)
    reruns = _reruns(address, days, inputs, ran, seconds)
    newer = [rerun.address for rerun in reruns if newest.get(rerun.address, requested) > requested]
    if newer:
        last = max(newest[state] for state in newer)
        days = days_between(date.fromisoformat(days[0]), date.fromisoformat(last))
        reruns = _reruns(address, days, inputs, ran, seconds)
    return ReplayPlan(address, days[0], days[-1], requested, tuple(reruns), tuple(newer))


def _reruns(
    address: str,
    days: tuple[str, ...],
    inputs: Mapping[str, tuple[str, ...]],
    ran: Mapping[str, Iterable[str]],
    seconds: Mapping[str, float],
) -> list[Rerun]:
    reruns = [Rerun(address, days, "replayed", (), seconds.get(address))]
    running = {address: frozenset(days)}
    for consumer in following(inputs, [address]):
        follows = _days(consumer, days, running, frozenset(ran.get(consumer.address, ())))
        if follows:
            how = "follows" if consumer.by_itself else "started"
            reruns.append(
                Rerun(consumer.address, follows, how, consumer.again, seconds.get(consumer.address))
            )
            running[consumer.address] = frozenset(follows)
    return reruns


def _days(
    consumer: Consumer, days: tuple[str, ...], running: Mapping[str, frozenset[str]], ran: frozenset[str]
) -> tuple[str, ...]:
    changing = [running.get(port, frozenset()) for port in consumer.again]
    if consumer.by_itself:
        return tuple(day for day in days if all(day in each for each in changing))
    return tuple(day for day in days if day in ran and any(day in each for each in changing))


def _span(days: tuple[str, ...]) -> str:
    count = f"{len(days)} day{'s' * (len(days) > 1)}"
    return f"{count} {days[0]}" if len(days) == 1 else f"{count} {days[0]} to {days[-1]}"


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
