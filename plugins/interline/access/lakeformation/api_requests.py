"""What must be called, and in which order, to make a plan so in one account.

Nothing is granted on LF-Tags or filters before they say what they shall. What a role gets comes before what it loses, so
that a consumer whose grant changes its kind reads all the while; only a SELECT on a whole table has to go first, because
revoking it takes the table's columns with it, however they were granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from interline.access.plan import (
    FilterChange,
    LinkChange,
    LinkReaderChange,
    Plan,
    RoleChange,
    TagChange,
    TagValueChange,
)
from interline.access.state import CLASSIFICATION, EVERY_TABLE, SELECT, CellFilter, Held, Link, Subject, Table
from interline.aws.retry import slices

BATCH_SIZE = 20
"""Entries in one BatchGrantPermissions or BatchRevokePermissions request (Lake Formation API reference)."""
_VALUES_A_CALL = 50
"""Values in one CreateLFTag or UpdateLFTag request."""
_COLUMNS_A_CALL = 200
"""Columns tagged in one request; few tables have more."""


@dataclass(frozen=True)
class Write:
    """One request that changes something, with the words that tell it."""

    service: Literal["lakeformation", "glue"]
    operation: str
    arguments: dict[str, Any]
    told: str
    done_if: tuple[str, ...] = ()
    """Codes of errors that say that it is so already: an earlier attempt whose answer was lost."""


@dataclass(frozen=True)
class Entry:
    """One entry of a batch of grants or revocations."""

    principal: str
    resource: dict[str, Any]
    permissions: tuple[str, ...]
    told: str
    grantable: tuple[str, ...] = ()

    def described(self, identifier: str) -> dict[str, Any]:
        """Return the entry as the API takes it."""
        passed = {"PermissionsWithGrantOption": list(self.grantable)} if self.grantable else {}
        return {
            "Id": identifier,
            "Principal": {"DataLakePrincipalIdentifier": self.principal},
            "Resource": self.resource,
            "Permissions": list(self.permissions),
            **passed,
        }


@dataclass(frozen=True)
class Batch:
    """Entries that are granted or revoked in one request, and fail one by one."""

    operation: Literal["batch_grant_permissions", "batch_revoke_permissions"]
    account: str
    entries: tuple[Entry, ...]


def writes(plan: Plan, account: str) -> Iterator[Write | Batch]:
    """Yield what to call for the part of a plan that is to be made in an account, in order."""
    changes = [*plan.of_account(account).changes]
    roles = [change for change in changes if isinstance(change, RoleChange)]
    for change in changes:
        if isinstance(change, TagValueChange):
            yield from _tag_values(change)
    yield from _tags([change for change in changes if isinstance(change, TagChange)])
    for change in roles:
        yield from _filters(change)
    yield from _batches("batch_revoke_permissions", account, _first_revoked(roles))
    yield from _batches("batch_grant_permissions", account, _granted(roles))
    yield from _batches("batch_revoke_permissions", account, _revoked(roles))
    yield from _filters_gone(roles, [change for change in changes if isinstance(change, FilterChange)])
    for change in changes:
        if isinstance(change, LinkChange):
            yield from _link(change)
    readers = [change for change in changes if isinstance(change, LinkReaderChange)]
    yield from _batches("batch_grant_permissions", account, [_reader(change) for change in readers])


def _batches(
    operation: Literal["batch_grant_permissions", "batch_revoke_permissions"],
    account: str,
    entries: Iterable[Entry],
) -> Iterator[Batch]:
    for some in slices(list(entries), BATCH_SIZE):
        yield Batch(operation, account, tuple(some))


def _tag_values(change: TagValueChange) -> Iterator[Write]:
    for number, values in enumerate(slices(change.values, _VALUES_A_CALL)):
        told = f"LF-Tag {change.key} may be {', '.join(values)}"
        named = {"CatalogId": change.account, "TagKey": change.key}
        if change.makes_key and number == 0:
            yield Write("lakeformation", "create_lf_tag", {**named, "TagValues": values}, told)
        else:
            yield Write("lakeformation", "update_lf_tag", {**named, "TagValuesToAdd": values}, told)


def _tags(changes: list[TagChange]) -> Iterator[Write]:
    """One request a table, and one for all columns of a table that get, or lose, the same value."""
    together: dict[tuple[Table, str, str, bool], list[str]] = {}
    for change in changes:
        value, stays = change.after or change.before or "", change.after is not None
        together.setdefault((change.table, change.key, value, stays), []).append(change.column)
    for (table, key, value, stays), columns in together.items():
        place = _named(table)
        pair = {"CatalogId": table.account, "TagKey": key, "TagValues": [value]}
        operation = "add_lf_tags_to_resource" if stays else "remove_lf_tags_from_resource"
        for some in slices(columns, _COLUMNS_A_CALL):
            resource: dict[str, Any] = {"Table": place}
            if key == CLASSIFICATION:
                resource = {"TableWithColumns": {**place, "ColumnNames": some}}
            what = f"{table} {', '.join(some)}".rstrip()
            yield Write(
                "lakeformation",
                operation,
                {"CatalogId": table.account, "Resource": resource, "LFTags": [pair]},
                f"{what}: {'tagged' if stays else 'no longer tagged'} {key} = {value}",
            )


def _filters(change: RoleChange) -> Iterator[Write]:
    wanted = {subject.name for subject in change.after if subject.kind == "filter"}
    for name in sorted(wanted):
        before, after = change.filters_before.get(name), change.filters_after[name]
        if before == after:
            continue
        table = change.table
        data: dict[str, Any] = {
            "TableCatalogId": table.account,
            "DatabaseName": table.database,
            "TableName": table.name,
            "Name": name,
            "RowFilter": {"AllRowsWildcard": {}} if after.rows is None else {"FilterExpression": after.rows},
            **_columns_of(after),
        }
        told = f"data cells filter {name} on {table}: {after.rows or 'every row'}"
        if before is None:
            # AlreadyExists: by an attempt whose answer was lost, or by somebody else; the next look tells
            already = ("AlreadyExistsException",)
            yield Write("lakeformation", "create_data_cells_filter", {"TableData": data}, told, already)
        else:
            yield Write("lakeformation", "update_data_cells_filter", {"TableData": data}, told)


def _columns_of(cells: CellFilter) -> dict[str, Any]:
    if cells.columns is not None:
        return {"ColumnNames": sorted(cells.columns)}
    return {"ColumnWildcard": {"ExcludedColumnNames": sorted(cells.excluded)} if cells.excluded else {}}


def _must_go_first(change: RoleChange, subject: Subject) -> bool:
    """Whether a grant has to be revoked before others are made.

    SELECT on the whole table comprises its columns; a right to grant on is taken with the permission it belongs to.
    """
    held, after = change.before[subject], change.after.get(subject)
    if after is not None:
        return bool(held.grantable - after.grantable)
    return (
        subject.kind == "table"
        and SELECT in held.what
        and any(other.kind == "columns" for other in change.after)
    )


def _first_revoked(roles: Iterable[RoleChange]) -> Iterator[Entry]:
    for change in roles:
        for subject, held in change.before.items():
            if _must_go_first(change, subject):
                yield _entry(change, subject, held)


def _granted(roles: Iterable[RoleChange]) -> Iterator[Entry]:
    for change in roles:
        afresh = any(
            _must_go_first(change, subject) and subject.kind in ("table", "columns")
            for subject in change.before
        )
        for subject, held in change.after.items():
            was = change.before.get(subject)
            gone = was is None or (afresh and subject.kind == "columns") or _must_go_first(change, subject)
            missing = held.what if gone or was is None else held.what - was.what
            if missing:
                yield _entry(change, subject, Held(missing))


def _revoked(roles: Iterable[RoleChange]) -> Iterator[Entry]:
    for change in roles:
        # columns before the whole table, which would take them with it
        for subject, held in sorted(change.before.items(), key=lambda each: each[0]):
            if _must_go_first(change, subject):
                continue
            after = change.after.get(subject)
            left = held.what if after is None else held.what - after.what
            if left:
                yield _entry(change, subject, Held(left, held.grantable & left))


def _entry(change: RoleChange, subject: Subject, held: Held) -> Entry:
    place = _named(change.table)
    permissions, what = tuple(sorted(held.what)), ""
    grantable = tuple(sorted(held.grantable))
    resource: dict[str, Any]
    if subject.kind == "columns":
        resource = {"TableWithColumns": {**place, "ColumnNames": sorted(held.what)}}
        permissions, what = (SELECT,), f" ({', '.join(sorted(held.what))})"
        grantable = (SELECT,) if held.grantable else ()
    elif subject.kind == "but":
        excluded = {"ExcludedColumnNames": list(subject.excluded)}
        resource = {"TableWithColumns": {**place, "ColumnWildcard": excluded}}
    elif subject.kind == "filter":
        resource = {
            "DataCellsFilter": {
                "TableCatalogId": change.table.account,
                "DatabaseName": change.table.database,
                "TableName": change.table.name,
                "Name": subject.name,
            }
        }
        what = f" (filter {subject.name})"
    elif subject.kind == "tags":
        by: dict[str, Any] = {"ExpressionName": subject.name}
        if not subject.name:
            by = {
                "Expression": [
                    {"TagKey": key, "TagValues": list(values)} for key, values in subject.expression
                ]
            }
        policy = {"CatalogId": change.table.account, "ResourceType": "TABLE", **by}
        resource = {"LFTagPolicy": policy}
        what = " (by LF-Tags)"
    elif change.table.name == EVERY_TABLE:
        resource = {
            "Table": {
                "CatalogId": change.table.account,
                "DatabaseName": change.table.database,
                "TableWildcard": {},
            }
        }
    else:
        resource = {"Table": place}
    told = f"{', '.join(permissions)} on {change.table}{what} for {change.principal}"
    return Entry(change.principal, resource, permissions, told, grantable)


def _filters_gone(roles: Iterable[RoleChange], orphans: Iterable[FilterChange]) -> Iterator[Write]:
    gone = {
        (change.table, name)
        for change in roles
        for name in change.filters_before
        if name not in change.filters_after
    } | {(change.table, change.name) for change in orphans}
    for table, name in sorted(gone):
        yield Write(
            "lakeformation",
            "delete_data_cells_filter",
            {
                "TableCatalogId": table.account,
                "DatabaseName": table.database,
                "TableName": table.name,
                "Name": name,
            },
            f"no data cells filter {name} on {table}",
            ("EntityNotFoundException",),
        )


def _link(change: LinkChange) -> Iterator[Write]:
    if change.before is not None:
        yield Write(
            "glue",
            "delete_database",
            {"CatalogId": change.account, "Name": change.name},
            f"no resource link {change.name}",
            ("EntityNotFoundException",),
        )
    if change.after is not None:
        target = {"CatalogId": change.after.account, "DatabaseName": change.after.database}
        yield Write(
            "glue",
            "create_database",
            {"DatabaseInput": {"Name": change.name, "TargetDatabase": target | _region(change.after)}},
            f"resource link {change.name} to {change.after.database} of account {change.after.account}",
            ("AlreadyExistsException",),
        )


def _region(link: Link) -> dict[str, str]:
    return {"Region": link.region} if link.region else {}


def _reader(change: LinkReaderChange) -> Entry:
    resource = {"Database": {"CatalogId": change.account, "Name": change.name}}
    return Entry(
        change.principal, resource, ("DESCRIBE",), f"DESCRIBE on {change.name} for {change.principal}"
    )


def _named(table: Table) -> dict[str, str]:
    return {"CatalogId": table.account, "DatabaseName": table.database, "Name": table.name}
