"""Booking events: real flights, two schema versions, and dirt in the stated shares."""

from collections import Counter
from datetime import date
from functools import cache
from typing import Any

from local.source_systems import bookings
from local.source_systems.world import airports, day_number, flights
from tests.source_systems.feeds import days, records

DAYS = days(4)
FLAT = {
    "event_id", "version", "type", "booking_id", "member", "email", "carrier", "flight_no", "orig", "dest",
    "departure", "class", "pax", "fare_usd", "channel", "ts",
}  # fmt: skip
NESTED = {
    "event_id", "version", "event_type", "booking_reference", "customer", "itinerary", "fare", "passengers",
    "channel", "occurred_at", "reason",
}  # fmt: skip


@cache
def all_events() -> list[tuple[date, dict[str, Any]]]:
    return [(day, event) for day in DAYS for event in records(day, "booking_events")]


def reference(event: dict[str, Any]) -> str | None:
    return event.get("booking_id") or event.get("booking_reference")


def is_booking(event: dict[str, Any]) -> bool:
    return event.get("type") == "booked" or event.get("event_type") == "BookingConfirmed"


def is_cancellation(event: dict[str, Any]) -> bool:
    return event.get("type") == "cancelled" or event.get("event_type") == "BookingCancelled"


def when(event: dict[str, Any]) -> str | None:
    return event.get("ts") or event.get("occurred_at")


@cache
def first_deliveries() -> list[tuple[date, dict[str, Any]]]:
    seen: set[str] = set()
    fresh = []
    for day, event in all_events():
        if event.get("event_id") not in seen:
            fresh.append((day, event))
        if event.get("event_id"):
            seen.add(event["event_id"])
    return fresh


def share(part: int, whole: int) -> float:
    return part / whole


def test_about_fifteen_thousand_events_a_day_at_scale_one() -> None:
    for day in DAYS:
        assert 0.9 * 15_000 * 0.2 < len(records(day, "booking_events")) < 1.05 * 15_000 * 0.2


def test_every_event_has_one_of_the_two_forms() -> None:
    for _, event in all_events():
        assert set(event) <= (FLAT if event["version"] == 1 else NESTED)


def test_both_schema_versions_are_in_use() -> None:
    versions = Counter(event["version"] for _, event in all_events())
    assert 0.6 < share(versions[2], versions.total()) < 0.7
    assert 0.3 < share(versions[1], versions.total()) < 0.4
    assert set(versions) == {1, 2, 3}


def test_good_bookings_are_on_real_flights() -> None:
    year = flights()
    codes = {airport.iata_code for airport in airports()}
    checked = 0
    for _, event in all_events():
        trip = event.get("itinerary", {})
        origin, destination = (
            trip.get(k) or event.get(s) for k, s in (("origin", "orig"), ("destination", "dest"))
        )
        departure = trip.get("departure_date") or event.get("departure")
        if (
            not is_booking(event)
            or {origin, destination} - codes
            or departure in ("2012-12-24", "2013-02-30")
        ):
            continue
        number = day_number(date.fromisoformat(departure))
        flown = {
            (year.carrier[i], int(year.number[i]), *year.routes[year.route[i]])
            for i in range(year.first[number], year.first[number + 1])
        } if checked < 40 else None  # fmt: skip
        if flown is None:
            break
        carrier = trip.get("carrier") or event.get("carrier")
        flight = trip.get("flight_number") or event.get("flight_no")
        assert (carrier, flight, origin, destination) in flown
        checked += 1
    assert checked == 40


def test_a_reference_belongs_to_one_booking() -> None:
    booked = [reference(event) for _, event in first_deliveries() if is_booking(event) and reference(event)]
    assert len(booked) == len(set(booked)) > 10_000
    assert all(len(code) == 6 and code.isalnum() and code == code.upper() for code in booked if code)


