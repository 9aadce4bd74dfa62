"""What the products must hold after some data days, worked out from the landed bytes in plain Python.

Nothing here shares code with the models or the contracts: the rules of every product are written a second
time, as a person would apply them to one record after another, so that a mistake in the SQL, in a contract's
rule or in an engine shows as a difference.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from local.input import LandedFile

Record = dict[str, Any]


@dataclass
class ProductDay:
    """One product on one data day."""

    landed: int = 0
    """Records that the source delivered, or 0 for a product that has no source."""
    repeated: int = 0
    """Landed records that were delivered or superseded already."""
    merged: int = 0
    """Landed events that share a row with another event of the same day."""
    quarantined: int = 0
    """Rows of the batch that break a row-level rule."""
    rows: int = 0
    """Rows that are published for the day."""
    sums: dict[str, Decimal] = field(default_factory=dict)
    """Totals over the published rows, by column."""


@dataclass
class Expected:
    """What every product must hold."""

    days: dict[str, dict[date, ProductDay]]
    """By address and data day."""
    total_rows: dict[str, int]
    """Rows of each port after the last data day."""
    reservations: dict[str, Record]
    """The current state of every published booking, by booking_id."""

    def quarantined(self, address: str) -> int:
        """Rows in quarantine over all data days."""
        return sum(day.quarantined for day in self.days[address].values())


def expected(files: Iterable[LandedFile]) -> Expected:
    """Work out every product from the files that landed.

    :param files: everything that the source systems delivered, all data days, in any order.
    """
    landed: dict[str, dict[date, list[Record]]] = defaultdict(lambda: defaultdict(list))
    for file in files:
        read = _csv_records if file.name.endswith(".csv") else _json_records
        landed[f"{file.domain}.{file.source}"][file.day] += read(file.content)
    days = sorted({day for source in landed.values() for day in source})
    result: dict[str, dict[date, ProductDay]] = defaultdict(dict)
    bookings = _reservations(landed["bookings.booking_events"], landed["bookings.airports"], days, result)
    searches = _searches(landed["shopping.search_events"], landed["shopping.airports"], days, result)
    members = _members(landed["loyalty.member_files"], days, result)
    for day in days:
        result["bookings.revenue"][day] = _revenue(bookings.values(), day)
        result["shopping.route_demand"][day] = _route_demand(bookings.values(), searches, day)
        result["loyalty.segments"][day] = _segments(members, bookings.values(), searches, day)
    totals = {address: sum(d.rows for d in by_day.values()) for address, by_day in result.items()}
    totals["bookings.reservations"] = len(bookings)
    return Expected(dict(result), totals, bookings)


def _json_records(content: bytes) -> list[Record]:
    return [json.loads(line, parse_float=Decimal) for line in content.decode().splitlines()]


def _csv_records(content: bytes) -> list[Record]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def _whole(value: object) -> int | None:
    text = str(value)
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None


def _money(value: object) -> Decimal | None:
    text = str(value)
    return Decimal(text) if re.fullmatch(r"-?\d{1,9}(\.\d{1,4})?", text) else None


def _day(value: object) -> date | None:
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str) or len(value) < 19:
        return None
    try:
        return datetime.fromisoformat(value.removesuffix("Z"))
    except ValueError:
        return None


def _airports(records: Iterable[Record]) -> set[str]:
    return {record["iata_code"] for record in records}


CABINS = {"economy", "premium", "business"}
CHANNELS = {"web", "mobile", "agent", "partner"}
MEMBER_ID = re.compile(r"FF\d{8}")


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
        "at": _instant(record.get("ts") if flat else record.get("occurred_at")),
        "member_id": record.get("member") if flat else customer.get("member_id"),
        "origin": record.get("orig") if flat else itinerary.get("origin"),
        "destination": record.get("dest") if flat else itinerary.get("destination"),
        "carrier": record.get("carrier") if flat else itinerary.get("carrier"),
        "flight": _whole(record.get("flight_no") if flat else itinerary.get("flight_number")),
        "departure": _day(record.get("departure") if flat else itinerary.get("departure_date")),
        "cabin": {"Y": "economy", "W": "premium", "C": "business"}.get(
            record.get("class", ""), record.get("class")
        )
        if flat
        else fare.get("cabin"),
        "passengers": _whole(record.get("pax") if flat else record.get("passengers")),
        "amount": _money(record.get("fare_usd") if flat else fare.get("amount")),
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
    told = booking["booked"]
    return (
        told is not None
        and re.fullmatch(r"[A-Z0-9]{6}", booking["booking_id"]) is not None
        and (told["member_id"] is None or MEMBER_ID.fullmatch(told["member_id"]) is not None)
        and told["origin"] in airports
        and told["destination"] in airports
        and told["origin"] != told["destination"]
        and told["carrier"] is not None
        and told["flight"] is not None
        and 1 <= told["flight"] <= 9999
        and told["departure"] is not None
        and told["departure"] >= told["at"].date()
        and told["cabin"] in CABINS
        and told["passengers"] is not None
        and 1 <= told["passengers"] <= 9
        and told["amount"] is not None
        and 0 < told["amount"] <= 100_000
        and told["currency"] == "USD"
        and told["channel"] in CHANNELS
    )


def _reservations(
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
        airports = _airports(airport_records[day])
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
    told, cancelled = booking["booked"], booking["cancelled"]
    return {
        **{
            key: told[key]
            for key in ("member_id", "origin", "destination", "channel", "passengers", "amount")
        },
        "booking_id": booking["booking_id"],
        "status": "booked" if cancelled is None else "cancelled",
        "first_data_day": told["landed_on"],
        "cancelled_data_day": None if cancelled is None else max(cancelled["landed_on"], told["landed_on"]),
    }


def _revenue(bookings: Iterable[Record], day: date) -> ProductDay:
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
        sums=_totals(lines, "bookings", "passengers", "cancellations")
        | {"booked_amount": booked, "cancelled_amount": cancelled, "net_amount": booked - cancelled},
    )


def _totals(lines: Mapping[Any, Counter[str]], *names: str) -> dict[str, Decimal]:
    return {name: Decimal(sum(line[name] for line in lines.values())) for name in names}


def _is_good_search(row: Record, airports: set[str]) -> bool:
    return (
        re.fullmatch(r"[0-9a-f]{16}", str(row["search_id"])) is not None
        and (row["member_id"] is None or MEMBER_ID.fullmatch(row["member_id"]) is not None)
        and row["searched_at"] is not None
        and row["origin"] in airports
        and row["destination"] in airports
        and row["departure"] is not None
        and row["departure"] >= row["searched_at"].date()
        and (row["return"] is None or row["return"] >= row["departure"])
        and row["passengers"] is not None
        and 1 <= row["passengers"] <= 9
        and row["cabin"] in CABINS
        and row["channel"] in CHANNELS
        and row["results"] is not None
        and row["results"] >= 0
    )


def _searches(
    landed: Mapping[date, list[Record]],
    airport_records: Mapping[date, list[Record]],
    days: list[date],
    result: dict[str, dict[date, ProductDay]],
) -> dict[date, list[Record]]:
    """Every published search by data day."""
    published: dict[date, list[Record]] = {}
    for day in days:
        counted = result["shopping.searches"][day] = ProductDay(landed=len(landed[day]))
        airports = _airports(airport_records[day])
        seen = {record.get("search_id") for record in landed.get(day - timedelta(days=1), [])}
        good = []
        for record in landed[day]:
            search_id = record.get("search_id")
            if search_id is not None and search_id in seen:
                counted.repeated += 1
                continue
            seen.add(search_id)
            row = {
                "search_id": search_id,
                "member_id": record.get("member_id"),
                "searched_at": _instant(record.get("searched_at")),
                "origin": record.get("origin"),
                "destination": record.get("destination"),
                "departure": _day(record.get("departure_date")),
                "return": _day(record.get("return_date")),
                "passengers": _whole(record.get("passengers")),
                "cabin": record.get("cabin"),
                "channel": record.get("channel"),
                "results": _whole(record.get("results")),
            }
            if _is_good_search(row, airports):
                good.append(row)
            else:
                counted.quarantined += 1
        counted.rows = len(good)
        counted.sums = {name: Decimal(sum(row[name] for row in good)) for name in ("passengers", "results")}
        published[day] = good
    return published


def _route_demand(bookings: Iterable[Record], searches: Mapping[date, list[Record]], day: date) -> ProductDay:
    lines: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in searches[day]:
        line = lines[row["origin"], row["destination"]]
        line["searches"] += 1
        line["passengers_searched"] += row["passengers"]
    for row in bookings:
        key = (row["origin"], row["destination"])
        if row["first_data_day"] == day:
            lines[key]["bookings"] += 1
            lines[key]["passengers_booked"] += row["passengers"]
        if row["cancelled_data_day"] == day:
            lines[key]["cancellations"] += 1
    week = [d for d in searches if day - timedelta(days=7) <= d < day and searches[d]]
    before = Counter((row["origin"], row["destination"]) for d in week for row in searches[d])
    for key, line in lines.items():
        wanted = line["searches"] >= 10 and line["searches"] * len(week) >= 2 * before[key]
        line["high_demand"] = int(bool(week) and wanted)
    names = (
        "searches",
        "passengers_searched",
        "bookings",
        "passengers_booked",
        "cancellations",
        "high_demand",
    )
    return ProductDay(rows=len(lines), sums=_totals(lines, *names))


_MEASURES: dict[str, Callable[[int], bool]] = {
    **dict.fromkeys(("cc1_miles", "cc2_miles", "cc3_miles"), lambda band: 1 <= band <= 5),
    **dict.fromkeys(
        ("balance", "qual_miles", "bonus_miles", "bonus_trans", "flight_miles_12mo", "flight_trans_12"),
        lambda measure: measure >= 0,
    ),
    "award": lambda award: award in (0, 1),
}


def _is_good_member(row: Record) -> bool:
    birth, enrolled = _day(row["birth_date"]), _day(row["enrolled_on"])
    measures = {name: _whole(row[name]) for name in _MEASURES}
    return (
        MEMBER_ID.fullmatch(row["member_id"]) is not None
        and _instant(row["updated_at"]) is not None
        and bool(row["first_name"])
        and bool(row["last_name"])
        and re.fullmatch(r"[^@ ]+@[^@ ]+[.][a-z]+", row["email"]) is not None
        and birth is not None
        and birth >= date(1900, 1, 1)
        and enrolled is not None
        and birth < enrolled
        and re.fullmatch(r"[A-Z]{3}", row["home_airport"]) is not None
        and all(value is not None and _MEASURES[name](value) for name, value in measures.items())
    )


def _members(
    landed: Mapping[date, list[Record]], days: list[date], result: dict[str, dict[date, ProductDay]]
) -> dict[date, set[str]]:
    """The members that were published, by data day."""
    published: dict[date, set[str]] = {}
    for day in days:
        counted = result["loyalty.members"][day] = ProductDay(landed=len(landed[day]))
        newest: dict[str, Record] = {}
        states = [row for row in landed[day] if not row["member_id"]]
        for row in landed[day]:
            kept = newest.get(row["member_id"])
            if row["member_id"] and (kept is None or _newer(row, kept)):
                newest[row["member_id"]] = row
        states += newest.values()
        good = [row for row in states if _is_good_member(row)]
        counted.repeated = len(landed[day]) - len(states)
        counted.quarantined = len(states) - len(good)
        counted.rows = len(good)
        counted.sums = {
            name: Decimal(sum(int(row[name]) for row in good))
            for name in ("balance", "bonus_miles", "flight_trans_12")
        }
        published[day] = {row["member_id"] for row in good}
    return published


def _newer(row: Record, kept: Record) -> bool:
    """Whether a state replaces one of the same file; a state without a readable time is never replaced."""
    return _instant(kept["updated_at"]) is not None and (
        _instant(row["updated_at"]) is None or row["updated_at"] > kept["updated_at"]
    )


def _segments(
    members: Mapping[date, set[str]],
    bookings: Iterable[Record],
    searches: Mapping[date, list[Record]],
    day: date,
) -> ProductDay:
    known = set().union(*(members[d] for d in members if d <= day))
    first = day - timedelta(days=89)
    return ProductDay(
        rows=len(known),
        sums={
            "bookings": Decimal(
                sum(row["first_data_day"] <= day and row["member_id"] in known for row in bookings)
            ),
            "searches": Decimal(
                sum(row["member_id"] in known for d in searches if first <= d <= day for row in searches[d])
            ),
        },
    )
