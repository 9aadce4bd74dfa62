"""The reservation systems: booking and cancellation events, with the dirt that such feeds have.

Two systems send events. The old one sends flat records (version 1), the new one nested records (version 2).
A booking is made on one day, may reach the landing bucket a day or two late, may be cancelled on the same day
or weeks later, and any of its events may be sent twice. About one event in eighty can't be used as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from local.source_systems.booking_records import CABINS, CHANNELS, FAULTS, Event, booked_line, cancelled_line
from local.source_systems.chance import Chance
from local.source_systems.members import MEMBERS, directory
from local.source_systems.source import Delivery, File, Source
from local.source_systems.world import LAST_DAY, day_number, day_of, flights

BOOKINGS_PER_DAY = 13_800
"""Together with cancellations and repeats: about 15,000 events a day."""

FAULTY = 0.012
LATE_ONE_DAY = 0.015
LATE_TWO_DAYS = 0.005
CANCELLED = 0.08
CANCELLED_SAME_DAY = 0.5
CANCELLED_WITHIN_DAYS = 20
NEW_SYSTEM = 0.65
BY_MEMBER = 0.55
REPEATED_SAME_DAY = 0.01
REPEATED_NEXT_DAY = 0.003

_HOURS_PER_FILE = 6
_FARE_PERCENT = (100, 165, 340)
_ALPHABET = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype="S1")
_REFERENCES = 36**6


@dataclass(frozen=True)
class Bookings:
    """The bookings made on one day; one position is one booking."""

    day: date
    reference: list[str]
    second: NDArray[np.int64]
    """Second of the day at which the booking was made."""
    flight: NDArray[np.int64]
    """Position in the flights of the year."""
    departure: list[str]
    member: NDArray[np.int64]
    """Position in the directory, or -1 for a traveller without a number."""
    passengers: NDArray[np.int64]
    cabin: NDArray[np.int64]
    channel: NDArray[np.int64]
    cents: NDArray[np.int64]
    new_system: NDArray[np.bool_]
    days_late: NDArray[np.int64]
    cancelled_after_days: NDArray[np.int64]
    """Days from the booking to its cancellation, or -1 for a booking that stays."""
    cancelled_second: NDArray[np.int64]
    cancelled_in_new_system: NDArray[np.bool_]


@lru_cache(maxsize=32)
def bookings_made(day: date, seed: int, count: int, members: int) -> Bookings:
    """The bookings that travellers made on a day, whenever the systems deliver them."""
    chance = Chance(seed, "bookings", day)
    year = flights()
    number = day_number(day)
    lead = (chance.uniform("lead", count) ** 2 * 180).astype(np.int64)
    departure = number + lead % (day_number(LAST_DAY) - number + 1)
    first, flights_that_day = year.first[departure], np.diff(year.first)[departure]
    flight = first + (chance.uniform("flight", count) * flights_that_day).astype(np.int64)
    passengers = 1 + chance.choose("passengers", count, [58, 27, 7, 5, 2, 1])
    cabin = chance.choose("cabin", count, [86, 8, 6])
    fare = 4_900 + year.distance_miles[flight] * chance.between("rate", count, 8, 26)
    fare = fare * np.array(_FARE_PERCENT)[cabin] // 100
    fare = np.where(lead < 7, fare * 3 // 2, fare)
    second = chance.between("second", count, 0, 86_399)
    same_day = chance.happens("cancelled same day", count, CANCELLED_SAME_DAY)
    after = np.where(same_day, 0, chance.between("cancelled after", count, 1, CANCELLED_WITHIN_DAYS))
    cancelled = chance.happens("cancelled", count, CANCELLED)
    cancelled_second = chance.between("cancelled second", count, 0, 86_399)
    late = chance.uniform("late", count)
    people = directory(seed, members)
    member = chance.choose("member", count, people.activity)
    return Bookings(
        day=day,
        reference=_references(number * count + np.arange(count)),
        second=second,
        flight=flight,
        departure=[day_of(d).isoformat() for d in departure.tolist()],
        member=np.where(chance.happens("by member", count, BY_MEMBER), member, -1),
        passengers=passengers,
        cabin=cabin,
        channel=chance.choose("channel", count, [46, 30, 16, 8]),
        cents=fare * passengers,
        new_system=chance.happens("new system", count, NEW_SYSTEM),
        days_late=(late < LATE_TWO_DAYS + LATE_ONE_DAY).astype(np.int64) + (late < LATE_TWO_DAYS),
        cancelled_after_days=np.where(cancelled, after, -1),
        cancelled_second=np.where(
            after == 0, second + (86_399 - second) * (cancelled_second + 1) // 86_400, cancelled_second
        ),
        cancelled_in_new_system=chance.happens("cancelled in new system", count, NEW_SYSTEM),
    )


def _references(sequence: NDArray[np.int64]) -> list[str]:
    """Six letters and digits per booking, never the same twice, in no visible order."""
    # 36**6 has the prime factors 2 and 3 only, so a factor that neither divides maps one to one.
    mixed = (sequence * 1_000_000_007 + 12_345) % _REFERENCES
    digits = np.empty((len(mixed), 6), dtype="S1")
    for place in range(5, -1, -1):
        digits[:, place] = _ALPHABET[mixed % 36]
        mixed = mixed // 36
    return digits.view("S6").ravel().astype("U6").tolist()


@dataclass(frozen=True)
class _Arrival:
    """One event as it reaches the landing bucket."""

    second: int
    line: str


def booking_events(day: date, seed: int, count: int, members: int) -> list[File]:
    """The files that the reservation systems deliver on a day, in the order in which events arrived."""
    arrivals = list(_first_deliveries(day, seed, count, members))
    chance = Chance(seed, "booking repeats", day)
    again = chance.happens("same day", len(arrivals), REPEATED_SAME_DAY)
    delay = chance.between("delay", len(arrivals), 1, 7_200).tolist()
    for position in np.flatnonzero(again).tolist():
        original = arrivals[position]
        arrivals.append(_Arrival(min(original.second + delay[position], 86_399), original.line))
    arrivals += _repeated_from_the_day_before(day, seed, count, members)
    arrivals.sort(key=lambda arrival: (arrival.second, arrival.line))
    files: list[File] = []
    for hour in range(0, 24, _HOURS_PER_FILE):
        until = (hour + _HOURS_PER_FILE) * 3600
        lines = [a.line for a in arrivals if hour * 3600 <= a.second < until]
        if lines:
            files.append((f"booking-events-{hour:02d}.jsonl", ("\n".join(lines) + "\n").encode()))
    return files


def _repeated_from_the_day_before(day: date, seed: int, count: int, members: int) -> Iterator[_Arrival]:
    if day_number(day) == 0:
        return
    yesterday = list(_first_deliveries(day - timedelta(days=1), seed, count, members))
    chance = Chance(seed, "booking repeats", day - timedelta(days=1))
    again = chance.happens("next day", len(yesterday), REPEATED_NEXT_DAY)
    for position in np.flatnonzero(again).tolist():
        yield _Arrival(yesterday[position].second // 8, yesterday[position].line)


@lru_cache(maxsize=2)
def _first_deliveries(day: date, seed: int, count: int, members: int) -> tuple[_Arrival, ...]:
    """Every event that reaches the landing bucket for the first time on a day."""
    arrivals: list[_Arrival] = []
    today = day_number(day)
    for made in range(max(0, today - 2), today + 1):
        arrivals += _booked_arriving(bookings_made(day_of(made), seed, count, members), day, seed, members)
    for made in range(max(0, today - CANCELLED_WITHIN_DAYS), today + 1):
        arrivals += _cancelled_arriving(bookings_made(day_of(made), seed, count, members), day, seed)
    return tuple(arrivals)


def _booked_arriving(made: Bookings, day: date, seed: int, members: int) -> Iterator[_Arrival]:
    count = len(made.reference)
    people, year = directory(seed, members), flights()
    chance = Chance(seed, "booked events", made.day)
    event_id = chance.words("event", count).tolist()
    faulty = chance.happens("faulty", count, FAULTY)
    fault = chance.choose("fault", count, [weight for weight, _ in FAULTS]).tolist()
    jitter = chance.between("jitter", count, 0, 600).tolist()
    is_late = (day - made.day).days > 0
    for i in np.flatnonzero(made.days_late == (day - made.day).days).tolist():
        flight, member = int(made.flight[i]), int(made.member[i])
        origin, destination = year.routes[int(year.route[flight])]
        event: Event = {
            "event_id": f"{event_id[i]:016x}",
            "version": 2 if made.new_system[i] else 1,
            "type": "booked",
            "reference": made.reference[i],
            "member_id": people.member_id[member] if member >= 0 else None,
            "email": people.email[member]
            if member >= 0
            else f"guest.{made.reference[i].lower()}@example.com",
            "carrier": year.carrier[flight],
            "flight": int(year.number[flight]),
            "origin": origin,
            "destination": destination,
            "departure": made.departure[i],
            "cabin": CABINS[made.cabin[i]],
            "passengers": int(made.passengers[i]),
            "amount": int(made.cents[i]) / 100,
            "currency": "USD",
            "channel": CHANNELS[made.channel[i]],
            "at": _instant(made.day, int(made.second[i])),
        }
        if faulty[i]:
            FAULTS[fault[i]][1](event)
        second = jitter[i] * 40 if is_late else min(int(made.second[i]) + jitter[i], 86_399)
        yield _Arrival(second, booked_line(event))


def _cancelled_arriving(made: Bookings, day: date, seed: int) -> Iterator[_Arrival]:
    count = len(made.reference)
    chance = Chance(seed, "cancelled events", made.day)
    event_id = chance.words("event", count).tolist()
    jitter = chance.between("jitter", count, 0, 60).tolist()
    reason = chance.choose("reason", count, [7, 2, 1]).tolist()
    for i in np.flatnonzero(made.cancelled_after_days == (day - made.day).days).tolist():
        event: Event = {
            "event_id": f"{event_id[i]:016x}",
            "version": 2 if made.cancelled_in_new_system[i] else 1,
            "type": "cancelled",
            "reference": made.reference[i],
            "reason": ("traveller", "schedule_change", "payment")[reason[i]],
            "at": _instant(day, int(made.cancelled_second[i])),
        }
        yield _Arrival(min(int(made.cancelled_second[i]) + jitter[i], 86_399), cancelled_line(event))


def _instant(day: date, second: int) -> str:
    return (datetime.combine(day, time.min) + timedelta(seconds=second)).isoformat() + "Z"


def _delivered(delivery: Delivery) -> list[File]:
    return booking_events(
        delivery.day, delivery.seed, delivery.scaled(BOOKINGS_PER_DAY), delivery.scaled(MEMBERS)
    )


SOURCES = (Source("bookings", "booking_events", _delivered),)
