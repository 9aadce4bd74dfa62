"""The loyalty partner: a list of every member on the first day, and what changed on the days after.

The first 3,999 members are the real ones of East-West Airlines, measure by measure. More members are made
from them by moving their measures a little. Names, addresses and birth dates are invented here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from local.source_systems.chance import Chance
from local.source_systems.source import Delivery, File, Source
from local.source_systems.world import FIRST_DAY, FrequentFlyers, day_number, flights, frequent_flyers

MEMBERS = 20_000

COLUMNS = (
    "member_id,updated_at,first_name,last_name,email,birth_date,home_airport,enrolled_on,balance,qual_miles,"
    "cc1_miles,cc2_miles,cc3_miles,bonus_miles,bonus_trans,flight_miles_12mo,flight_trans_12,award"
)

_FIRST_NAMES = (  # noqa: SIM905 - a list of words reads best as words
    "Ada Alma Amir Ana Anton Aria Arlo Asha Bea Ben Bo Carla Chen Clara Dana Dev Diego Dora Ed Eli Elif Emma "
    "Esra Eva Farah Finn Gita Greta Hana Hugo Ida Ines Ivan Jada Jan Jonas Juan Kai Kenji Lara Leo Lin Luca "
    "Maja Malik Marta Maya Mia Mina Nadia Nils Noor Olga Omar Oscar Paula Pia Rafa Ravi Rosa Sami Sara Sofia "
    "Sven Tara Theo Tomas Uma Vera Viktor Wei Yara Yusuf Zoe"
).split()
_LAST_NAMES = (  # noqa: SIM905
    "Abbott Adeyemi Ahmed Alvarez Andersen Bailey Baker Banerjee Becker Bianchi Brown Castro Chan Clark Costa "
    "Cruz Dahl Das Diaz Dubois Eriksen Evans Fischer Flores Foster Garcia Gomez Gray Green Gupta Haas Hall "
    "Hansen Hill Horvat Hughes Ito Jansen Jones Kaya Khan Kim King Kovacs Kumar Lee Lopez Martin Meyer Mori "
    "Murphy Nagy Nguyen Novak Okafor Olsen Park Patel Perez Petrov Reed Rossi Sato Schmidt Silva Singh Smith "
    "Stone Suzuki Tanaka Torres Turner Vega Wagner Walker Wang White Wolf Wright Yang Yilmaz Young Zhang"
).split()
_MAIL_HOSTS = ("example.com", "example.org", "example.net")

FAULTY = 0.004
REPEATED = 0.005
OUTDATED = 0.002
CHANGED_PER_DAY = 0.02
_DAYS_TO_CORRECT = 6


@dataclass(frozen=True)
class Directory:
    """Every member of the programme; one position is one member."""

    member_id: list[str]
    first_name: list[str]
    last_name: list[str]
    email: list[str]
    birth_date: list[str]
    home_airport: list[str]
    measures: FrequentFlyers
    miles_per_day: NDArray[np.int64]
    """How fast the member's balance grows."""
    activity: NDArray[np.int64]
    """Weight with which a member is the one who books or searches."""


@lru_cache(maxsize=2)
def directory(seed: int, count: int) -> Directory:
    """The programme's members; the same members come first whatever the count."""
    chance = Chance(seed, "members")
    measures = _extended(frequent_flyers(), chance, count)
    first = [_FIRST_NAMES[i] for i in chance.choose("first name", count, [1] * len(_FIRST_NAMES)).tolist()]
    last = [_LAST_NAMES[i] for i in chance.choose("last name", count, [1] * len(_LAST_NAMES)).tolist()]
    host = chance.choose("mail host", count, [6, 3, 1]).tolist()
    age_days = np.maximum(
        chance.between("age", count, 18 * 366, 85 * 365),
        measures.days_since_enroll + chance.between("age at enrolment", count, 16 * 366, 30 * 365),
    ).tolist()
    routes = flights()
    home = chance.choose("home", count, routes.flights_of_route).tolist()
    home_end = chance.choose("home end", count, [3, 1]).tolist()
    return Directory(
        member_id=[f"FF{20_000_000 + i:08d}" for i in range(count)],
        first_name=first,
        last_name=last,
        email=[
            f"{f}.{n}{i}@{_MAIL_HOSTS[h]}".lower()
            for i, (f, n, h) in enumerate(zip(first, last, host, strict=True))
        ],
        birth_date=[(FIRST_DAY - timedelta(days=days)).isoformat() for days in age_days],
        home_airport=[routes.routes[r][e] for r, e in zip(home, home_end, strict=True)],
        measures=measures,
        miles_per_day=np.where(
            measures.flight_trans_12 > 0, chance.between("miles per day", count, 5, 60), 0
        ),
        activity=1 + np.minimum(measures.flight_trans_12, 25) * 3,
    )


