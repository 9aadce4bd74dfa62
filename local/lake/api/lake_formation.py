"""Lake Formation's own operations: settings, registered locations, grants.

LF-Tags and data cells filters are refused: they would change what a principal may read, and nothing here applies them.
Facts from the Lake Formation developer and API guides: batches of at most 20 entries that fail one by one; a grantor
is a data lake administrator or holds what it grants with the grant option.
"""

from __future__ import annotations

import json
import re
import threading
from typing import Any

from moto.iam.models import iam_backends
from moto.lakeformation.models import lakeformation_backends
from moto.lakeformation.responses import LakeFormationResponse

from local.aws import identity
from local.aws.errors import AwsError
from local.aws.identity import Caller, current_caller
from local.lake import backends, catalog, permissions
from local.lake.errors import AccessDenied, AlreadyExists, EntityNotFound, InvalidInput, NotSupported
from local.lake.grants import ALL, APPLICABLE, EVERY_TABLE, Resource, book

BATCH_LIMIT = 20
REFUSED = {
    "CreateLFTag": "LF-Tags",
    "UpdateLFTag": "LF-Tags",
    "DeleteLFTag": "LF-Tags",
    "GetLFTag": "LF-Tags",
    "ListLFTags": "LF-Tags",
    "AddLFTagsToResource": "LF-Tags",
    "RemoveLFTagsFromResource": "LF-Tags",
    "GetResourceLFTags": "LF-Tags",
    "ListDataCellsFilter": "data cells filters",
}
_PRINCIPAL = re.compile(r"arn:aws:iam::\d{12}:(role|user)/[\w+=,.@/-]+|\d{12}|\d{12}:IAMPrincipals")
_changing = threading.Lock()


def _account_of(request: LakeFormationResponse) -> str:
    return request._get_param("CatalogId") or current_caller().account


def _backend(account: str) -> Any:
    return lakeformation_backends[account][backends.REGION]


def _principal(given: dict[str, str] | None) -> str:
    name = (given or {}).get("DataLakePrincipalIdentifier") or ""
    if name == "IAM_ALLOWED_PRINCIPALS":
        raise NotSupported("grants to IAM_ALLOWED_PRINCIPALS: here Lake Formation alone decides")
    if not _PRINCIPAL.fullmatch(name):
        raise InvalidInput(f"Invalid principal: {name or '(none)'}")
    return name


def _require_existing(principal: str, account: str) -> None:
    """A role or user of the catalog's own account must exist; of another account AWS cannot know."""
    if identity.account_of(principal) != account:
        return
    iam = iam_backends[account][backends.PARTITION]
    known = [role.arn for role in iam.roles.values()] + [user.arn for user in iam.users.values()]
    if principal not in known:
        raise InvalidInput(f"Invalid principal: {principal} does not exist")


def _one(given: dict[str, Any] | None) -> tuple[str, dict[str, Any]]:
    entries = [(kind, value) for kind, value in (given or {}).items() if value is not None]
    if len(entries) != 1:
        raise InvalidInput("Resource must have exactly one of its fields populated.")
    return entries[0]


def resources_of(given: dict[str, Any] | None, account: str, *, must_exist: bool = True) -> list[Resource]:
    """A resource of the API as the grant book's resources: named columns are one each.

    Raises InvalidInput for an impossible one, EntityNotFound for what is not in the catalog, NotSupported for
    LF-Tags and data cells filters.
    """
    kind, value = _one(given)
    account = value.get("CatalogId") or account
    if kind == "Catalog":
        return [Resource("catalog", account)]
    if kind == "DataLocation":
        location = (value.get("ResourceArn") or "").rstrip("/")
        if not location.startswith("arn:aws:s3:::"):
            raise InvalidInput(f"not the ARN of an S3 location: {location!r}")
        return [Resource("location", account, location=location)]
    if kind == "Database":
        name = value["Name"].lower()
        if must_exist:
            _require_database(account, name)
        return [Resource("database", account, name)]
    if kind == "Table":
        return [_table(value, account, must_exist=must_exist)]
    if kind == "TableWithColumns":
        return _columns(value, account, must_exist=must_exist)
    raise NotSupported(f"{kind} as a resource of Lake Formation permissions")


def _require_database(account: str, name: str) -> None:
    if name not in backends.glue(account).databases:
        raise EntityNotFound(f"Database {name} not found.")


def _table(value: dict[str, Any], account: str, *, must_exist: bool) -> Resource:
    database, name = value["DatabaseName"].lower(), (value.get("Name") or "").lower()
    every = value.get("TableWildcard") is not None
    if every and name not in ("", "all_tables"):
        raise InvalidInput("Table name and table wildcard cannot both be present.")
    if not every and not name:
        raise InvalidInput("Table name and table wildcard cannot both be empty.")
    if must_exist:
        _require_database(account, database)
        if not every:
            catalog.stored_table(account, database, name)
    return Resource("table", account, database, EVERY_TABLE if every else name)


