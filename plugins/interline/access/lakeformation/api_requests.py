"""The requests that carry a plan out in one account, in their order.

Nothing is granted on LF-Tags or filters before they say what they shall. What a role gets comes before what it loses, so
that a consumer whose grant changes its kind reads all the while; only a SELECT on a whole table has to go first, because
revoking it takes the table's columns with it, however they were granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from interline.access.plan import (
    FilterChange,
    LinkChange,
    LinkReaderChange,
    Plan,
    RoleChange,
    TagChange,
    TagValueChange,
)
from interline.access.state import (
    CLASSIFICATION,
    EVERY_TABLE,
    SELECT,
    CellFilter,
    Link,
    Permissions,
    Scope,
    Table,
)
from interline.contracts.model.domain import administrator_arn

BATCH_SIZE = 20
"""Entries in one BatchGrantPermissions or BatchRevokePermissions request (Lake Formation API reference)."""
_VALUES_A_CALL = 50
"""Values in one CreateLFTag or UpdateLFTag request."""
_COLUMNS_A_CALL = 200
"""Columns tagged in one request; few tables have more."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Request:
    """One request that changes something, with a sentence about it."""

    service: Literal["lakeformation", "glue"]
    operation: str
    arguments: dict[str, Any]
    description: str
    already_done: tuple[str, ...] = ()
    """Error codes by which AWS says that it is so already, as after an earlier attempt whose answer was lost."""


@dataclass(frozen=True)
class BatchEntry:
    """One entry of a batch of grants or revocations."""

    principal: str
    resource: dict[str, Any]
    permissions: tuple[str, ...]
    description: str
    grantable: tuple[str, ...] = ()

    def parameters(self, identifier: str) -> dict[str, Any]:
        """Return the entry as the API takes it."""
        option = {"PermissionsWithGrantOption": list(self.grantable)} if self.grantable else {}
        return {
            "Id": identifier,
            "Principal": {"DataLakePrincipalIdentifier": self.principal},
            "Resource": self.resource,
            "Permissions": list(self.permissions),
            **option,
        }


@dataclass(frozen=True)
class BatchRequest:
    """Entries that are granted or revoked in one request, and fail one by one."""

    operation: Literal["batch_grant_permissions", "batch_revoke_permissions"]
    account: str
    entries: tuple[BatchEntry, ...]


def requests_for(plan: Plan, account: str) -> Iterator[Request | BatchRequest]:
    """Yield the requests for the part of a plan that concerns an account, in order."""
    changes = [*plan.of_account(account).changes]
    roles = [change for change in changes if isinstance(change, RoleChange)]
    for change in changes:
        if isinstance(change, TagValueChange):
            yield from _tag_values(change)
    yield from _tags([change for change in changes if isinstance(change, TagChange)])
    for change in roles:
        yield from _filters(change)
    yield from _batches("batch_revoke_permissions", account, _revoked_first(roles))
    yield from _batches("batch_grant_permissions", account, _granted(roles))
    yield from _batches("batch_revoke_permissions", account, _revoked(roles))
    yield from _deleted_filters(roles, [change for change in changes if isinstance(change, FilterChange)])
    links = [change for change in changes if isinstance(change, LinkChange)]
    yield from _batches("batch_grant_permissions", account, _link_droppers(links))
    for change in links:
        yield from _link(change)
    readers = [change for change in changes if isinstance(change, LinkReaderChange)]
    yield from _batches("batch_grant_permissions", account, [_reader(change) for change in readers])


def _batches(
    operation: Literal["batch_grant_permissions", "batch_revoke_permissions"],
    account: str,
    entries: Iterable[BatchEntry],
) -> Iterator[BatchRequest]:
    for some in slices(list(entries), BATCH_SIZE):
        yield BatchRequest(operation, account, tuple(some))


