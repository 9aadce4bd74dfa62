"""The products of the shopping domain, worked out one search after another."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
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
    totals,
    whole,
)


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


def searches_by_day(
    landed: Mapping[date, list[Record]],
    airport_records: Mapping[date, list[Record]],
    days: list[date],
    result: dict[str, dict[date, ProductDay]],
) -> dict[date, list[Record]]:
    """Every published search by data day."""
    published: dict[date, list[Record]] = {}
    for day in days:
        counted = result["shopping.searches"][day] = ProductDay(landed=len(landed[day]))
        airports = airport_codes(airport_records[day])
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
                "searched_at": instant_of(record.get("searched_at")),
                "origin": record.get("origin"),
                "destination": record.get("destination"),
                "departure": day_of(record.get("departure_date")),
                "return": day_of(record.get("return_date")),
                "passengers": whole(record.get("passengers")),
                "cabin": record.get("cabin"),
                "channel": record.get("channel"),
                "results": whole(record.get("results")),
            }
            if _is_good_search(row, airports):
                good.append(row)
            else:
                counted.quarantined += 1
        counted.rows = len(good)
        counted.sums = {name: Decimal(sum(row[name] for row in good)) for name in ("passengers", "results")}
        published[day] = good
    return published


def route_demand(bookings: Iterable[Record], searches: Mapping[date, list[Record]], day: date) -> ProductDay:
    """Searches and bookings of a day by route, and which routes are wanted more than usual."""
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
        in_demand = line["searches"] >= 10 and line["searches"] * len(week) >= 2 * before[key]
        line["high_demand"] = int(bool(week) and in_demand)
    names = (
        "searches",
        "passengers_searched",
        "bookings",
        "passengers_booked",
        "cancellations",
        "high_demand",
    )
    return ProductDay(rows=len(lines), sums=totals(lines, *names))
