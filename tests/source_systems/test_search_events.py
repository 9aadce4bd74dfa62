"""Search events: on real routes, with repeats, surges and values of the wrong type."""

from collections import Counter
from itertools import pairwise

from local.source_systems.world import flights
from tests.source_systems.feeds import days, delivered, records

DAYS = days(3)
KEYS = {
    "search_id", "session_id", "searched_at", "channel", "origin", "destination", "departure_date", "return_date",
    "cabin", "passengers", "results", "member_id",
}  # fmt: skip


def test_fifty_thousand_a_day_at_scale_one_and_some_repeats() -> None:
    for day in DAYS:
        searches = records(day, "search_events")
        repeats = len(searches) - len({search.get("search_id") for search in searches})
        assert 10_000 < len(searches) < 10_400
        assert 0.01 < repeats / len(searches) < 0.02


def test_some_searches_come_again_the_next_day() -> None:
    first, second = ({s.get("search_id") for s in records(day, "search_events")} for day in DAYS[:2])
    assert 5 <= len((first & second) - {None}) < 50


def test_records_have_known_keys_and_most_have_all_of_them() -> None:
    needed = KEYS - {"return_date", "member_id"}
    searches = records(DAYS[0], "search_events")
    assert all(set(search) <= KEYS for search in searches)
    incomplete = sum(not needed <= set(search) for search in searches)
    assert 0 < incomplete / len(searches) < 0.005


def test_files_are_in_order_of_arrival_and_cover_the_day() -> None:
    files = [file for file in delivered(DAYS[1], domain="shopping") if file.source == "search_events"]
    assert [file.name for file in files] == [f"search-events-{hour:02d}.jsonl" for hour in (0, 6, 12, 18)]
    assert [file.key for file in files] == sorted(file.key for file in files)


def test_most_searches_are_for_routes_that_are_flown() -> None:
    flown = set(flights().routes)
    searches = records(DAYS[0], "search_events")
    for_flown = sum((s.get("origin"), s.get("destination")) in flown for s in searches)
    assert 0.93 < for_flown / len(searches) < 0.96


def test_some_routes_are_suddenly_popular() -> None:
    counts = [
        Counter((s.get("origin"), s.get("destination")) for s in records(day, "search_events"))
        for day in DAYS
    ]
    surged = [
        {route for route in after if before[route] >= 10 and after[route] >= 3 * before[route]}
        for before, after in pairwise(counts)
    ]
    assert all(1 <= len(routes) <= 4 for routes in surged)


def test_values_of_the_wrong_type_and_form_occur() -> None:
    searches = [s for day in DAYS for s in records(day, "search_events")]
    types = Counter(type(s.get("passengers")).__name__ for s in searches)
    assert types["int"] > 0.99 * len(searches)
    assert types["str"] > 10
    assert types["NoneType"] > 3
    assert {"31/02/2013", "2013-02-29"} <= {s.get("departure_date") for s in searches}
    assert "now" in {s.get("searched_at") for s in searches}
    assert {"ZZZ", None} <= {s.get("destination") for s in searches}
    assert any(s["channel"] is None for s in searches)
