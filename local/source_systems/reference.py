"""Reference data: the list of airports, delivered in full with every day's events."""

from __future__ import annotations

from local.source_systems.source import Delivery, File, Source
from local.source_systems.world import airports


def airport_file() -> File:
    """One CSV file of every airport with an IATA code; commas in names become spaces.

    Glue's crawler gives CSV tables a reader that knows no quotes, so no field may hold a comma.
    """
    lines = ["iata_code,city,country,latitude,longitude"]
    for airport in airports():
        city = " ".join(airport.city.replace(",", " ").replace('"', "").split())
        lines.append(
            f"{airport.iata_code},{city},{airport.country},{airport.latitude:.4f},{airport.longitude:.4f}"
        )
    return "airports.csv", ("\n".join(lines) + "\n").encode()


def _delivered(_delivery: Delivery) -> list[File]:
    return [airport_file()]


SOURCES = (Source("bookings", "airports", _delivered), Source("shopping", "airports", _delivered))
