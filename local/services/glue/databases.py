"""Glue's database operations, under Lake Formation."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.glue.models import FakeDatabase
from moto.glue.responses import GlueResponse

from local.engines import backends
from local.engines.errors import AlreadyExists, EntityNotFound, InvalidInput, NotSupported
from local.engines.lake_permissions import permissions
from local.engines.lake_permissions.grants import Resource
from local.gateway.identity import current_caller


def catalog_of(request: GlueResponse) -> str:
    """The account whose catalog a request means: `CatalogId`, or the caller's own. Raises EntityNotFound, InvalidInput."""
    given = request.parameters.get("CatalogId") or current_caller().account
    if not (given.isdigit() and len(given) == 12):
        raise InvalidInput(
            f"CatalogId {given!r} is no account: only the default catalog of an account is served"
        )
    return given


def database_of(account: str, name: str) -> FakeDatabase:
    """A database of this very account, links not followed. Raises EntityNotFound."""
    found = backends.glue(account).databases.get((name or "").lower())
    if found is None:
        raise EntityNotFound(f"Database {name} not found.")
    return found


def _shown(database: FakeDatabase) -> dict[str, Any]:
    described = {key: value for key, value in database.as_dict().items() if value is not None}
    for key in ("TargetDatabase", "Parameters"):
        if database.input.get(key):
            described[key] = database.input[key]
    return described


def _validated(given: dict[str, Any] | None) -> dict[str, Any]:
    if not given or not given.get("Name"):
        raise InvalidInput("DatabaseInput.Name is required")
    if given.get("FederatedDatabase"):
        raise NotSupported("federated databases")
    if given.get("CreateTableDefaultPermissions"):
        raise NotSupported("CreateTableDefaultPermissions of a database: Lake Formation alone decides here")
    target = given.get("TargetDatabase")
    if target and not (target.get("CatalogId") and target.get("DatabaseName")):
        raise InvalidInput("TargetDatabase needs CatalogId and DatabaseName")
    return {**given, "Name": given["Name"].lower()}


class DatabaseOperations(GlueResponse):
    """CreateDatabase, GetDatabase(s), UpdateDatabase, DeleteDatabase."""

    def create_database(self) -> ActionResult:
        caller, account = current_caller(), catalog_of(self)
        given = _validated(self.parameters.get("DatabaseInput"))
        permissions.require_create_database(caller, account)
        if given["Name"] in backends.glue(account).databases:
            raise AlreadyExists("Database already exists.")
        if given.get("LocationUri"):
            permissions.require_location(caller.principal_arn, account, given["LocationUri"])
        backends.glue(account).create_database(given["Name"], given, self.parameters.get("Tags"))
        permissions.grant_all(caller.principal_arn, Resource("database", account, given["Name"]))
        return EmptyResult()

    def get_database(self) -> ActionResult:
        account = catalog_of(self)
        role = current_caller().principal_arn
        name = self.parameters.get("Name") or ""
        permissions.require_on_database(account, name.lower(), role, "DESCRIBE")
        return ActionResult({"Database": _shown(database_of(account, name))})

    def get_databases(self) -> ActionResult:
        if self.parameters.get("ResourceShareType") not in (None, "ALL"):
            raise NotSupported(f"ResourceShareType {self.parameters['ResourceShareType']}")
        account, role = catalog_of(self), current_caller().principal_arn
        return ActionResult(
            {
                "DatabaseList": [
                    _shown(database)
                    for name, database in list(backends.glue(account).databases.items())
                    if permissions.may_on_database(account, name, role, "DESCRIBE")
                ]
            }
        )

    def update_database(self) -> ActionResult:
        account = catalog_of(self)
        caller = current_caller()
        database = database_of(account, self.parameters.get("Name") or "")
        permissions.require_on_database(account, database.name, caller.principal_arn, "ALTER")
        given = _validated(self.parameters.get("DatabaseInput"))
        if given["Name"] != database.name:
            raise InvalidInput("a database cannot be renamed")
        if given.get("LocationUri") and given["LocationUri"] != database.input.get("LocationUri"):
            permissions.require_location(caller.principal_arn, account, given["LocationUri"])
        backends.glue(account).update_database(database.name, given)
        return EmptyResult()

    def delete_database(self) -> EmptyResult:
        account = catalog_of(self)
        name = (self.parameters.get("Name") or "").lower()
        permissions.require_on_database(account, name, current_caller().principal_arn, "DROP")
        database_of(account, name)
        backends.glue(account).delete_database(name)
        permissions.forget(account, name)
        return EmptyResult()