def _columns(value: dict[str, Any], account: str, *, must_exist: bool) -> list[Resource]:
    database, table = value["DatabaseName"].lower(), value["Name"].lower()
    names = [name.lower() for name in value.get("ColumnNames") or ()]
    wildcard = value.get("ColumnWildcard")
    if bool(names) == (wildcard is not None):
        raise InvalidInput("Either ColumnNames or ColumnWildcard must be present, and not both.")
    excluded = tuple(sorted(name.lower() for name in (wildcard or {}).get("ExcludedColumnNames") or ()))
    if table == "all_tables" and not names and not excluded:
        return [Resource("columns", account, database, EVERY_TABLE)]
    if must_exist:
        _require_database(account, database)
        stored = catalog.stored_table(account, database, table)
        known = {column.name for column in catalog.describe(account, stored).all_columns}
        unknown = sorted({*names, *excluded} - known)
        if unknown:
            raise EntityNotFound(f"Columns not found in table {database}.{table}: {', '.join(unknown)}")
    if names:
        return [Resource("columns", account, database, table, column=name) for name in names]
    return [Resource("columns", account, database, table, excluded=excluded)]


def _checked(names: list[str] | None, resource: Resource, what: str) -> list[str]:
    unknown = sorted(set(names or ()) - set(APPLICABLE[resource.kind]))
    if unknown:
        raise InvalidInput(
            f"{what} {', '.join(unknown)} cannot be given on a resource of type {resource.kind.upper()}; "
            f"possible: {', '.join(APPLICABLE[resource.kind])}"
        )
    return list(names or ())


def _require_grantor(caller: Caller, resource: Resource, wanted: set[str]) -> None:
    if permissions.is_administrator(caller.principal_arn, resource.account):
        return
    who = permissions.principals(caller.principal_arn, resource.account)
    grants = book(resource.account)
    passed = grants.of(who, resource).grantable
    if resource.kind in ("table", "columns") and resource.table != EVERY_TABLE:
        for table in (resource.table, EVERY_TABLE):
            passed |= grants.of(who, Resource("table", resource.account, resource.database, table)).grantable
        for other, held in grants.column_grants(who, resource.database, resource.table):
            if _covers(other, resource):
                passed |= held.grantable
    missing = sorted(wanted - passed)
    if missing:
        raise AccessDenied(
            "Insufficient Lake Formation permission(s): the grantor must be a data lake administrator or hold with "
            f"grant option: {', '.join(missing)} on {resource.table or resource.database or resource.location or 'catalog'}"
        )


def _covers(granted: Resource, wanted: Resource) -> bool:
    """Whether SELECT on the columns of `granted` includes all columns of `wanted`."""
    if granted.column:
        return granted.column == wanted.column
    if wanted.column:
        return wanted.column not in granted.excluded
    return set(granted.excluded) <= set(wanted.excluded)


def grant(caller: Caller, account: str, entry: dict[str, Any]) -> None:
    """Apply one grant. Raises AccessDenied, EntityNotFound, InvalidInput, NotSupported."""
    principal = _principal(entry.get("Principal"))
    if entry.get("Condition"):
        raise NotSupported("conditions of grants")
    resources = resources_of(entry.get("Resource"), account)
    for resource in resources:
        given = _checked(entry.get("Permissions"), resource, "Permissions")
        passed = _checked(entry.get("PermissionsWithGrantOption"), resource, "PermissionsWithGrantOption")
        if not given:
            raise InvalidInput("Permissions must not be empty.")
        if not set(passed) <= set(given) and ALL not in given:
            raise InvalidInput("Grantable permissions must be a subset of the permissions granted.")
        _require_existing(principal, resource.account)
        _require_grantor(caller, resource, {*given, *passed})
    for resource in resources:
        book(resource.account).add(
            principal, resource, entry["Permissions"], entry.get("PermissionsWithGrantOption") or ()
        )


def revoke(caller: Caller, account: str, entry: dict[str, Any]) -> None:
    """Take one grant back. Raises InvalidInput when it was not held, AccessDenied, EntityNotFound, NotSupported."""
    principal = _principal(entry.get("Principal"))
    resources = resources_of(entry.get("Resource"), account, must_exist=False)
    for resource in resources:
        given = _checked(entry.get("Permissions"), resource, "Permissions")
        passed = _checked(entry.get("PermissionsWithGrantOption"), resource, "PermissionsWithGrantOption")
        _require_grantor(caller, resource, {*given, *passed})
    held = [
        book(resource.account).remove(
            principal, resource, entry.get("Permissions") or (), entry.get("PermissionsWithGrantOption") or ()
        )
        for resource in resources
    ]
    if not all(held):
        raise InvalidInput(
            "No permissions revoked. Grantee does not have: " + ", ".join(entry.get("Permissions") or ())
        )


