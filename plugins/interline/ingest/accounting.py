"""The account of a landed day: of every object, the rows that are stored and the rows that are read through the catalog."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interline.ingest.inspection import Counted, Unreadable
from interline.sql.quoting import identifier, literal


@dataclass(frozen=True)
class Difference:
    """One object of which not as many rows are read as are stored."""

    name: str
    stored: int
    read: int

    def __str__(self) -> str:
        """As a message says it."""
        if not self.stored:
            return f"{self.name}: {self.read} rows are read, and none was stored when it was looked at"
        return f"{self.name}: {self.stored} rows are stored, {self.read} are read"


def rows_query(database: str, tables: Sequence[str], day: str) -> str:
    """Return the Athena query for (table, object, rows) of a day, over tables that are partitioned by `dt`.

    `$path` is the object's address ("Get the file locations in Amazon S3", Amazon Athena User Guide).
    """
    return " union all ".join(
        f'select {literal(table)} as source, "$path" as object, count(*) as stored_rows'
        f' from {identifier(database)}.{identifier(table)} where dt = {literal(day)} group by "$path"'
        for table in tables
    )


def check_alike(counted: Mapping[str, Counted]) -> tuple[str, Counted]:
    """Return the first object of a day by name, which stands for all: one header and one delimiter.

    Raises:
        Unreadable: another one begins differently; the table has one header and one delimiter for all, and reads fields by
            their position.
    """
    names = sorted(counted)
    first = counted[names[0]]
    for name in names[1:]:
        one = counted[name]
        if one.delimiter != first.delimiter:
            raise OtherHeader(name, f"it is cut at {one.delimiter!r}, and {names[0]} at {first.delimiter!r}")
        if one.columns != first.columns:
            raise OtherHeader(name, f"it begins with {_shown(one)}, and {names[0]} with {_shown(first)}")
    return names[0], first


class OtherHeader(Unreadable):
    """An object (`name`) whose first line is not that of the others of its day."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(problem, "ask for the same header line and delimiter in every object", 1)
        self.name = name


def header_problem(table: Mapping[str, Any], columns: Sequence[str], delimiter: str) -> str:
    """Return why the first line of an object is not the header that a table passes over, or nothing.

    LazySimpleSerDe reads fields by position: a header has the table's columns in the table's order, those that came
    later perhaps missing. A crawler writes names in lower case.
    """
    storage = table["StorageDescriptor"]
    cut = storage.get("SerdeInfo", {}).get("Parameters", {}).get("field.delim", delimiter)
    if cut != delimiter:
        return f"it is cut at {delimiter!r}, and the table at {cut!r}"
    known = [column["Name"] for column in storage["Columns"]]
    for number, name in enumerate(columns):
        column = known[number] if number < len(known) else None
        if column is None or (name.strip() and _plain(name) != _plain(column)):
            return f"its first line has {name[:60]!r} where the table has the column {column!r}"
    return ""


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower())


def _shown(counted: Counted) -> str:
    line = counted.delimiter.join(counted.columns)
    return f"{line[:60]}…" if len(line) > 60 else line


def header_lines(table: Mapping[str, Any]) -> int:
    """Return how many lines of every object a table of the Data Catalog passes over."""
    return int(table.get("Parameters", {}).get("skip.header.line.count") or 0)


def rows_of(lines: int, headers: int) -> int:
    """Return the rows that an object of so many lines holds."""
    return max(0, lines - headers)


def differences(stored: Mapping[str, int], read: Mapping[str, int]) -> list[Difference]:
    """Return what does not agree, by name of the object: rows that are stored, and rows that are read."""
    return [
        Difference(name, stored.get(name, 0), read.get(name, 0))
        for name in sorted({*stored, *read})
        if stored.get(name, 0) != read.get(name, 0)
    ]
