"""Data cells filters: which columns and which rows of a table a grant lets a principal read.

Source: "Data filters in Lake Formation" and "Data filtering limitations" of the Lake Formation developer guide.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from local.engines.errors import AlreadyExists, ConcurrentModification, EntityNotFound

GRANTS_A_PRINCIPAL = 100
"""Filters of one table on which one principal may hold SELECT."""


@dataclass(frozen=True)
class CellFilter:
    """A data cells filter.

    `columns` None means all but `excluded`. `rows` is a row filter expression, None for every row. `version` changes
    with every update.
    """

    database: str
    table: str
    name: str
    columns: tuple[str, ...] | None
    excluded: tuple[str, ...] = ()
    rows: str | None = None
    version: str = field(default_factory=lambda: str(uuid.uuid4()))

    def chosen(self, columns: Iterable[str]) -> set[str]:
        """Which of a table's columns it lets through."""
        if self.columns is not None:
            return set(columns) & set(self.columns)
        return set(columns) - set(self.excluded)


class FilterBook:
    """The data cells filters on the tables of one account. Thread safe."""

    def __init__(self) -> None:
        self._filters: dict[tuple[str, str], dict[str, CellFilter]] = {}
        self._lock = threading.RLock()

    def create(self, made: CellFilter) -> None:
        """Add a filter. Raises AlreadyExists."""
        with self._lock:
            here = self._filters.setdefault((made.database, made.table), {})
            if made.name in here:
                raise AlreadyExists(
                    f"Data cells filter {made.name} already exists on {made.database}.{made.table}"
                )
            here[made.name] = made

    def find(self, database: str, table: str, name: str) -> CellFilter:
        """A filter. Raises EntityNotFound."""
        found = self._filters.get((database, table), {}).get(name)
        if found is None:
            raise EntityNotFound(f"Data cells filter {name} not found on {database}.{table}")
        return found

    def update(self, changed: CellFilter, version: str | None) -> None:
        """Put another definition in a filter's place.

        Raises EntityNotFound, ConcurrentModification when `version` is not the one that is there.
        """
        with self._lock:
            present = self.find(changed.database, changed.table, changed.name)
            if version is not None and version != present.version:
                raise ConcurrentModification(
                    f"data cells filter {changed.name} is no longer at version {version}"
                )
            self._filters[changed.database, changed.table][changed.name] = replace(
                changed, version=str(uuid.uuid4())
            )

    def delete(self, database: str, table: str, name: str) -> None:
        """Remove a filter. Raises EntityNotFound."""
        with self._lock:
            self.find(database, table, name)
            del self._filters[database, table][name]

    def on(self, database: str | None = None, table: str | None = None) -> list[CellFilter]:
        """The filters of a table, of a database's tables or of all, by place and name."""
        with self._lock:
            if database is not None and table is not None:
                found = list(self._filters.get((database, table), {}).values())
            else:
                found = [
                    each
                    for place, here in self._filters.items()
                    if database in (None, place[0])
                    for each in here.values()
                ]
        return sorted(found, key=lambda each: (each.database, each.table, each.name))

    def forget(self, database: str, table: str | None = None) -> None:
        """Drop the filters of a deleted table, or of all tables of a database."""
        with self._lock:
            for place in list(self._filters):
                if place[0] == database and table in (None, place[1]):
                    del self._filters[place]


_books: dict[str, FilterBook] = {}
_books_lock = threading.Lock()


def filter_book(account: str) -> FilterBook:
    """The data cells filters of an account."""
    with _books_lock:
        return _books.setdefault(account, FilterBook())
