"""The products of the loyalty domain, worked out one member after another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from tests.products.counted import MEMBER_ID, ProductDay, Record, day_of, instant_of, whole

_MEASURES: dict[str, Callable[[int], bool]] = {
    **dict.fromkeys(("cc1_miles", "cc2_miles", "cc3_miles"), lambda band: 1 <= band <= 5),
    **dict.fromkeys(
        ("balance", "qual_miles", "bonus_miles", "bonus_trans", "flight_miles_12mo", "flight_trans_12"),
        lambda measure: measure >= 0,
    ),
    "award": lambda award: award in (0, 1),
}


def _is_good_member(row: Record) -> bool:
    birth, enrolled = day_of(row["birth_date"]), day_of(row["enrolled_on"])
    measures = {name: whole(row[name]) for name in _MEASURES}
    return (
        MEMBER_ID.fullmatch(row["member_id"]) is not None
        and instant_of(row["updated_at"]) is not None
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


def members_by_day(
    landed: Mapping[date, list[Record]], days: list[date], result: dict[str, dict[date, ProductDay]]
) -> dict[date, set[str]]:
    """The members that were published, by data day."""
    published: dict[date, set[str]] = {}
    for day in days:
        counted = result["loyalty.members"][day] = ProductDay(landed=len(landed[day]))
        newest: dict[str, Record] = {}
        states = [row for row in landed[day] if not row["member_id"]]
        for row in landed[day]:
            earlier = newest.get(row["member_id"])
            if row["member_id"] and (earlier is None or _newer(row, earlier)):
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


def _newer(row: Record, earlier: Record) -> bool:
    """Whether a state replaces one of the same file; a state without a readable time is never replaced."""
    return instant_of(earlier["updated_at"]) is not None and (
        instant_of(row["updated_at"]) is None or row["updated_at"] > earlier["updated_at"]
    )


def segments(
    members: Mapping[date, set[str]],
    bookings: Iterable[Record],
    searches: Mapping[date, list[Record]],
    day: date,
) -> ProductDay:
    """Every member known up to a day, with bookings and searches."""
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
