"""Lake Formation's grants: who may do what on which resource of a Data Catalog, and who may pass it on.

Facts from the Lake Formation developer guide ("Lake Formation permissions reference"): which permissions each kind of
resource takes; `ALL` (Super) comprises the others; SELECT is kept by column and listed as TableWithColumns.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

ALL = "ALL"
SELECT = "SELECT"
APPLICABLE = {
    "catalog": ("CREATE_DATABASE",),
    "database": (ALL, "ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"),
    "table": (ALL, "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", SELECT),
    "columns": (SELECT,),
    "location": ("DATA_LOCATION_ACCESS",),
}
EVERY_TABLE = "*"


@dataclass(frozen=True)
class Resource:
    """A resource of one account's catalog.

    `kind` is "catalog", "database", "table", "columns" or "location". `table` may be EVERY_TABLE. For "columns",
    either `column` is one column, or `excluded` are the columns left out of all.
    """

    kind: str
    account: str
    database: str = ""
    table: str = ""
    column: str = ""
    excluded: tuple[str, ...] = ()
    location: str = ""


@dataclass
class Held:
    """What a principal holds on a resource, and what of it may be granted on."""

    permissions: set[str] = field(default_factory=set)
    grantable: set[str] = field(default_factory=set)


class GrantBook:
    """All grants on the resources of one account. Thread safe."""

    def __init__(self, account: str) -> None:
        self.account = account
        self._held: dict[tuple[str, Resource], Held] = {}
        self._lock = threading.RLock()

    def add(
        self, principal: str, resource: Resource, permissions: Iterable[str], grantable: Iterable[str] = ()
    ) -> None:
        """Add permissions to what the principal holds; what may be granted on is also held."""
        wanted = _expand(resource, permissions) | _expand(resource, grantable)
        passed = _expand(resource, grantable)
        with self._lock:
            for target, names in _apart(resource, wanted):
                held = self._held.setdefault((principal, target), Held())
                held.permissions |= names
                held.grantable |= names & passed

    def remove(
        self, principal: str, resource: Resource, permissions: Iterable[str], grantable: Iterable[str] = ()
    ) -> bool:
        """Take permissions away, the right to grant them on with them. Returns whether all of them were held."""
        asked = set(permissions)
        gone = _shrink(resource, asked)
        no_longer_passed = _shrink(resource, grantable) | gone
        complete = True
        with self._lock:
            for target, names in _apart(resource, gone | no_longer_passed):
                touched = self._touched(principal, target)
                if names & asked:
                    complete = complete and bool(touched)
                for key in touched:
                    held = self._held[key]
                    held.permissions -= names & gone
                    held.grantable -= names & no_longer_passed
                    if not held.permissions:
                        del self._held[key]
        return complete

    def _touched(self, principal: str, target: Resource) -> list[tuple[str, Resource]]:
        keys = [(principal, target)] if (principal, target) in self._held else []
        if target.kind == "columns" and not target.column and not target.excluded:
            # taking SELECT from the table takes it from every column, however it was given
            keys = [
                (who, resource)
                for who, resource in self._held
                if who == principal
                and resource.kind == "columns"
                and (resource.database, resource.table) == (target.database, target.table)
            ]
        return keys

    def forget(self, database: str, table: str | None = None) -> None:
        """Drop every grant on a table, or on a database and all its tables, that was deleted."""
        with self._lock:
            for key in list(self._held):
                resource = key[1]
                if resource.database == database and (table is None or resource.table == table):
                    del self._held[key]

    def of(self, principals: Iterable[str], resource: Resource) -> Held:
        """What any of the principals holds on exactly this resource."""
        found = Held()
        with self._lock:
            for principal in principals:
                held = self._held.get((principal, resource))
                if held:
                    found.permissions |= held.permissions
                    found.grantable |= held.grantable
        return found

    def column_grants(
        self, principals: Iterable[str], database: str, table: str
    ) -> list[tuple[Resource, Held]]:
        """The SELECT grants of any of the principals on a table, those on every table of the database included."""
        wanted = set(principals)
        with self._lock:
            return [
                (resource, Held(set(held.permissions), set(held.grantable)))
                for (principal, resource), held in self._held.items()
                if principal in wanted
                and resource.kind == "columns"
                and resource.database == database
                and resource.table in (table, EVERY_TABLE)
            ]

    def locations(self, principals: Iterable[str]) -> list[str]:
        """The ARNs of the locations that any of the principals may create tables on."""
        wanted = set(principals)
        with self._lock:
            return [
                resource.location
                for who, resource in self._held
                if who in wanted and resource.kind == "location"
            ]

    def mentions(self, principals: Iterable[str], database: str) -> bool:
        """Whether any of the principals holds anything on the database or in it."""
        wanted = set(principals)
        with self._lock:
            return any(who in wanted and resource.database == database for who, resource in self._held)

    def entries(self) -> Iterator[dict[str, Any]]:
        """Every grant as ListPermissions shows it: named columns together, SELECT apart from the rest."""
        with self._lock:
            held = [
                (who, resource, Held(set(h.permissions), set(h.grantable)))
                for (who, resource), h in self._held.items()
            ]
        named: dict[tuple[str, str, str, bool], list[str]] = {}
        for who, resource, holding in held:
            if resource.kind == "columns" and resource.column:
                key = (who, resource.database, resource.table, bool(holding.grantable))
                named.setdefault(key, []).append(resource.column)
                continue
            yield _entry(who, external(resource), holding)
        for (who, database, table, passed), columns in named.items():
            described = {
                "TableWithColumns": {
                    "CatalogId": self.account,
                    "DatabaseName": database,
                    "Name": table,
                    "ColumnNames": sorted(columns),
                }
            }
            yield _entry(who, described, Held({SELECT}, {SELECT} if passed else set()))


def _entry(principal: str, resource: dict[str, Any], held: Held) -> dict[str, Any]:
    return {
        "Principal": {"DataLakePrincipalIdentifier": principal},
        "Resource": resource,
        "Permissions": sorted(held.permissions),
        "PermissionsWithGrantOption": sorted(held.grantable),
    }


def external(resource: Resource) -> dict[str, Any]:
    """A resource as Lake Formation's API spells it (named columns one by one)."""
    if resource.kind == "catalog":
        return {"Catalog": {"Id": resource.account}}
    if resource.kind == "location":
        return {"DataLocation": {"CatalogId": resource.account, "ResourceArn": resource.location}}
    if resource.kind == "database":
        return {"Database": {"CatalogId": resource.account, "Name": resource.database}}
    described: dict[str, Any] = {"CatalogId": resource.account, "DatabaseName": resource.database}
    if resource.kind == "columns":
        # what was granted on every table of a database is listed under this name
        described["Name"] = "ALL_TABLES" if resource.table == EVERY_TABLE else resource.table
        if resource.column:
            described["ColumnNames"] = [resource.column]
        else:
            described["ColumnWildcard"] = (
                {"ExcludedColumnNames": list(resource.excluded)} if resource.excluded else {}
            )
        return {"TableWithColumns": described}
    if resource.table == EVERY_TABLE:
        return {"Table": {**described, "Name": "ALL_TABLES", "TableWildcard": {}}}
    return {"Table": {**described, "Name": resource.table}}


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
