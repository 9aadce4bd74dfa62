"""Generated feeds, read back: what the tests of this folder look at."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from typing import Any

from local.source_systems import FIRST_DAY, SEED, LandedFile, generate

SCALE = 0.2


def days(count: int) -> list[date]:
    """The first data days."""
    return [FIRST_DAY + timedelta(days=number) for number in range(count)]


@cache
def delivered(
    day: date, scale: float = SCALE, seed: int = SEED, domain: str | None = None
) -> tuple[LandedFile, ...]:
    """Every file of a data day, or those that one domain receives."""
    return tuple(generate(day, seed, scale, None if domain is None else [domain]))


@cache
def records(day: date, source: str, scale: float = SCALE) -> list[dict[str, Any]]:
    """The records that one source delivers on a day, in order of arrival."""
    domain = {"booking_events": "bookings", "search_events": "shopping"}[source]
    files = delivered(day, scale, domain=domain)
    content = b"".join(file.content for file in files if file.source == source)
    return [json.loads(line) for line in content.decode().splitlines()]


@cache
def rows(day: date, domain: str, source: str, scale: float = SCALE) -> list[dict[str, str]]:
    """The rows of a CSV source on a day."""
    (file,) = (f for f in delivered(day, scale, domain=domain) if f.source == source)
    return list(csv.DictReader(io.StringIO(file.content.decode())))


def digest(files: Iterable[LandedFile]) -> str:
    """One hash over names and bytes of files, in their order."""
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.bucket}/{file.key}:{len(file.content)}\n".encode())
        total.update(file.content)
    return total.hexdigest()