def _tag_values(change: TagValueChange) -> Iterator[Request]:
    for number, values in enumerate(slices(change.values, _VALUES_A_CALL)):
        description = f"LF-Tag {change.key} may be {', '.join(values)}"
        named = {"CatalogId": change.account, "TagKey": change.key}
        if change.makes_key and number == 0:
            yield Request("lakeformation", "create_lf_tag", {**named, "TagValues": values}, description)
        else:
            yield Request("lakeformation", "update_lf_tag", {**named, "TagValuesToAdd": values}, description)


def _tags(changes: list[TagChange]) -> Iterator[Request]:
    """One request a table, and one for all columns of a table that get, or lose, the same value."""
    grouped: dict[tuple[Table, str, str, bool], list[str]] = {}
    for change in changes:
        value, stays = change.after or change.before or "", change.after is not None
        grouped.setdefault((change.table, change.key, value, stays), []).append(change.column)
    for (table, key, value, stays), columns in grouped.items():
        place = _named(table)
        pair = {"CatalogId": table.account, "TagKey": key, "TagValues": [value]}
        operation = "add_lf_tags_to_resource" if stays else "remove_lf_tags_from_resource"
        for some in slices(columns, _COLUMNS_A_CALL):
            resource: dict[str, Any] = {"Table": place}
            if key == CLASSIFICATION:
                resource = {"TableWithColumns": {**place, "ColumnNames": some}}
            what = f"{table} {', '.join(some)}".rstrip()
            yield Request(
                "lakeformation",
                operation,
                {"CatalogId": table.account, "Resource": resource, "LFTags": [pair]},
                f"{what}: {'tagged' if stays else 'no longer tagged'} {key} = {value}",
            )


def _filters(change: RoleChange) -> Iterator[Request]:
    names = {scope.name for scope in change.after if scope.kind == "filter"}
    for name in sorted(names):
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
        description = f"data cells filter {name} on {table}: {after.rows or 'every row'}"
        if before is None:
            # AlreadyExists: by an attempt whose answer was lost, or by somebody else; the next look tells
            already = ("AlreadyExistsException",)
            yield Request(
                "lakeformation", "create_data_cells_filter", {"TableData": data}, description, already
            )
        else:
            yield Request("lakeformation", "update_data_cells_filter", {"TableData": data}, description)


def _columns_of(cells: CellFilter) -> dict[str, Any]:
    if cells.columns is not None:
        return {"ColumnNames": sorted(cells.columns)}
    return {"ColumnWildcard": {"ExcludedColumnNames": sorted(cells.excluded)} if cells.excluded else {}}


def _must_go_first(change: RoleChange, scope: Scope) -> bool:
    """Whether a grant has to be revoked before others are made.

    SELECT on the whole table comprises its columns; a right to grant on is taken with the permission it belongs to.
    """
    permissions, after = change.before[scope], change.after.get(scope)
    if after is not None:
        return bool(permissions.grantable - after.grantable)
    return (
        scope.kind == "table"
        and SELECT in permissions.names
        and any(other.kind == "columns" for other in change.after)
    )


def _revoked_first(roles: Iterable[RoleChange]) -> Iterator[BatchEntry]:
    for change in roles:
        for scope, permissions in change.before.items():
            if _must_go_first(change, scope):
                yield _entry(change, scope, permissions)


def _granted(roles: Iterable[RoleChange]) -> Iterator[BatchEntry]:
    for change in roles:
        afresh = any(
            _must_go_first(change, scope) and scope.kind in ("table", "columns") for scope in change.before
        )
        for scope, permissions in change.after.items():
            before = change.before.get(scope)
            if before is None or (afresh and scope.kind == "columns") or _must_go_first(change, scope):
                missing = permissions.names
            else:
                missing = permissions.names - before.names
            if missing:
                yield _entry(change, scope, Permissions(missing))


