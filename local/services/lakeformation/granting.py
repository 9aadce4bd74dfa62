"""Grants and revocations, one entry at a time: which permissions, on what, by and to which principal.

Facts from the Lake Formation developer guide: a grantor is a data lake administrator or holds what it grants with the
grant option; LF-Tag expressions are granted by holders of GRANT_WITH_LF_TAG_EXPRESSION on all of their LF-Tags; of
LF-Tags other accounts get DESCRIBE and ASSOCIATE only.
"""

from __future__ import annotations

from typing import Any

from local.engines.errors import AccessDenied, InvalidInput, NotSupported, ResourceNumberLimitExceeded
from local.engines.lake_permissions import permissions
from local.engines.lake_permissions.cell_filters import GRANTS_A_PRINCIPAL
from local.engines.lake_permissions.grants import ALL, APPLICABLE, EVERY_TABLE, SELECT, Resource, book
from local.engines.lake_permissions.tags import tag_book
from local.gateway import identity
from local.gateway.identity import Caller
from local.services.lakeformation.changing import changing, places_of
from local.services.lakeformation.resources import (
    EVERY_VALUE,
    columns_of_table,
    principal_of,
    require_existing,
    resources_of,
)

_ACROSS_ACCOUNTS = {"ASSOCIATE", "DESCRIBE"}
_NOT_FOR_SOME_COLUMNS = {"ALTER", "DELETE", "DROP", "INSERT"}


def grant(caller: Caller, account: str, entry: dict[str, Any]) -> None:
    """Apply one grant.

    Raises AccessDenied, EntityNotFound, InvalidInput, NotSupported, ConcurrentModification,
    ResourceNumberLimitExceeded.
    """
    principal = principal_of(entry.get("Principal"))
    if entry.get("Condition"):
        raise NotSupported("conditions of grants")
    resources = resources_of(entry.get("Resource"), account)
    with changing(*places_of(resources)):
        for resource in resources:
            _check(caller, principal, resource, entry)
        for resource in resources:
            book(resource.account).add(
                principal, resource, entry["Permissions"], entry.get("PermissionsWithGrantOption") or ()
            )


def _check(caller: Caller, principal: str, resource: Resource, entry: dict[str, Any]) -> None:
    given = _applicable(entry.get("Permissions"), resource, "Permissions")
    passed = _applicable(entry.get("PermissionsWithGrantOption"), resource, "PermissionsWithGrantOption")
    if not given:
        raise InvalidInput("Permissions must not be empty.")
    if not set(passed) <= set(given) and ALL not in given:
        raise InvalidInput("Grantable permissions must be a subset of the permissions granted.")
    require_existing(principal, resource.account)
    _require_grantor(caller, resource, {*given, *passed})
    foreign = (identity.account_of(principal) or principal[:12]) != resource.account
    if resource.kind == "tag" and foreign and not set(given) <= _ACROSS_ACCOUNTS:
        raise InvalidInput("Only DESCRIBE and ASSOCIATE on an LF-Tag can be granted to another account.")
    if resource.kind == "columns" and resource.excluded and passed:
        raise InvalidInput("SELECT with the grant option takes a list of columns, not columns to leave out.")
    if resource.kind == "filter":
        _require_room(principal, resource)
    if resource.kind == "table" and resource.table != EVERY_TABLE and _NOT_FOR_SOME_COLUMNS & set(given):
        _require_not_partial(principal, resource, given)


def _require_room(principal: str, resource: Resource) -> None:
    granted = {
        other
        for other, _ in book(resource.account).at([principal], ["filter"], resource.database, resource.table)
    }
    if resource not in granted and len(granted) >= GRANTS_A_PRINCIPAL:
        raise ResourceNumberLimitExceeded(
            f"{principal} holds SELECT on {GRANTS_A_PRINCIPAL} data cells filters of {resource.table} already"
        )


def _require_not_partial(principal: str, resource: Resource, given: list[str]) -> None:
    """Whoever may SELECT only some of a table's columns cannot be given what changes the table."""
    selected = book(resource.account).at([principal], ["columns"], resource.database, resource.table)
    some = [each for each, _ in selected if each.column or each.excluded]
    if not some or len(some) < len(selected) or SELECT in given or ALL in given:
        return
    if {each.column for each in some} >= set(
        columns_of_table(resource.account, resource.database, resource.table)
    ):
        return
    raise InvalidInput(
        f"Principal {principal} has SELECT on a subset of the columns of {resource.table}; it cannot be granted "
        + ", ".join(sorted(_NOT_FOR_SOME_COLUMNS & set(given)))
    )


