"""LF-Tags of one account: their keys and values, what they are assigned to, and what that means further down.

Facts from the Lake Formation developer guide ("Lake Formation tag-based access control", "Creating LF-Tags",
"Assigning LF-Tags to Data Catalog resources"): tables inherit from their database, columns from their table, an own
value wins; one value a key and resource; 50 LF-Tags on a resource; 1000 LF-Tags an account and 1000 values each; keys
and values are kept in lower case.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from local.engines.errors import EntityNotFound, InvalidInput, ResourceNumberLimitExceeded
from local.engines.lake_permissions.grants import Expression

TAGS_AN_ACCOUNT, VALUES_A_TAG, TAGS_A_RESOURCE = 1000, 1000, 50

Place = tuple[str, str, str]
"""Database, table ("" for the database itself) and column ("" for the table itself)."""


@dataclass
class Tag:
    """An LF-Tag: `creator` is the ARN of the principal that made it and may do everything with it."""

    key: str
    creator: str
    values: list[str] = field(default_factory=list)


class TagBook:
    """The LF-Tags of an account and their assignments. Thread safe."""

    def __init__(self) -> None:
        self._tags: dict[str, Tag] = {}
        self._assigned: dict[Place, dict[str, str]] = {}
        self._columns: dict[tuple[str, str], set[str]] = {}
        self._carriers: dict[tuple[str, str], set[Place]] = {}
        self._lock = threading.RLock()

    def create(self, key: str, values: Iterable[str], creator: str) -> None:
        """Add an LF-Tag. Raises InvalidInput when the key is taken, ResourceNumberLimitExceeded."""
        with self._lock:
            if key in self._tags:
                raise InvalidInput("Tag key already exists")
            if len(self._tags) >= TAGS_AN_ACCOUNT:
                raise ResourceNumberLimitExceeded(f"an account has at most {TAGS_AN_ACCOUNT} LF-Tags")
            self._tags[key] = Tag(key, creator, list(dict.fromkeys(values)))

    def find(self, key: str) -> Tag:
        """An LF-Tag by its key. Raises EntityNotFound."""
        found = self._tags.get(key)
        if found is None:
            raise EntityNotFound(f"Tag or tag value does not exist: {key}")
        return found

    def all(self) -> list[Tag]:
        """Every LF-Tag, by key."""
        with self._lock:
            return [self._tags[key] for key in sorted(self._tags)]

    def require(self, key: str, values: Iterable[str]) -> None:
        """Raise EntityNotFound unless the LF-Tag has all these values."""
        known = self.find(key).values
        for value in values:
            if value not in known:
                raise EntityNotFound(f"Tag or tag value does not exist: {key}={value}")

    def update(self, key: str, add: Iterable[str], delete: Iterable[str]) -> None:
        """Change the values of an LF-Tag. Raises EntityNotFound, InvalidInput for a value that is in use."""
        with self._lock:
            tag, removed = self.find(key), list(delete)
            self.require(key, removed)
            for value in removed:
                if self._carriers.get((key, value)):
                    raise InvalidInput(f"Update not allowed: {key}={value} is assigned to a resource")
            values = [value for value in tag.values if value not in removed]
            values += [value for value in dict.fromkeys(add) if value not in values]
            if len(values) > VALUES_A_TAG:
                raise ResourceNumberLimitExceeded(f"an LF-Tag has at most {VALUES_A_TAG} values")
            if not values:
                raise InvalidInput(f"Update not allowed: LF-Tag {key} would have no values")
            tag.values = values

    def delete(self, key: str) -> None:
        """Remove an LF-Tag, from the resources that it is assigned to as well. Raises EntityNotFound."""
        with self._lock:
            self.find(key)
            for place in [place for place, tags in self._assigned.items() if key in tags]:
                self.remove(place, key)
            del self._tags[key]

    def assign(self, place: Place, key: str, value: str) -> None:
        """Give a resource a value of an LF-Tag, in place of another one.

        Raises EntityNotFound, ResourceNumberLimitExceeded.
        """
        with self._lock:
            self.require(key, [value])
            tags = self._assigned.get(place, {})
            if key not in tags and len(tags) >= TAGS_A_RESOURCE:
                raise ResourceNumberLimitExceeded(f"a resource has at most {TAGS_A_RESOURCE} LF-Tags")
            self.remove(place, key)
            self._assigned.setdefault(place, {})[key] = value
            self._carriers.setdefault((key, value), set()).add(place)
            if place[2]:
                self._columns.setdefault(place[:2], set()).add(place[2])

    def remove(self, place: Place, key: str) -> str | None:
        """Take an LF-Tag from a resource; the value that it had, None when it was not assigned there."""
        with self._lock:
            value = self._assigned.get(place, {}).pop(key, None)
            if value is not None:
                self._carriers[key, value].discard(place)
                if not self._assigned[place]:
                    del self._assigned[place]
            return value

    def forget(self, database: str, table: str | None = None) -> None:
        """Drop what a deleted table, or database with all its tables, was assigned."""
        with self._lock:
            for place in [
                place for place in self._assigned if place[0] == database and table in (None, place[1])
            ]:
                for key in list(self._assigned[place]):
                    self.remove(place, key)

    def assigned(self, place: Place) -> dict[str, str]:
        """What is assigned to exactly this resource."""
        with self._lock:
            return dict(self._assigned.get(place, {}))

    def effective(self, place: Place) -> dict[str, str]:
        """What a resource has, inherited or its own."""
        database, table, column = place
        found = self.assigned((database, "", ""))
        if table:
            found |= self.assigned((database, table, ""))
        if column:
            found |= self.assigned((database, table, column))
        return found

    def of_columns(self, database: str, table: str, columns: Iterable[str]) -> dict[str, Mapping[str, str]]:
        """What each column of a table has, inherited or its own."""
        inherited = self.effective((database, table, ""))
        with self._lock:
            own = self._columns.get((database, table), set())
            return {
                column: inherited | self._assigned.get((database, table, column), {})
                if column in own
                else inherited
                for column in columns
            }

    def candidates(self, expression: Expression) -> set[tuple[str, str]]:
        """The tables (database, table) that may match, or hold a column that does; ("db", "") for a whole database.

        More than really match: each still has to be looked at.
        """
        with self._lock:
            found: set[tuple[str, str]] | None = None
            for key, values in expression:
                carriers = {place[:2] for value in values for place in self._carriers.get((key, value), ())}
                if found is None:
                    found = carriers
                    continue
                whole = {database for database, table in found if not table}
                others = {database for database, table in carriers if not table}
                found = {place for place in found if place in carriers or place[0] in others} | {
                    place for place in carriers if place[0] in whole
                }
            return found or set()


def matches(tags: Mapping[str, str], expression: Expression) -> bool:
    """Whether a resource with these LF-Tags is what an expression means: all keys, one of the values of each."""
    return all(tags.get(key) in values for key, values in expression)


_books: dict[str, TagBook] = {}
_books_lock = threading.Lock()


def tag_book(account: str) -> TagBook:
    """The LF-Tags of an account."""
    with _books_lock:
        return _books.setdefault(account, TagBook())