def _revoked(roles: Iterable[RoleChange]) -> Iterator[BatchEntry]:
    for change in roles:
        # columns before the whole table, which would take them with it
        for scope, permissions in sorted(change.before.items(), key=lambda each: each[0]):
            if _must_go_first(change, scope):
                continue
            after = change.after.get(scope)
            left = permissions.names if after is None else permissions.names - after.names
            if left:
                yield _entry(change, scope, Permissions(left, permissions.grantable & left))


def _entry(change: RoleChange, scope: Scope, permissions: Permissions) -> BatchEntry:
    place = _named(change.table)
    names, what = tuple(sorted(permissions.names)), ""
    grantable = tuple(sorted(permissions.grantable))
    resource: dict[str, Any]
    if scope.kind == "columns":
        resource = {"TableWithColumns": {**place, "ColumnNames": list(names)}}
        names, what = (SELECT,), f" ({', '.join(names)})"
        grantable = (SELECT,) if permissions.grantable else ()
    elif scope.kind == "all_except":
        excluded = {"ExcludedColumnNames": list(scope.excluded)}
        resource = {"TableWithColumns": {**place, "ColumnWildcard": excluded}}
    elif scope.kind == "filter":
        resource = {
            "DataCellsFilter": {
                "TableCatalogId": change.table.account,
                "DatabaseName": change.table.database,
                "TableName": change.table.name,
                "Name": scope.name,
            }
        }
        what = f" (filter {scope.name})"
    elif scope.kind == "tags":
        by: dict[str, Any] = {"ExpressionName": scope.name}
        if not scope.name:
            by = {
                "Expression": [{"TagKey": key, "TagValues": list(values)} for key, values in scope.expression]
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
    description = f"{', '.join(names)} on {change.table}{what} for {change.principal}"
    return BatchEntry(change.principal, resource, names, description, grantable)


def _deleted_filters(roles: Iterable[RoleChange], orphans: Iterable[FilterChange]) -> Iterator[Request]:
    deleted = {
        (change.table, name)
        for change in roles
        for name in change.filters_before
        if name not in change.filters_after
    } | {(change.table, change.name) for change in orphans}
    for table, name in sorted(deleted):
        yield Request(
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


def _link_droppers(links: Iterable[LinkChange]) -> Iterator[BatchEntry]:
    """Let the administrator drop the links that go, whoever made them; the permission goes with the link.

    A data lake administrator may not drop what others created, but may grant itself that (Lake Formation developer guide,
    "Implicit Lake Formation permissions"); DROP on a link leaves its target alone (the guide's "Permissions reference").
    """
    for change in links:
        if change.before is not None:
            administrator = administrator_arn(change.account)
            resource = {"Database": {"CatalogId": change.account, "Name": change.name}}
            yield BatchEntry(
                administrator, resource, ("DROP",), f"DROP on resource link {change.name} for {administrator}"
            )


def _link(change: LinkChange) -> Iterator[Request]:
    if change.before is not None:
        yield Request(
            "glue",
            "delete_database",
            {"CatalogId": change.account, "Name": change.name},
            f"no resource link {change.name}",
            ("EntityNotFoundException",),
        )
    if change.after is not None:
        target = {"CatalogId": change.after.account, "DatabaseName": change.after.database}
        yield Request(
            "glue",
            "create_database",
            {"DatabaseInput": {"Name": change.name, "TargetDatabase": target | _region(change.after)}},
            f"resource link {change.name} to {change.after.database} of account {change.after.account}",
            ("AlreadyExistsException",),
        )


def _region(link: Link) -> dict[str, str]:
    return {"Region": link.region} if link.region else {}


def _reader(change: LinkReaderChange) -> BatchEntry:
    resource = {"Database": {"CatalogId": change.account, "Name": change.name}}
    return BatchEntry(
        change.principal, resource, ("DESCRIBE",), f"DESCRIBE on {change.name} for {change.principal}"
    )


def _named(table: Table) -> dict[str, str]:
    return {"CatalogId": table.account, "DatabaseName": table.database, "Name": table.name}


def slices(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    """Yield items in lists of at most ``size``."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
