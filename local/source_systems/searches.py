"""The shopping front ends: one event per search, with the dirt that such feeds have.

Travellers search the real routes of 2013 as often as they were flown, a few places that nobody flies to
from New York in the data, and now and then a route is suddenly popular.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from json import JSONEncoder

import numpy as np

from local.source_systems.booking_records import CABINS, CHANNELS
from local.source_systems.chance import Chance
from local.source_systems.members import MEMBERS, directory
from local.source_systems.source import Delivery, File, Source
from local.source_systems.world import day_number, flights

SEARCHES_PER_DAY = 50_000

FAULTY = 0.006
REPEATED_SAME_DAY = 0.015
REPEATED_NEXT_DAY = 0.002
LATE = 0.01
BY_MEMBER = 0.4
ONE_WAY = 0.3
UNSERVED = 0.05
POPULAR_ROUTES_PER_DAY = 4
POPULAR_TIMES = 6

_HOURS_PER_FILE = 6
_UNSERVED = ("LHR", "CDG", "FRA", "NRT", "CUN", "GRU", "DUB", "KEF", "YYZ", "FCO")
_compact = JSONEncoder(separators=(",", ":")).encode


def search_events(day: date, seed: int, count: int, members: int) -> list[File]:
    """The files that the front ends deliver on a day, in the order in which searches were made."""
    lines, seconds = _searches(day, seed, count, members)
    chance = Chance(seed, "search repeats", day)
    again = np.flatnonzero(chance.happens("same day", count, REPEATED_SAME_DAY)).tolist()
    delay = chance.between("delay", count, 0, 900).tolist()
    arrived = list(zip(seconds, lines, strict=True))
    arrived += [(min(seconds[i] + delay[i], 86_399), lines[i]) for i in again]
    if day_number(day) > 0:
        before, seconds_before = _searches(day - timedelta(days=1), seed, count, members)
        chance = Chance(seed, "search repeats", day - timedelta(days=1))
        again = np.flatnonzero(chance.happens("next day", count, REPEATED_NEXT_DAY)).tolist()
        arrived += [(seconds_before[i] // 8, before[i]) for i in again]
    arrived.sort()
    files: list[File] = []
    for hour in range(0, 24, _HOURS_PER_FILE):
        part = [line for second, line in arrived if hour * 3600 <= second < (hour + _HOURS_PER_FILE) * 3600]
        if part:
            files.append((f"search-events-{hour:02d}.jsonl", ("\n".join(part) + "\n").encode()))
    return files


@lru_cache(maxsize=2)
def _searches(day: date, seed: int, count: int, members: int) -> tuple[list[str], list[int]]:
    """The searches that arrive for the first time on a day: their lines, and the second each arrives."""
    chance = Chance(seed, "searches", day)
    year, people = flights(), directory(seed, members)
    weights = year.flights_of_route.copy()
    popular = chance.choose("wanted routes", POPULAR_ROUTES_PER_DAY, [1] * len(weights))
    weights[popular] *= POPULAR_TIMES
    route = chance.choose("route", count, weights).tolist()
    unserved = chance.happens("unserved", count, UNSERVED).tolist()
    elsewhere = chance.choose("elsewhere", count, [1] * len(_UNSERVED)).tolist()
    search_id = chance.words("search", count).tolist()
    session = (chance.words("session", count) >> np.uint64(24)).tolist()
    second = chance.between("second", count, 0, 86_399)
    is_late = chance.happens("late", count, LATE)
    made = np.where(is_late, second - chance.between("minutes late", count, 30, 900) * 60, second).tolist()
    member = np.where(
        chance.happens("by member", count, BY_MEMBER), chance.choose("member", count, people.activity), -1
    ).tolist()
    lead = (chance.uniform("lead", count) ** 2 * 300).astype(np.int64)
    stay = chance.between("stay", count, 1, 21)
    one_way = chance.happens("one way", count, ONE_WAY).tolist()
    passengers = (1 + chance.choose("passengers", count, [62, 25, 6, 4, 2, 1])).tolist()
    cabin = chance.choose("cabin", count, [84, 9, 7]).tolist()
    channel = chance.choose("channel", count, [44, 41, 9, 6]).tolist()
    results = chance.between("results", count, 1, 120).tolist()
    faulty = chance.happens("faulty", count, FAULTY).tolist()
    fault = chance.choose("fault", count, [weight for weight, _ in FAULTS]).tolist()
    # Made once for the whole window: a date is formatted once, not once a search.
    dates = [(day + timedelta(days=n)).isoformat() for n in range(323)]
    departure, back = lead.tolist(), (lead + stay).tolist()
    midnight = datetime.combine(day, time.min)
    lines = []
    for i in range(count):
        origin, destination = year.routes[route[i]]
        event: dict[str, object] = {
            "search_id": f"{search_id[i]:016x}",
            "session_id": f"{session[i]:010x}",
            "searched_at": (midnight + timedelta(seconds=made[i])).isoformat() + "Z",
            "channel": CHANNELS[channel[i]],
            "origin": origin,
            "destination": _UNSERVED[elsewhere[i]] if unserved[i] else destination,
            "departure_date": dates[departure[i]],
            "cabin": CABINS[cabin[i]],
            "passengers": passengers[i],
            "results": 0 if unserved[i] else results[i],
        }
        if member[i] >= 0:
            event["member_id"] = people.member_id[member[i]]
        if not one_way[i]:
            event["return_date"] = dates[back[i]]
        if faulty[i]:
            FAULTS[fault[i]][1](event)
        lines.append(_compact(event))
    return lines, second.tolist()


def _set(key: str, value: object) -> Callable[[dict[str, object]], None]:
    def spoil(event: dict[str, object]) -> None:
        event[key] = value

    return spoil


def _drop(key: str) -> Callable[[dict[str, object]], None]:
    def spoil(event: dict[str, object]) -> None:
        event.pop(key, None)

    return spoil


def _as_text(event: dict[str, object]) -> None:
    event["passengers"] = str(event["passengers"])


def _back_before_out(event: dict[str, object]) -> None:
    event["return_date"] = "2012-12-31"


FAULTS: tuple[tuple[int, Callable[[dict[str, object]], None]], ...] = (
    (20, _as_text),
    (10, _set("passengers", "two")),
    (10, _set("passengers", 0)),
    (10, _drop("passengers")),
    (10, _drop("search_id")),
    (12, _set("destination", "ZZZ")),
    (8, _set("origin", "nyc")),
    (8, _drop("destination")),
    (10, _set("departure_date", "31/02/2013")),
    (6, _set("departure_date", "2013-02-29")),
    (8, _set("searched_at", "now")),
    (8, _back_before_out),
    (6, _set("cabin", "first-ish")),
    (6, _set("channel", None)),
    (6, _set("results", -1)),
    (6, _set("member_id", "unknown")),
)
"""How a search event can be spoilt, with weights. Passengers as text ("2") can still be read."""


def _delivered(delivery: Delivery) -> list[File]:
    return search_events(
        delivery.day, delivery.seed, delivery.scaled(SEARCHES_PER_DAY), delivery.scaled(MEMBERS)
    )


SOURCES = (Source("shopping", "search_events", _delivered),)
