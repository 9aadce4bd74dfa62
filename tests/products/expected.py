"""What the products must hold after some data days, worked out from the landed bytes in plain Python.

Nothing here shares code with the models or the contracts: the rules of every product are written a second
time, as a person would apply them to one record after another, so that a mistake in the SQL, in a contract's
rule or in an engine shows as a difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from local.source_systems import LandedFile
from tests.products.counted import ProductDay, Record, csv_records, json_records
from tests.products.expected_bookings import reservations, revenue
from tests.products.expected_loyalty import members_by_day, segments
from tests.products.expected_shopping import route_demand, searches_by_day

__all__ = ["Expected", "ProductDay", "expected"]


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
        read = csv_records if file.name.endswith(".csv") else json_records
        landed[f"{file.domain}.{file.source}"][file.day] += read(file.content)
    days = sorted({day for source in landed.values() for day in source})
    result: dict[str, dict[date, ProductDay]] = defaultdict(dict)
    bookings = reservations(landed["bookings.booking_events"], landed["bookings.airports"], days, result)
    searches = searches_by_day(landed["shopping.search_events"], landed["shopping.airports"], days, result)
    members = members_by_day(landed["loyalty.member_files"], days, result)
    for day in days:
        result["bookings.revenue"][day] = revenue(bookings.values(), day)
        result["shopping.route_demand"][day] = route_demand(bookings.values(), searches, day)
        result["loyalty.segments"][day] = segments(members, bookings.values(), searches, day)
    totals = {address: sum(d.rows for d in by_day.values()) for address, by_day in result.items()}
    totals["bookings.reservations"] = len(bookings)
    return Expected(dict(result), totals, bookings)