def revoke(caller: Caller, account: str, entry: dict[str, Any]) -> None:
    """Take one grant back.

    Raises InvalidInput when it was not granted, AccessDenied, EntityNotFound, NotSupported, ConcurrentModification.
    """
    principal = principal_of(entry.get("Principal"))
    resources = resources_of(entry.get("Resource"), account, must_exist=False)
    with changing(*places_of(resources)):
        for resource in resources:
            given = _applicable(entry.get("Permissions"), resource, "Permissions")
            passed = _applicable(
                entry.get("PermissionsWithGrantOption"), resource, "PermissionsWithGrantOption"
            )
            _require_grantor(caller, resource, {*given, *passed})
        removed = [
            book(resource.account).remove(
                principal,
                resource,
                entry.get("Permissions") or (),
                entry.get("PermissionsWithGrantOption") or (),
            )
            for resource in resources
        ]
    if not all(removed):
        raise InvalidInput(
            "No permissions revoked. Grantee does not have: " + ", ".join(entry.get("Permissions") or ())
        )


def _applicable(names: list[str] | None, resource: Resource, what: str) -> list[str]:
    unknown = sorted(set(names or ()) - set(APPLICABLE[resource.kind]))
    if unknown:
        raise InvalidInput(
            f"{what} {', '.join(unknown)} cannot be given on a resource of type {resource.kind.upper()}; "
            f"possible: {', '.join(APPLICABLE[resource.kind])}"
        )
    return list(names or ())


def _require_grantor(caller: Caller, resource: Resource, required: set[str]) -> None:
    if permissions.is_administrator(caller.principal_arn, resource.account):
        return
    missing = sorted(required - _passed_on(caller, resource))
    if missing:
        place = resource.table or resource.database or resource.location or resource.name or resource.kind
        raise AccessDenied(
            "Insufficient Lake Formation permission(s): the grantor must be a data lake administrator or hold with "
            f"grant option: {', '.join(missing)} on {place}"
        )


def _passed_on(caller: Caller, resource: Resource) -> set[str]:
    """What the caller may grant on a resource."""
    who = permissions.principals(caller.principal_arn, resource.account)
    grants = book(resource.account)
    passed = grants.of(who, resource).grantable
    if resource.kind == "tag":
        if tag_book(resource.account).find(resource.name).creator == caller.principal_arn:
            return set(APPLICABLE["tag"])
        every = Resource("tag", resource.account, name=resource.name, value=EVERY_VALUE)
        return passed | grants.of(who, every).grantable
    if resource.kind.startswith("policy"):
        if may_grant_with(caller, resource):
            return set(APPLICABLE[resource.kind])
        return passed
    if resource.kind in ("table", "columns", "filter") and resource.table != EVERY_TABLE:
        for table in (resource.table, EVERY_TABLE):
            passed |= grants.of(who, Resource("table", resource.account, resource.database, table)).grantable
        for other, has in grants.column_grants(who, resource.database, resource.table):
            # a filter is granted on by whoever may grant SELECT on the whole table
            if (
                not (other.column or other.excluded)
                if resource.kind == "filter"
                else _covers(other, resource)
            ):
                passed |= has.grantable
    return passed


def may_grant_with(caller: Caller, policy: Resource) -> bool:
    """Whether the caller was given GRANT_WITH_LF_TAG_EXPRESSION on every LF-Tag of an expression."""
    return all(
        permissions.may_use_tag(
            policy.account, key, value, caller.principal_arn, "GRANT_WITH_LF_TAG_EXPRESSION"
        )
        for key, values in policy.expression
        for value in values
    )


def _covers(granted: Resource, requested: Resource) -> bool:
    """Whether SELECT on the columns of `granted` includes all columns of `requested`."""
    if granted.column:
        return granted.column == requested.column
    if requested.column:
        return requested.column not in granted.excluded
    return set(granted.excluded) <= set(requested.excluded)