def _extended(real: FrequentFlyers, chance: Chance, count: int) -> FrequentFlyers:
    """The real members, then copies of them with measures moved by up to a quarter."""
    source = np.arange(count) % len(real.balance)
    is_copy = np.arange(count) >= len(real.balance)
    moved = {}
    for field in fields(FrequentFlyers):
        value = getattr(real, field.name)[source]
        if not field.name.startswith("cc") and field.name != "award":
            percent = chance.between(field.name, count, 75, 125)
            value = np.where(is_copy, value * percent // 100, value)
        moved[field.name] = value
    moved["days_since_enroll"] = np.maximum(moved["days_since_enroll"], 1)
    return FrequentFlyers(**moved)


def member_files(day: date, seed: int, count: int) -> list[File]:
    """What the partner delivers for a day: one CSV file, full on the first day, changes afterwards."""
    people = directory(seed, count)
    number = day_number(day)
    chance = Chance(seed, "member file", day)
    faulty_at_first = Chance(seed, "member file", FIRST_DAY).happens("faulty", count, FAULTY)
    if number == 0:
        delivered = np.ones(count, dtype=bool)
        faulty = faulty_at_first
    else:
        corrected_on = Chance(seed, "member corrections").between("day", count, 1, _DAYS_TO_CORRECT)
        correction = faulty_at_first & (corrected_on == number)
        delivered = chance.happens("changed", count, CHANGED_PER_DAY) | correction
        faulty = chance.happens("faulty", count, FAULTY) & delivered & ~correction
    repeated = chance.happens("repeated", count, REPEATED)
    outdated = chance.happens("outdated", count, OUTDATED)
    fault = chance.choose("fault", count, [1] * len(_FAULTS)).tolist()
    second = chance.between("second", count, 3600, 86_399).tolist()
    lines = [COLUMNS]
    for position in np.flatnonzero(delivered).tolist():
        updated_at = datetime.combine(day, datetime.min.time()) + timedelta(seconds=second[position])
        row = _row(people, position, number, updated_at)
        if outdated[position]:
            earlier = row | {
                "updated_at": (updated_at - timedelta(minutes=50)).isoformat(sep=" "),
                "balance": row["balance"] // 2,
            }
            lines.append(_line(earlier))
        if faulty[position]:
            row |= _FAULTS[fault[position]](row)
        lines.append(_line(row))
        if repeated[position]:
            lines.append(_line(row))
    name = "members-full.csv" if number == 0 else "members-changes.csv"
    return [(name, ("\n".join(lines) + "\n").encode())]


_FAULTS = (
    lambda row: {"birth_date": "00.00.1900"},
    lambda row: {"birth_date": row["birth_date"][:4] + "-02-30"},
    lambda row: {"email": row["email"].replace("@", " at ")},
    lambda row: {"email": ""},
    lambda row: {"last_name": ""},
    lambda row: {"member_id": ""},
    lambda row: {"member_id": row["member_id"][2:]},
    lambda row: {"balance": -1 - row["balance"]},
    lambda row: {"balance": "n/a"},
    lambda row: {"cc1_miles": 9},
    lambda row: {"updated_at": "yesterday"},
)


def _row(people: Directory, position: int, number: int, updated_at: datetime) -> dict[str, Any]:
    measures = people.measures
    earned = int(people.miles_per_day[position]) * number
    return {
        "member_id": people.member_id[position],
        "updated_at": updated_at.isoformat(sep=" "),
        "first_name": people.first_name[position],
        "last_name": people.last_name[position],
        "email": people.email[position],
        "birth_date": people.birth_date[position],
        "home_airport": people.home_airport[position],
        "enrolled_on": (FIRST_DAY - timedelta(days=int(measures.days_since_enroll[position]))).isoformat(),
        "balance": int(measures.balance[position]) + earned,
        "qual_miles": int(measures.qual_miles[position]),
        "cc1_miles": int(measures.cc1_miles[position]),
        "cc2_miles": int(measures.cc2_miles[position]),
        "cc3_miles": int(measures.cc3_miles[position]),
        "bonus_miles": int(measures.bonus_miles[position]),
        "bonus_trans": int(measures.bonus_trans[position]),
        "flight_miles_12mo": int(measures.flight_miles_12mo[position]) + earned // 2,
        "flight_trans_12": int(measures.flight_trans_12[position]),
        "award": int(measures.award[position]),
    }


def _line(row: dict[str, Any]) -> str:
    return ",".join(map(str, row.values()))


def _delivered(delivery: Delivery) -> list[File]:
    return member_files(delivery.day, delivery.seed, delivery.scaled(MEMBERS))


SOURCES = (Source("loyalty", "member_files", _delivered),)
