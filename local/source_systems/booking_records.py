"""Booking events as the reservation systems write them, and the ways in which they can be spoilt.

The old system writes flat records (version 1), the new one nested records (version 2).
"""

from __future__ import annotations

from collections.abc import Callable
from json import JSONEncoder

CABINS = ("economy", "premium", "business")
CHANNELS = ("web", "mobile", "agent", "partner")
_NEW_TYPES = {"booked": "BookingConfirmed", "cancelled": "BookingCancelled", "held": "BookingHeld"}
_CABIN_CODES = {"economy": "Y", "premium": "W", "business": "C"}
_compact = JSONEncoder(separators=(",", ":")).encode

Event = dict[str, object]
"""What happened, before a system has written it: event_id, version, type, reference, at, and what was booked."""


def booked_line(event: Event) -> str:
    """The event as the system of its version writes it; versions nobody knows look like version 2."""
    if event["version"] == 1:
        record = {
            "event_id": event["event_id"],
            "version": 1,
            "type": event["type"],
            "booking_id": event["reference"],
            "member": event["member_id"],
            "email": event["email"],
            "carrier": event["carrier"],
            "flight_no": event["flight"],
            "orig": event["origin"],
            "dest": event["destination"],
            "departure": event["departure"],
            "class": _CABIN_CODES.get(str(event["cabin"]), event["cabin"]),
            "pax": event["passengers"],
            "fare_usd": event["amount"],
            "channel": event["channel"],
            "ts": event["at"],
        }
        if event["currency"] != "USD":
            record["fare_usd"] = f"{event['currency']} {event['amount']}"
        return _compact(_without_gaps(record))
    return _compact(
        _without_gaps(
            {
                "event_id": event["event_id"],
                "version": event["version"],
                "event_type": _NEW_TYPES[str(event["type"])],
                "booking_reference": event["reference"],
                "customer": _without_gaps({"member_id": event["member_id"], "email": event["email"]}),
                "itinerary": _without_gaps(
                    {
                        "carrier": event["carrier"],
                        "flight_number": event["flight"],
                        "origin": event["origin"],
                        "destination": event["destination"],
                        "departure_date": event["departure"],
                    }
                ),
                "fare": _without_gaps(
                    {"amount": event["amount"], "currency": event["currency"], "cabin": event["cabin"]}
                ),
                "passengers": event["passengers"],
                "channel": event["channel"],
                "occurred_at": event["at"],
            }
        )
    )


def cancelled_line(event: Event) -> str:
    """The cancellation as the system of its version writes it."""
    if event["version"] == 1:
        keys = {"type": "type", "reference": "booking_id", "at": "ts"}
        return _compact({keys.get(key, key): value for key, value in event.items() if key != "reason"})
    keys = {"type": "event_type", "reference": "booking_reference", "at": "occurred_at"}
    return _compact({keys.get(k, k): _NEW_TYPES["cancelled"] if k == "type" else v for k, v in event.items()})


def _without_gaps(record: Event) -> Event:
    return {key: value for key, value in record.items() if value is not None}


def _set(key: str, value: object) -> Callable[[Event], None]:
    def spoil(event: Event) -> None:
        event[key] = value

    return spoil


def _negative(event: Event) -> None:
    event["amount"] = -float(str(event["amount"]))


def _misread(event: Event) -> None:
    event["amount"] = str(event["amount"]).replace("0", "O").replace("1", "l")


FAULTS: tuple[tuple[int, Callable[[Event], None]], ...] = (
    (10, _set("reference", None)),
    (10, _set("amount", None)),
    (15, _set("destination", "ZZZ")),
    (8, _set("origin", "N/A")),
    (8, _set("destination", None)),
    (10, _negative),
    (10, _misread),
    (15, _set("version", 3)),
    (5, _set("type", "held")),
    (8, _set("at", "0000-00-00T00:00:00Z")),
    (8, _set("at", None)),
    (8, _set("event_id", None)),
    (8, _set("passengers", 0)),
    (5, _set("passengers", "two")),
    (8, _set("cabin", "X9")),
    (8, _set("currency", "US$")),
    (8, _set("channel", "fax")),
    (8, _set("departure", "2012-12-24")),
    (6, _set("departure", "2013-02-30")),
    (6, _set("member_id", "?")),
)
"""How a booking event can be spoilt, with weights."""