def test_events_are_repeated_on_the_same_day_and_on_the_next() -> None:
    deliveries: dict[str, list[date]] = {}
    for day, event in all_events():
        if event.get("event_id"):
            deliveries.setdefault(event["event_id"], []).append(day)
    same_day = sum(len(d) > 1 and d[0] == d[1] for d in deliveries.values())
    next_day = sum(len(d) > 1 and d[0] != d[-1] for d in deliveries.values())
    assert 0.005 < share(same_day, len(deliveries)) < 0.02
    assert 0.001 < share(next_day, len(deliveries)) < 0.006


def test_repeats_are_the_same_to_the_byte() -> None:
    first: dict[str, dict[str, Any]] = {}
    for _, event in all_events():
        if event.get("event_id"):
            assert first.setdefault(event["event_id"], event) == event


def test_some_bookings_arrive_one_or_two_days_late() -> None:
    late = Counter(
        (day - date.fromisoformat(at[:10])).days
        for day, event in first_deliveries()
        if is_booking(event) and (at := when(event)) and at[:4] == "2013"
    )
    assert set(late) == {0, 1, 2}
    assert 0.008 < share(late[1], late.total()) < 0.02
    assert 0.002 < share(late[2], late.total()) < 0.008


def test_some_cancellations_arrive_before_their_booking() -> None:
    booked_on = {reference(e): day for day, e in first_deliveries() if is_booking(e)}
    ahead = [
        day for day, e in first_deliveries() if is_cancellation(e) and booked_on.get(reference(e), day) > day
    ]
    assert 3 <= len(ahead) < 100


def test_cancellations_belong_to_bookings_and_are_some_of_them() -> None:
    fresh = first_deliveries()
    booked = {reference(event) for _, event in fresh if is_booking(event)}
    cancelled = [reference(event) for _, event in fresh if is_cancellation(event)]
    assert len(cancelled) == len(set(cancelled))
    assert 0.03 < share(len(cancelled), len(booked)) < bookings.CANCELLED
    unknown = [code for code in cancelled if code not in booked]
    assert share(len(unknown), len(cancelled)) < 0.1


def test_every_way_to_spoil_an_event_occurs() -> None:
    events = [event for _, event in all_events() if not is_cancellation(event)]
    found = {
        "no reference": any(reference(e) is None for e in events),
        "no event id": any("event_id" not in e for e in events),
        "no time": any(when(e) is None for e in events),
        "impossible time": any(when(e) == "0000-00-00T00:00:00Z" for e in events),
        "unknown version": any(e["version"] == 3 for e in events),
        "unknown type": any(e.get("type") == "held" or e.get("event_type") == "BookingHeld" for e in events),
        "unknown airport": any(e.get("dest") == "ZZZ" or e.get("itinerary", {}).get("destination") == "ZZZ" for e in events),
        "no airport": any(is_booking(e) and "dest" not in e and "destination" not in e.get("itinerary", {}) for e in events),
        "negative amount": any(isinstance(a := amount(e), float) and a < 0 for e in events),
        "no amount": any(amount(e) is None for e in events),
        "amount in letters": any(isinstance(a := amount(e), str) and ("O" in a or "l" in a) for e in events),
        "no passengers": any(0 in (e.get("pax"), e.get("passengers")) for e in events),
        "passengers in words": any("two" in (e.get("pax"), e.get("passengers")) for e in events),
        "unknown cabin": any("X9" in (e.get("class"), e.get("fare", {}).get("cabin")) for e in events),
        "unknown channel": any(e.get("channel") == "fax" for e in events),
        "past departure": any("2012-12-24" in (e.get("departure"), e.get("itinerary", {}).get("departure_date")) for e in events),
        "impossible departure": any("2013-02-30" in (e.get("departure"), e.get("itinerary", {}).get("departure_date")) for e in events),
    }  # fmt: skip
    assert [name for name, occurs in found.items() if not occurs] == []


def amount(event: dict[str, Any]) -> float | str | None:
    return event.get("fare_usd") if event["version"] == 1 else event.get("fare", {}).get("amount")
