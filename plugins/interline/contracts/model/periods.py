"""Lengths of time as contracts spell them: ``1`` and ``d``, ``7`` and ``years``, or ISO 8601's ``PT4H``."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

_SPELLINGS = {
    "seconds": ("s", "sec", "secs", "second"),
    "minutes": ("min", "mins", "minute"),
    "hours": ("h", "hr", "hrs", "hour"),
    "days": ("d", "day"),
    "weeks": ("w", "wk", "week"),
    "months": ("mo", "mon", "month"),
    "years": ("y", "yr", "yrs", "year"),
}
UNITS: dict[str, str] = {
    spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in (unit, *spellings)
}
"""Every spelling of a unit of time that a contract may use, and the unit that it means."""
_SECONDS = {
    "seconds": 1,
    "minutes": 60,
    "hours": 3_600,
    "days": 86_400,
    "weeks": 7 * 86_400,
    "months": 30 * 86_400,
    "years": 365 * 86_400,
}
_ISO = re.compile(r"P(?:([0-9]+)([YMWD])|T([0-9]+)([HMS]))")
_ISO_DAYS = {"Y": "years", "M": "months", "W": "weeks", "D": "days"}
_ISO_TIME = {"H": "hours", "M": "minutes", "S": "seconds"}


@dataclass(frozen=True)
class Period:
    """So many of one unit; ``unit`` is one of seconds, minutes, hours, days, weeks, months, years."""

    amount: int | float
    unit: str

    @property
    def duration(self) -> timedelta:
        """How long it lasts; a month is taken as 30 days here and a year as 365."""
        return timedelta(seconds=self.amount * _SECONDS[self.unit])

    def before(self, day: date) -> date:
        """Return the day that lies this long before another, months and years by the calendar.

        Parts of a day, and of a month, are rounded up: what stays for a period is never deleted early.
        """
        if self.unit in ("months", "years"):
            months = -int(-self.amount * (12 if self.unit == "years" else 1) // 1)
            year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
            if year < 1:
                return date.min
            return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
        days = -int(-self.duration.total_seconds() // _SECONDS["days"])
        return day - timedelta(days=days) if days < day.toordinal() else date.min

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit.removesuffix('s') if self.amount == 1 else self.unit}"


def period_of(value: object, unit: str | None) -> Period:
    """Return the period that a contract's value and unit mean.

    Raises:
        ValueError: they are no period; the message says what to write.
    """
    if isinstance(value, str) and not unit:
        match = _ISO.fullmatch(value)
        if match is None:
            raise ValueError(
                f"{value!r} is no length of time; write a number and a unit, or ISO 8601: P1D, PT4H"
            )
        if match[1]:
            return Period(int(match[1]), _ISO_DAYS[match[2]])
        return Period(int(match[3]), _ISO_TIME[match[4]])
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1_000_000:
        raise ValueError(f"{value!r} is no amount of time, expected a number above 0")
    if (unit or "").lower() == "m":
        raise ValueError("the unit 'm' may mean minutes or months; write min or month")
    known = UNITS.get((unit or "").lower())
    if known is None:
        raise ValueError(f"{unit!r} is no unit of time, expected one of s, min, h, d, w, month, y")
    return Period(value, known)
