"""What is counted of one product, and how single values of a feed are read."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Record = dict[str, Any]


@dataclass
class ProductDay:
    """One product on one data day."""

    landed: int = 0
    """Records that the source delivered, or 0 for a product that has no source."""
    repeated: int = 0
    """Landed records that were delivered or superseded already."""
    merged: int = 0
    """Landed events that share a row with another event of the same day."""
    quarantined: int = 0
    """Rows of the batch that break a row-level rule."""
    rows: int = 0
    """Rows that are published for the day."""
    sums: dict[str, Decimal] = field(default_factory=dict)
    """Totals over the published rows, by column."""


def json_records(content: bytes) -> list[Record]:
    """The records of a JSON lines file; numbers with a point keep their digits."""
    return [json.loads(line, parse_float=Decimal) for line in content.decode().splitlines()]


def csv_records(content: bytes) -> list[Record]:
    """The records of a CSV file with a header."""
    return list(csv.DictReader(io.StringIO(content.decode())))


def whole(value: object) -> int | None:
    """A whole number of up to nine digits, or None."""
    text = str(value)
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None


def money(value: object) -> Decimal | None:
    """An amount of money, or None."""
    text = str(value)
    return Decimal(text) if re.fullmatch(r"-?\d{1,9}(\.\d{1,4})?", text) else None


def day_of(value: object) -> date | None:
    """A day written as YYYY-MM-DD, or None."""
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def instant_of(value: object) -> datetime | None:
    """A UTC time in ISO 8601, or None."""
    if not isinstance(value, str) or len(value) < 19:
        return None
    try:
        return datetime.fromisoformat(value.removesuffix("Z"))
    except ValueError:
        return None


def airport_codes(records: Iterable[Record]) -> set[str]:
    """The codes of an airport file."""
    return {record["iata_code"] for record in records}


CABINS = {"economy", "premium", "business"}
CHANNELS = {"web", "mobile", "agent", "partner"}
MEMBER_ID = re.compile(r"FF\d{8}")


def totals(lines: Mapping[Any, Counter[str]], *names: str) -> dict[str, Decimal]:
    """Sums over lines of counts, by name."""
    return {name: Decimal(sum(line[name] for line in lines.values())) for name in names}
