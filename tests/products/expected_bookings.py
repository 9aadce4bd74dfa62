"""The products of the bookings domain, worked out one event after another."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from tests.products.counted import (
    CABINS,
    CHANNELS,
    MEMBER_ID,
    ProductDay,
    Record,
    airport_codes,
    day_of,
    instant_of,
    money,
    totals,
    whole,
)


def _booking_event(record: Record, day: date) -> Record:
    """One event of either schema version in one form."""
    customer, itinerary, fare = (record.get(key) or {} for key in ("customer", "itinerary", "fare"))
    flat = "type" in record
    names = {"BookingConfirmed": "booked", "BookingCancelled": "cancelled"}
    kind = record.get("type") if flat else record.get("event_type")
    return {
        "landed_on": day,
        "event_id": record.get("event_id"),
        "version": record.get("version"),
        "booking_id": record.get("booking_id") if flat else record.get("booking_reference"),
        "kind": kind if flat else names.get(str(kind), kind),
        "at": instant_of(record.get("ts") if flat else record.get("occurred_at")),
        "member_id": record.get("member") if flat else customer.get("member_id"),
        "origin": record.get("orig") if flat else itinerary.get("origin"),
        "destination": record.get("dest") if flat else itinerary.get("destination"),
        "carrier": record.get("carrier") if flat else itinerary.get("carrier"),
        "flight": whole(record.get("flight_no") if flat else itinerary.get("flight_number")),
        "departure": day_of(record.get("departure") if flat else itinerary.get("departure_date")),
        "cabin": {"Y": "economy", "W": "premium", "C": "business"}.get(
            record.get("class", ""), record.get("class")
        )
        if flat
        else fare.get("cabin"),
        "passengers": whole(record.get("pax") if flat else record.get("passengers")),
        "amount": money(record.get("fare_usd") if flat else fare.get("amount")),
        "currency": "USD" if "fare_usd" in record else fare.get("currency"),
        "channel": record.get("channel"),
    }


def _tells_a_booking(event: Record) -> bool:
    """Whether an event can be part of a booking at all."""
    return (
        all(event[key] is not None for key in ("event_id", "booking_id", "at"))
        and event["version"] in (1, 2)
        and event["kind"] in ("booked", "cancelled")
    )


def _is_good_booking(booking: Record, airports: set[str]) -> bool:
    """Whether the contract of bookings.reservations lets a booking through."""
    booked = booking["booked"]
    return (
        booked is not None
        and re.fullmatch(r"[A-Z0-9]{6}", booking["booking_id"]) is not None
        and (booked["member_id"] is None or MEMBER_ID.fullmatch(booked["member_id"]) is not None)
        and booked["origin"] in airports
        and booked["destination"] in airports
        and booked["origin"] != booked["destination"]
        and booked["carrier"] is not None
        and booked["flight"] is not None
        and 1 <= booked["flight"] <= 9999
        and booked["departure"] is not None
        and booked["departure"] >= booked["at"].date()
        and booked["cabin"] in CABINS
        and booked["passengers"] is not None
        and 1 <= booked["passengers"] <= 9
        and booked["amount"] is not None
        and 0 < booked["amount"] <= 100_000
        and booked["currency"] == "USD"
        and booked["channel"] in CHANNELS
    )


def reservations(
    landed: Mapping[date, list[Record]],
    airport_records: Mapping[date, list[Record]],
    days: list[date],
    result: dict[str, dict[date, ProductDay]],
) -> dict[str, Record]:
    """Replay every event in order of arrival, a booking at a time."""
    state: dict[str, Record] = {}
    published: dict[str, Record] = {}
    seen: set[str] = set()
    for day in days:
        counted = result["bookings.reservations"][day] = ProductDay(landed=len(landed[day]))
        airports = airport_codes(airport_records[day])
        fresh = []
        for record in landed[day]:
            event = _booking_event(record, day)
            if event["event_id"] is not None and event["event_id"] in seen:
                counted.repeated += 1
                continue
            seen.add(event["event_id"])
            fresh.append(event)
        touched: Counter[str] = Counter()
        for event in sorted(filter(_tells_a_booking, fresh), key=lambda e: (e["at"], e["event_id"])):
            booking = state.setdefault(
                event["booking_id"], {"booking_id": event["booking_id"], "booked": None, "cancelled": None}
            )
            if booking[event["kind"]] is None:
                booking[event["kind"]] = event
            touched[event["booking_id"]] += 1
        counted.merged = sum(touched.values()) - len(touched)
        counted.quarantined = sum(not _tells_a_booking(event) for event in fresh)
        for booking_id in touched:
            booking = state[booking_id]
            if not _is_good_booking(booking, airports):
                counted.quarantined += 1
                continue
            counted.rows += 1
            published[booking_id] = _published_booking(booking)
        batch = [published[booking_id] for booking_id in touched if booking_id in published]
        counted.sums = {"amount": sum((row["amount"] for row in batch), Decimal(0))}
    return published


def _published_booking(booking: Record) -> Record:
    booked, cancelled = booking["booked"], booking["cancelled"]
    return {
        **{
            key: booked[key]
            for key in ("member_id", "origin", "destination", "channel", "passengers", "amount")
        },
        "booking_id": booking["booking_id"],
        "status": "booked" if cancelled is None else "cancelled",
        "first_data_day": booked["landed_on"],
        "cancelled_data_day": None if cancelled is None else max(cancelled["landed_on"], booked["landed_on"]),
    }


def revenue(bookings: Iterable[Record], day: date) -> ProductDay:
    """What became known on a day, by route and channel."""
    lines: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    booked = cancelled = Decimal(0)
    for row in bookings:
        key = (row["origin"], row["destination"], row["channel"])
        if row["first_data_day"] == day:
            lines[key]["bookings"] += 1
            lines[key]["passengers"] += row["passengers"]
            booked += row["amount"]
        if row["cancelled_data_day"] == day:
            lines[key]["cancellations"] += 1
            cancelled += row["amount"]
    return ProductDay(
        rows=len(lines),
        sums=totals(lines, "bookings", "passengers", "cancellations")
        | {"booked_amount": booked, "cancelled_amount": cancelled, "net_amount": booked - cancelled},
    )