class LakeFormationOperations(LakeFormationResponse):
    """Settings, registrations, grants and their batches."""

    def get_data_lake_settings(self) -> str:
        return json.dumps(
            {"DataLakeSettings": _backend(_account_of(self)).get_data_lake_settings(_account_of(self))}
        )

    def put_data_lake_settings(self) -> str:
        account, given = _account_of(self), self._get_param("DataLakeSettings") or {}
        for key in ("CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions"):
            if given.get(key):
                raise NotSupported(f"{key}: here Lake Formation alone decides, nothing is granted by default")
        for key in ("AllowExternalDataFiltering", "AllowFullTableExternalDataAccess"):
            if given.get(key):
                raise NotSupported(key)
        for administrator in given.get("DataLakeAdmins") or ():
            _principal(administrator)
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
        _require_existing(role, caller.account)
        backend = _backend(caller.account)
        with _changing:
            if location in backend.resources:
                raise AlreadyExists("Resource is already registered")
            backend.register_resource(location, role)
        return "{}"

    def grant_permissions(self) -> str:
        grant(current_caller(), _account_of(self), json.loads(self.body))
        return "{}"

    def revoke_permissions(self) -> str:
        revoke(current_caller(), _account_of(self), json.loads(self.body))
        return "{}"

    def batch_grant_permissions(self) -> str:
        return _batch(self, grant)

    def batch_revoke_permissions(self) -> str:
        return _batch(self, revoke)

    def list_permissions(self) -> str:
        caller, account = current_caller(), _account_of(self)
        principal, resource = self._get_param("Principal"), self._get_param("Resource")
        if principal is not None and resource is None and not self._get_param("ResourceType"):
            raise InvalidInput("Resource is mandatory if Principal is set in the input.")
        entries = list(book(account).entries())
        if resource is not None:
            wanted = resources_of(resource, account, must_exist=False)
            account = wanted[0].account
            entries = [entry for entry in book(account).entries() if _concerns(entry, wanted)]
        if principal is not None:
            name = principal.get("DataLakePrincipalIdentifier")
            entries = [
                entry for entry in entries if entry["Principal"]["DataLakePrincipalIdentifier"] == name
            ]
        kind = self._get_param("ResourceType")
        if kind:
            entries = [entry for entry in entries if _is_of_type(entry, kind)]
        if not permissions.is_administrator(caller.principal_arn, account):
            who = permissions.principals(caller.principal_arn, account)
            entries = [entry for entry in entries if _may_see(entry, account, who)]
        entries.sort(key=lambda entry: json.dumps(entry, sort_keys=True))
        return json.dumps({"PrincipalResourcePermissions": entries})


def _batch(request: LakeFormationResponse, apply: Any) -> str:
    entries = request._get_param("Entries") or []
    if len(entries) > BATCH_LIMIT:
        raise InvalidInput(f"The batch size is {len(entries)}; at most {BATCH_LIMIT} entries are allowed.")
    identifiers = [entry.get("Id") for entry in entries]
    if None in identifiers or len(set(identifiers)) != len(identifiers):
        raise InvalidInput("Every entry needs an Id of its own.")
    failures = []
    for entry in entries:
        try:
            apply(current_caller(), _account_of(request), entry)
        except AwsError as error:
            detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
            failures.append({"RequestEntry": entry, "Error": detail})
    return json.dumps({"Failures": failures})


def _concerns(entry: dict[str, Any], wanted: list[Resource]) -> bool:
    """Whether a listed grant is on the resource that was asked for; a table's grants include its columns'."""
    for resource in resources_of(entry["Resource"], "", must_exist=False):
        for asked in wanted:
            if asked.kind in ("table", "columns") and resource.kind in ("table", "columns"):
                if (resource.database, resource.table) == (asked.database, asked.table):
                    return asked.kind == "table" or resource.kind == "columns"
            elif (resource.kind, resource.database, resource.location) == (
                asked.kind,
                asked.database,
                asked.location,
            ):
                return True
    return False


def _is_of_type(entry: dict[str, Any], kind: str) -> bool:
    expected = {
        "CATALOG": ("Catalog",),
        "DATABASE": ("Database",),
        "TABLE": ("Table", "TableWithColumns"),
        "DATA_LOCATION": ("DataLocation",),
    }.get(kind)
    if expected is None:
        raise NotSupported(f"ResourceType {kind}")
    return next(iter(entry["Resource"])) in expected


def _may_see(entry: dict[str, Any], account: str, who: set[str]) -> bool:
    """Who is no administrator sees its own grants, and those on what it may grant on."""
    if entry["Principal"]["DataLakePrincipalIdentifier"] in who:
        return True
    grants = book(account)
    for resource in resources_of(entry["Resource"], account, must_exist=False):
        if grants.of(who, resource).grantable:
            return True
        if (
            resource.kind == "columns"
            and grants.of(who, Resource("table", account, resource.database, resource.table)).grantable
        ):
            return True
    return False


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
        "ExternalDataFilteringAllowList": [],
    }
