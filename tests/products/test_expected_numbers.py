"""The second opinion itself, on feeds small enough to count by hand."""

import json
from datetime import date
from decimal import Decimal

from local.source_systems import LandedFile
from tests.products.expected import ProductDay, expected
from tests.source_systems.feeds import days, delivered

FIRST, SECOND = date(2013, 1, 1), date(2013, 1, 2)
AIRPORTS = (
    b"iata_code,city,country,latitude,longitude\nJFK,New York,US,40.6,-73.8\nLAX,Los Angeles,US,33.9,-118.4\n"
)
MEMBER_COLUMNS = (
    "member_id,updated_at,first_name,last_name,email,birth_date,home_airport,enrolled_on,balance,qual_miles,"
    "cc1_miles,cc2_miles,cc3_miles,bonus_miles,bonus_trans,flight_miles_12mo,flight_trans_12,award"
)


def flat(event: str, booking: str, **changes: object) -> dict[str, object]:
    return {
        "event_id": event,
        "version": 1,
        "type": "booked",
        "booking_id": booking,
        "member": "FF20000001",
        "orig": "JFK",
        "dest": "LAX",
        "carrier": "B6",
        "flight_no": 23,
        "departure": "2013-02-01",
        "class": "Y",
        "pax": 2,
        "fare_usd": 300.5,
        "channel": "web",
        "ts": "2013-01-01T10:00:00Z",
    } | changes


def nested_cancellation(event: str, booking: str, at: str) -> dict[str, object]:
    return {
        "event_id": event,
        "version": 2,
        "event_type": "BookingCancelled",
        "booking_reference": booking,
        "occurred_at": at,
    }


def search(identifier: str | None, **changes: object) -> dict[str, object]:
    event = {
        "search_id": identifier,
        "searched_at": "2013-01-01T08:00:00Z",
        "member_id": "FF20000001",
        "origin": "JFK",
        "destination": "LAX",
        "departure_date": "2013-03-01",
        "passengers": 1,
        "cabin": "economy",
        "channel": "web",
        "results": 10,
    } | changes
    return {key: value for key, value in event.items() if value is not None}


def member(code: str, **changes: str) -> str:
    row = dict.fromkeys(MEMBER_COLUMNS.split(","), "1") | {
        "member_id": code,
        "updated_at": "2013-01-01 04:00:00",
        "first_name": "Ada",
        "last_name": "Stone",
        "email": "ada@example.com",
        "birth_date": "1980-02-29",
        "home_airport": "JFK",
        "enrolled_on": "2005-01-01",
        "balance": "100",
    }
    return ",".join((row | changes).values())


def feed(
    bookings: dict[date, list[dict[str, object]]],
    searches: dict[date, list[dict[str, object]]] | None = None,
    members: dict[date, list[str]] | None = None,
) -> list[LandedFile]:
    files = []
    for day in bookings:
        files += [LandedFile(d, "airports", day, "airports.csv", AIRPORTS) for d in ("bookings", "shopping")]
        lines = "\n".join(json.dumps(event) for event in bookings[day]).encode()
        files.append(LandedFile("bookings", "booking_events", day, "events.jsonl", lines))
        lines = "\n".join(json.dumps(event) for event in (searches or {}).get(day, [])).encode()
        files.append(LandedFile("shopping", "search_events", day, "events.jsonl", lines))
        lines = "\n".join([MEMBER_COLUMNS, *(members or {}).get(day, [])]).encode()
        files.append(LandedFile("loyalty", "member_files", day, "members.csv", lines))
    return files


def test_a_booking_and_its_cancellation_on_one_day_are_one_row() -> None:
    seen = expected(
        feed({FIRST: [flat("a", "AAAAAA"), nested_cancellation("b", "AAAAAA", "2013-01-01T11:00:00Z")]})
    )
    assert seen.days["bookings.reservations"][FIRST] == ProductDay(
        landed=2, merged=1, rows=1, sums={"amount": Decimal("300.5")}
    )
    assert seen.reservations["AAAAAA"]["status"] == "cancelled"
    revenue = seen.days["bookings.revenue"][FIRST]
    assert revenue.rows == 1
    assert (revenue.sums["bookings"], revenue.sums["cancellations"], revenue.sums["net_amount"]) == (1, 1, 0)


