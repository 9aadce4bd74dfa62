"""Lengths of time are read in every spelling, and reckoned so that nothing that is kept is gone early."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from interline.contracts.model.periods import Period, period_of


@pytest.mark.parametrize(
    ("value", "unit", "period"),
    [
        (1, "d", Period(1, "days")),
        (2, "Day", Period(2, "days")),
        (7, "y", Period(7, "years")),
        (7, "yr", Period(7, "years")),
        (18, "months", Period(18, "months")),
        (4, "hrs", Period(4, "hours")),
        (90, "min", Period(90, "minutes")),
        (0.5, "h", Period(0.5, "hours")),
        (3, "wk", Period(3, "weeks")),
        ("P7Y", None, Period(7, "years")),
        ("P2M", None, Period(2, "months")),
        ("PT30M", None, Period(30, "minutes")),
        ("P1W", "", Period(1, "weeks")),
    ],
)
def test_spellings(value: object, unit: str | None, period: Period) -> None:
    assert period_of(value, unit) == period


@pytest.mark.parametrize(
    ("value", "unit", "message"),
    [
        (1, "m", "minutes or months"),
        (1, None, "no unit of time"),
        (1, "fortnight", "no unit of time"),
        (0, "d", "above 0"),
        (-1, "d", "above 0"),
        (True, "d", "above 0"),
        ("soon", "d", "no amount of time"),
        ("P1D2H", None, "ISO 8601"),
        (10**9, "y", "no amount of time"),
    ],
)
def test_what_is_no_length_of_time(value: object, unit: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        period_of(value, unit)


@pytest.mark.parametrize(
    ("period", "day", "before"),
    [
        (Period(1, "days"), date(2013, 3, 1), date(2013, 2, 28)),
        (Period(1, "months"), date(2013, 3, 31), date(2013, 2, 28)),
        (Period(12, "months"), date(2012, 2, 29), date(2011, 2, 28)),
        (Period(7, "years"), date(2013, 1, 1), date(2006, 1, 1)),
        (Period(0.5, "years"), date(2013, 1, 15), date(2012, 7, 15)),
        (Period(25, "hours"), date(2013, 1, 3), date(2013, 1, 1)),
        (Period(2, "weeks"), date(2013, 1, 15), date(2013, 1, 1)),
        (Period(5000, "years"), date(2013, 1, 1), date.min),
        (Period(900_000, "days"), date(2013, 1, 1), date.min),
    ],
)
def test_the_day_that_lies_so_long_before(period: Period, day: date, before: date) -> None:
    assert period.before(day) == before


def test_durations() -> None:
    assert Period(1.5, "hours").duration == timedelta(minutes=90)
    assert str(Period(1, "days")) == "1 day"
    assert str(Period(7, "years")) == "7 years"
