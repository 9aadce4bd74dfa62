"""Lake Formation's grants: who may do what on which resource of a Data Catalog, and who may pass it on.

Facts from the Lake Formation developer guide ("Lake Formation permissions reference"): which permissions each kind of
resource takes; `ALL` (Super) comprises the others; SELECT is kept by column and listed as TableWithColumns.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

ALL = "ALL"
SELECT = "SELECT"
APPLICABLE = {
    "catalog": ("CREATE_DATABASE", "CREATE_LF_TAG"),
    "database": (ALL, "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"),
    "table": (ALL, "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", SELECT),
    "columns": (SELECT,),
    "filter": (SELECT,),
    "location": ("DATA_LOCATION_ACCESS",),
    "tag": ("ALTER", "ASSOCIATE", "DESCRIBE", "DROP", "GRANT_WITH_LF_TAG_EXPRESSION"),
    "policy DATABASE": (ALL, "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"),
    "policy TABLE": (ALL, "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", SELECT),
}
EVERY_TABLE = "*"

Expression = tuple[tuple[str, tuple[str, ...]], ...]
"""An LF-Tag expression: (key, values) sorted; a resource matches when it has one of the values for every key."""


@dataclass(frozen=True)
class Resource:
    """A resource of one account's catalog.

    `kind` is a key of APPLICABLE. `table` may be EVERY_TABLE. For "columns", either `column` is one column, or
    `excluded` are the columns left out of all. `name` is a data cells filter's name or an LF-Tag's key, `value` one
    value of that LF-Tag ("*" for all), `expression` what a policy's resources must match.
    """

    kind: str
    account: str
    database: str = ""
    table: str = ""
    column: str = ""
    excluded: tuple[str, ...] = ()
    location: str = ""
    name: str = ""
    value: str = ""
    expression: Expression = ()


@dataclass
class Permissions:
    """What a principal holds on a resource, and what of it may be granted on."""

    permissions: set[str] = field(default_factory=set)
    grantable: set[str] = field(default_factory=set)

    def copy(self) -> Permissions:
        """The same, for somebody who must not see later changes."""
        return Permissions(set(self.permissions), set(self.grantable))


Grant = tuple[str, Resource, Permissions]
"""A principal, a resource, and what it holds there."""


class GrantBook:
    """All grants on the resources of one account, found by principal and table without a walk. Thread safe."""

    def __init__(self, account: str) -> None:
        self.account = account
        self._at: dict[tuple[str, str, str], dict[Resource, Permissions]] = {}
        self._principals: dict[tuple[str, str], set[str]] = {}
        self._databases: Counter[tuple[str, str]] = Counter()
        self._version = 0
        self._lock = threading.RLock()

    @property
    def version(self) -> int:
        """A number that grows with every change."""
        return self._version

    def add(
        self, principal: str, resource: Resource, permissions: Iterable[str], grantable: Iterable[str] = ()
    ) -> None:
        """Add permissions to what the principal holds; what may be granted on is also held."""
        chosen_kinds = _expand(resource, permissions) | _expand(resource, grantable)
        passed = _expand(resource, grantable)
        with self._lock:
            self._version += 1
            for target, names in _apart(resource, chosen_kinds):
                granted = self._granted(principal, target)
                granted.permissions |= names
                granted.grantable |= names & passed

    def _granted(self, principal: str, resource: Resource) -> Permissions:
        place = (resource.database, resource.table)
        bucket = self._at.setdefault((principal, *place), {})
        if resource not in bucket:
            bucket[resource] = Permissions()
            self._principals.setdefault(place, set()).add(principal)
            self._databases[principal, resource.database] += 1
        return bucket[resource]

    def _drop(self, principal: str, resource: Resource) -> None:
        place = (resource.database, resource.table)
        bucket = self._at[principal, *place]
        del bucket[resource]
        self._databases[principal, resource.database] -= 1
        if not bucket:
            del self._at[principal, *place]
            self._principals[place].discard(principal)

    def remove(
        self, principal: str, resource: Resource, permissions: Iterable[str], grantable: Iterable[str] = ()
    ) -> bool:
        """Take permissions away, the right to grant them on with them. Returns whether all of them were held."""
        revoked = set(permissions)
        removed = _shrink(resource, revoked)
        no_longer_passed = _shrink(resource, grantable) | removed
        complete = True
        with self._lock:
            self._version += 1
            for target, names in _apart(resource, removed | no_longer_passed):
                touched = self._touched(principal, target)
                if names & revoked:
                    complete = complete and bool(touched)
                for key in touched:
                    granted = self._granted(principal, key)
                    granted.permissions -= names & removed
                    granted.grantable -= names & no_longer_passed
                    if not granted.permissions:
                        self._drop(principal, key)
        return complete

    def _touched(self, principal: str, target: Resource) -> list[Resource]:
        bucket = self._at.get((principal, target.database, target.table), {})
        if target.kind == "columns" and not target.column and not target.excluded:
            # taking SELECT from the table takes it from every column, however it was given
            return [resource for resource in bucket if resource.kind == "columns"]
        return [target] if target in bucket else []

    def forget(self, database: str, table: str | None = None) -> None:
        """Drop every grant on a table, or on a database and all its tables, that was deleted."""
        self._forget(
            lambda resource: resource.database == database and (table is None or resource.table == table),
            [place for place in list(self._principals) if place[0] == database and table in (None, place[1])],
        )

    def forget_filter(self, database: str, table: str, name: str) -> None:
        """Drop every grant on a data cells filter that was deleted."""
        self._forget(
            lambda resource: resource.kind == "filter" and resource.name == name, [(database, table)]
        )

    def forget_tag(self, key: str, values: Iterable[str] | None = None) -> None:
        """Drop the grants on an LF-Tag (or on these values of it) and what policies said of it.

        A policy over a deleted key is invalid and goes; of deleted values a policy keeps the others.
        """
        removed = None if values is None else set(values)
        with self._lock:
            for who, resource, granted in self.grants([("", "")]):
                if (
                    resource.kind == "tag"
                    and resource.name == key
                    and (removed is None or resource.value in removed)
                ):
                    self._drop(who, resource)
                named = dict(resource.expression).get(key)
                if named is None or (removed is not None and not removed & set(named)):
                    continue
                self._drop(who, resource)
                left = () if removed is None else tuple(value for value in named if value not in removed)
                if left:
                    narrowed = tuple(
                        (each, left if each == key else its) for each, its in resource.expression
                    )
                    other = self._granted(who, Resource(resource.kind, resource.account, expression=narrowed))
                    other.permissions |= granted.permissions
                    other.grantable |= granted.grantable
            self._version += 1

    def _forget(self, removed: object, places: list[tuple[str, str]]) -> None:
        with self._lock:
            self._version += 1
            for who, resource, _ in self.grants(places):
                if removed(resource):  # type: ignore[operator]
                    self._drop(who, resource)

    def of(self, principals: Iterable[str], resource: Resource) -> Permissions:
        """What any of the principals holds on exactly this resource."""
        found = Permissions()
        with self._lock:
            for principal in principals:
                granted = self._at.get((principal, resource.database, resource.table), {}).get(resource)
                if granted:
                    found.permissions |= granted.permissions
                    found.grantable |= granted.grantable
        return found

    def at(
        self, principals: Iterable[str], kinds: Iterable[str], database: str = "", table: str = ""
    ) -> list[tuple[Resource, Permissions]]:
        """What any of the principals holds on resources of these kinds at a table, a database or (no names) the account."""
        chosen_kinds = set(kinds)
        with self._lock:
            return [
                (resource, granted.copy())
                for principal in principals
                for resource, granted in self._at.get((principal, database, table), {}).items()
                if resource.kind in chosen_kinds
            ]

    def policies(self, principals: Iterable[str], kind: str) -> list[tuple[Expression, frozenset[str]]]:
        """The LF-Tag expressions that any of the principals was granted something on, and what; `kind` as in APPLICABLE."""
        with self._lock:
            return [
                (resource.expression, frozenset(granted.permissions))
                for principal in principals
                for resource, granted in self._at.get((principal, "", ""), {}).items()
                if resource.kind == kind
            ]

    def column_grants(
        self, principals: Iterable[str], database: str, table: str
    ) -> list[tuple[Resource, Permissions]]:
        """The SELECT grants of any of the principals on a table, those on every table of the database included."""
        who = list(principals)
        return self.at(who, ["columns"], database, table) + self.at(who, ["columns"], database, EVERY_TABLE)

    def locations(self, principals: Iterable[str]) -> list[str]:
        """The ARNs of the locations that any of the principals may create tables on."""
        return [resource.location for resource, _ in self.at(principals, ["location"])]

    def mentions(self, principals: Iterable[str], database: str) -> bool:
        """Whether any of the principals holds anything on the database or in it."""
        with self._lock:
            return any(self._databases[principal, database] for principal in principals)

    def grants(self, places: Iterable[tuple[str, str]] | None = None) -> Iterator[Grant]:
        """Everything held on the resources at these places (database, table), or everywhere; as it stands now."""
        with self._lock:
            chosen = self._principals if places is None else places
            found = [
                (who, resource, granted.copy())
                for place in chosen
                for who in self._principals.get(place, ())
                for resource, granted in self._at[who, *place].items()
            ]
        yield from found


def _expand(resource: Resource, permissions: Iterable[str]) -> set[str]:
    """Super and all that it comprises."""
    names = set(permissions)
    return names | set(APPLICABLE[resource.kind]) if ALL in names else names


def _shrink(resource: Resource, permissions: Iterable[str]) -> set[str]:
    """What goes when these are revoked: who loses one permission no longer has Super."""
    names = _expand(resource, permissions)
    return names | {ALL} if names and ALL in APPLICABLE[resource.kind] else names


def _apart(resource: Resource, permissions: set[str]) -> list[tuple[Resource, set[str]]]:
    """SELECT on a table is kept on its columns, everything else on the table."""
    if resource.kind != "table":
        return [(resource, permissions)] if permissions else []
    parts = []
    if permissions - {SELECT}:
        parts.append((resource, permissions - {SELECT}))
    if SELECT in permissions:
        columns = Resource("columns", resource.account, resource.database, resource.table)
        parts.append((columns, {SELECT}))
    return parts


_books: dict[str, GrantBook] = {}
_books_lock = threading.Lock()


def book(account: str) -> GrantBook:
    """The grants on the resources of an account."""
    with _books_lock:
        return _books.setdefault(account, GrantBook(account))
