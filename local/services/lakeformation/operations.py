"""Lake Formation's own operations: settings, registered locations, grants and their lists.

Facts from the Lake Formation developer and API guides: batches of at most 20 entries that fail one by one; lists hold
what was granted explicitly; saved LF-Tag expressions are refused.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.lakeformation.models import lakeformation_backends
from moto.lakeformation.responses import LakeFormationResponse

from local.engines import backends, catalog
from local.engines.errors import AlreadyExists, InvalidInput, NotSupported
from local.engines.lake_permissions import permissions
from local.engines.lake_permissions.grants import Resource, book
from local.gateway.errors import AwsError
from local.gateway.identity import Caller, current_caller
from local.services.lakeformation.granting import grant, revoke
from local.services.lakeformation.lf_tags import account_of
from local.services.lakeformation.paging import page
from local.services.lakeformation.resources import entries_of, principal_of, require_existing, resources_of

BATCH_LIMIT = 20
_TYPES = {
    "CATALOG": ("catalog",),
    "DATABASE": ("database",),
    "TABLE": ("table", "columns"),
    "DATA_LOCATION": ("location",),
    "LF_TAG": ("tag",),
    "LF_TAG_POLICY": ("policy DATABASE", "policy TABLE"),
    "LF_TAG_POLICY_DATABASE": ("policy DATABASE",),
    "LF_TAG_POLICY_TABLE": ("policy TABLE",),
}
_changing = threading.Lock()


def _backend(account: str) -> Any:
    return lakeformation_backends[account][backends.REGION]


class LakeFormationOperations(LakeFormationResponse):
    """Settings, registrations, grants and their batches."""

    def get_data_lake_settings(self) -> str:
        return json.dumps(
            {"DataLakeSettings": _backend(account_of(self)).get_data_lake_settings(account_of(self))}
        )

    def put_data_lake_settings(self) -> str:
        account, given = account_of(self), self._get_param("DataLakeSettings") or {}
        for key in ("CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions"):
            if given.get(key):
                raise NotSupported(f"{key}: here Lake Formation alone decides, nothing is granted by default")
        if given.get("AllowExternalDataFiltering"):
            raise NotSupported(
                "AllowExternalDataFiltering: no engine that filters by itself is registered here"
            )
        for administrator in given.get("DataLakeAdmins") or ():
            principal_of(administrator)
        _backend(account).put_data_lake_settings(account, {**no_defaults(), **given})
        return "{}"

    def register_resource(self) -> str:
        caller = current_caller()
        location = (self._get_param("ResourceArn") or "").rstrip("/")
        if not location.startswith("arn:aws:s3:::"):
            raise InvalidInput(f"not the ARN of an S3 location: {location!r}")
        for option in ("HybridAccessEnabled", "WithFederation", "WithPrivilegedAccess"):
            if self._get_param(option):
                raise NotSupported(f"{option} of a registered location")
        role = self._get_param("RoleArn")
        if not role:
            raise NotSupported("registering with a service-linked role: give RoleArn")
        require_existing(role, caller.account)
        backend = _backend(caller.account)
        with _changing:
            if location in backend.resources:
                raise AlreadyExists("Resource is already registered")
            backend.register_resource(location, role)
        return "{}"

    def grant_permissions(self) -> str:
        grant(current_caller(), account_of(self), json.loads(self.body))
        return "{}"

    def revoke_permissions(self) -> str:
        revoke(current_caller(), account_of(self), json.loads(self.body))
        return "{}"

    def batch_grant_permissions(self) -> str:
        return _batch(self, grant)

    def batch_revoke_permissions(self) -> str:
        return _batch(self, revoke)

    def get_effective_permissions_for_path(self) -> str:
        account = account_of(self)
        location = (self._get_param("ResourceArn") or "").rstrip("/")
        if not location.startswith("arn:aws:s3:::"):
            raise InvalidInput(f"not the ARN of an S3 location: {location!r}")
        places = _located(account, f"s3://{location.removeprefix('arn:aws:s3:::')}/")
        seen = _Listing(current_caller(), account, None, related=False)
        found = [
            (key, entry)
            for key, its, entry in seen.entries()
            if (its.database, its.table) in places and its.kind != "filter"
        ]
        entries, rest = page(found, self._get_param("MaxResults"), self._get_param("NextToken"))
        return json.dumps({"Permissions": entries, **rest})

    def list_permissions(self) -> str:
        account = account_of(self)
        principal, resource, kind = (
            self._get_param(name) for name in ("Principal", "Resource", "ResourceType")
        )
        related = str(self._get_param("IncludeRelated") or "FALSE").upper() == "TRUE"
        if principal is not None and resource is None and not kind:
            raise InvalidInput("Resource is mandatory if Principal is set in the input.")
        if related and principal is not None:
            raise InvalidInput("Principal must not be specified when related permissions are asked for.")
        if kind is not None and kind not in _TYPES:
            raise NotSupported(f"ResourceType {kind}")
        listed = None
        if resource is not None:
            if resource.get("TableWithColumns") is not None:
                raise InvalidInput(
                    "TableWithColumns is not supported here: list the permissions of its Table."
                )
            listed = resources_of(resource, account, must_exist=False)
            account = listed[0].account
        listing = _Listing(current_caller(), account, listed, related)
        found = [
            (key, entry)
            for key, its, entry in listing.entries()
            if (principal is None or entry["Principal"] == {"DataLakePrincipalIdentifier": _named(principal)})
            and (kind is None or its.kind in _TYPES[kind])
        ]
        entries, rest = page(found, self._get_param("MaxResults"), self._get_param("NextToken"))
        return json.dumps({"PrincipalResourcePermissions": entries, **rest})


def _located(account: str, location: str) -> set[tuple[str, str]]:
    """The databases and tables (database, table or "") whose data lie at a location."""
    found: set[tuple[str, str]] = set()
    for name, database in backends.glue(account).databases.items():
        if (database.input.get("LocationUri") or "").rstrip("/") + "/" == location:
            found.add((name, ""))
        for table, stored in database.tables.items():
            storage = catalog.current_version(stored).get("StorageDescriptor") or {}
            if (storage.get("Location") or "").rstrip("/") + "/" == location:
                found.add((name, table))
    return found


def _named(principal: dict[str, str]) -> str:
    return principal.get("DataLakePrincipalIdentifier") or ""


_Entry = tuple[str, Resource, dict[str, Any]]
_whole: dict[str, tuple[int, list[_Entry]]] = {}


class _Listing:
    """The grants that one request may see, sorted."""

    def __init__(self, caller: Caller, account: str, listed: list[Resource] | None, related: bool) -> None:
        self._account = account
        self._resources = listed
        self._related = related
        self._everything = permissions.is_administrator(caller.principal_arn, account)
        self._who = permissions.principals(caller.principal_arn, account)

    def entries(self) -> list[_Entry]:
        """Sort key, resource and what the API shows of every grant."""
        if self._resources is None:
            found = self._all()
        else:
            places = {(each.database, each.table) for each in self._resources}
            found = [entry for entry in _sorted(self._account, places) if self._concerns(entry[1])]
        return found if self._everything else [entry for entry in found if self._may_see(entry)]

    def _all(self) -> list[_Entry]:
        """All grants of the account: sorted once for as long as nothing changes."""
        version = book(self._account).version
        known = _whole.get(self._account)
        if known is None or known[0] != version:
            known = _whole[self._account] = (version, _sorted(self._account, None))
        return known[1]

    def _concerns(self, resource: Resource) -> bool:
        """Whether a grant is on what was asked for; a table's grants include its columns', and filters if related."""
        for listed_resource in self._resources or ():
            if listed_resource.kind == "table":
                if resource.kind in ("table", "columns") or (self._related and resource.kind == "filter"):
                    return True
            elif listed_resource.kind == "tag":
                if (resource.kind, resource.name) == (listed_resource.kind, listed_resource.name):
                    return True
            elif resource == listed_resource:
                return True
        return False

    def _may_see(self, entry: _Entry) -> bool:
        """Who is no administrator sees its own grants, and those on what it may grant on."""
        _, resource, shown = entry
        if shown["Principal"]["DataLakePrincipalIdentifier"] in self._who:
            return True
        grants = book(self._account)
        if grants.of(self._who, resource).grantable:
            return True
        if resource.kind not in ("table", "columns", "filter"):
            return False
        place = (resource.database, resource.table)
        return any(
            grants.of(self._who, Resource(kind, self._account, *place)).grantable
            for kind in ("table", "columns")
        )


def _sorted(account: str, places: Iterable[tuple[str, str]] | None) -> list[_Entry]:
    found = [
        (_key(resource, entry), resource, entry)
        for resource, entry in entries_of(book(account).grants(places))
    ]
    return sorted(found, key=lambda each: each[0])


def _key(resource: Resource, entry: dict[str, Any]) -> str:
    """A grant's place in lists: the same for as long as the grant is the same, and no other's."""
    parts = (
        entry["Principal"]["DataLakePrincipalIdentifier"], resource.kind, resource.database, resource.table,
        resource.column, ",".join(resource.excluded), resource.location, resource.name, resource.value,
        repr(resource.expression), ",".join(entry["PermissionsWithGrantOption"]),
    )  # fmt: skip
    return "\0".join(parts)


def _batch(request: LakeFormationResponse, apply: Callable[[Caller, str, dict[str, Any]], None]) -> str:
    entries = request._get_param("Entries") or []
    if len(entries) > BATCH_LIMIT:
        raise InvalidInput(f"The batch size is {len(entries)}; at most {BATCH_LIMIT} entries are allowed.")
    identifiers = [entry.get("Id") for entry in entries]
    if None in identifiers or len(set(identifiers)) != len(identifiers):
        raise InvalidInput("Every entry needs an Id of its own.")
    failures = []
    for entry in entries:
        try:
            apply(current_caller(), account_of(request), entry)
        except AwsError as error:
            detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
            failures.append({"RequestEntry": entry, "Error": detail})
    return json.dumps({"Failures": failures})


def no_defaults() -> dict[str, Any]:
    """Settings of an account in which nothing is granted to anybody by default."""
    return {
        "DataLakeAdmins": [],
        "ReadOnlyAdmins": [],
        "CreateDatabaseDefaultPermissions": [],
        "CreateTableDefaultPermissions": [],
        "Parameters": {"CROSS_ACCOUNT_VERSION": "4"},
        "TrustedResourceOwners": [],
        "AllowExternalDataFiltering": False,
        "AllowFullTableExternalDataAccess": False,
        "ExternalDataFilteringAllowList": [],
    }