def test_a_cancellation_before_its_booking_waits_in_quarantine() -> None:
    seen = expected(
        feed(
            {
                FIRST: [nested_cancellation("b", "AAAAAA", "2013-01-01T11:00:00Z")],
                SECOND: [flat("a", "AAAAAA")],
            }
        )
    )
    first, second = (seen.days["bookings.reservations"][day] for day in (FIRST, SECOND))
    assert (first.rows, first.quarantined) == (0, 1)
    assert (second.rows, second.quarantined) == (1, 0)
    booking = seen.reservations["AAAAAA"]
    assert booking["first_data_day"] == booking["cancelled_data_day"] == SECOND
    assert seen.days["bookings.revenue"][FIRST].rows == 0


def test_repeats_count_once_on_any_day() -> None:
    event = flat("a", "AAAAAA")
    seen = expected(feed({FIRST: [event, event], SECOND: [event, flat("b", "BBBBBB")]}))
    assert [seen.days["bookings.reservations"][day].repeated for day in (FIRST, SECOND)] == [1, 1]
    assert seen.total_rows["bookings.reservations"] == 2


def test_bad_events_and_bookings_that_break_a_rule_are_quarantined() -> None:
    bad = [
        flat("a", "AAAAAA", version=3),
        flat("b", "BBBBBB", type="held"),
        flat("c", "CCCCCC", ts="0000-00-00T00:00:00Z"),
        {key: value for key, value in flat("d", "").items() if key != "booking_id"},
        flat("e", "EEEEEE", dest="ZZZ"),
        flat("f", "FFFFFF", fare_usd="l2.O0"),
        flat("g", "GGGGGG", departure="2013-02-30"),
        flat("h", "HHHHHH", departure="2012-12-24"),
        flat("i", "IIIIII", pax=0),
        flat("j", "JJJJJJ", member="?"),
        flat("k", "KKKKKK", dest="JFK"),
    ]
    day = expected(feed({FIRST: [*bad, flat("z", "ZZZZZZ")]})).days["bookings.reservations"][FIRST]
    assert (day.landed, day.quarantined, day.rows) == (12, 11, 1)


def test_searches_count_once_within_a_day_and_against_the_day_before() -> None:
    ok = "0123456789abcdef"
    seen = expected(
        feed(
            {FIRST: [], SECOND: []},
            {
                FIRST: [
                    search(ok),
                    search(ok),
                    search(None),
                    search(None),
                    search("fedcba9876543210", passengers="two"),
                ],
                SECOND: [
                    search(ok),
                    search("00000000000000ff", searched_at="2013-01-02T01:00:00Z", passengers="2"),
                ],
            },
        )
    )
    first, second = (seen.days["shopping.searches"][day] for day in (FIRST, SECOND))
    assert (first.landed, first.repeated, first.quarantined, first.rows) == (5, 1, 3, 1)
    assert (second.landed, second.repeated, second.quarantined, second.rows) == (2, 1, 0, 1)
    assert second.sums["passengers"] == 2


def test_demand_is_high_against_the_days_before() -> None:
    def searches(count: int, prefix: str) -> list[dict[str, object]]:
        return [search(f"{prefix}{number:015x}") for number in range(count)]

    seen = expected(feed({FIRST: [], SECOND: []}, {FIRST: searches(10, "a"), SECOND: searches(20, "b")}))
    first, second = (seen.days["shopping.route_demand"][day].sums["high_demand"] for day in (FIRST, SECOND))
    assert (first, second) == (0, 1)


def test_of_a_member_delivered_twice_the_newest_state_counts() -> None:
    seen = expected(
        feed(
            {FIRST: [flat("a", "AAAAAA")], SECOND: []},
            members={
                FIRST: [
                    member("FF20000001", updated_at="2013-01-01 03:00:00", balance="7"),
                    member("FF20000001"),
                    member("FF20000002", email="nobody"),
                    member("", balance="5"),
                ],
                SECOND: [member("FF20000002", updated_at="2013-01-02 04:00:00")],
            },
        )
    )
    first = seen.days["loyalty.members"][FIRST]
    assert (first.landed, first.repeated, first.quarantined, first.rows) == (4, 1, 2, 1)
    assert first.sums["balance"] == 100
    assert [seen.days["loyalty.segments"][day].rows for day in (FIRST, SECOND)] == [1, 2]
    assert seen.days["loyalty.segments"][FIRST].sums == {"bookings": 1, "searches": 0}


def test_what_landed_is_accounted_for() -> None:
    seen = expected(file for day in days(2) for file in delivered(day, 0.05))
    for address in ("bookings.reservations", "shopping.searches", "loyalty.members"):
        for day, counted in seen.days[address].items():
            accounted = counted.repeated + counted.merged + counted.quarantined + counted.rows
            assert counted.landed == accounted, f"{address} {day}"
            if address != "loyalty.members":
                assert counted.quarantined > 0, f"{address} {day}"
