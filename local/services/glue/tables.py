"""Glue's table operations, under Lake Formation: what a principal was not granted it does not see."""

from __future__ import annotations

import re
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.glue.models import FakeTable
from moto.glue.responses import GlueResponse

from local.engines import catalog
from local.engines.catalog_changes import delete_table, require_table
from local.engines.errors import (
    AccessDenied,
    ConcurrentModification,
    EntityNotFound,
    InvalidInput,
    NotSupported,
)
from local.engines.iceberg.tables import catalog_lock
from local.engines.lake_permissions import locations, permissions
from local.gateway.identity import current_caller
from local.services.glue.databases import catalog_of, database_of


def place_of(request: GlueResponse) -> tuple[str, str]:
    """Account and database that a request about tables means: a link to a database leads to its target.

    Raises AccessDenied when the link is not the caller's to use, EntityNotFound.
    """
    account, name = catalog_of(request), (request.parameters.get("DatabaseName") or "").lower()
    role = current_caller().principal_arn
    found_account, found_name, links = catalog.find_database(account, name)
    for link in links:
        if not permissions.may_describe_link(link.account, link.database, None, role):
            raise AccessDenied(
                f"Insufficient Lake Formation permission(s): Required Describe on {link.database}"
            )
    return found_account, found_name


def granted(account: str, stored: FakeTable, role_arn: str) -> set[str] | None:
    """The columns that a principal sees of a table: None means all. Raises AccessDenied when it sees no table at all."""
    database, name = stored.database_name.lower(), stored.name.lower()
    everything = [column.lower() for column in _column_names(catalog.current_version(stored))]
    columns = permissions.visible_columns(account, database, name, everything, role_arn)
    if columns is None:
        raise AccessDenied(f"Insufficient Lake Formation permission(s) on {name}")
    return None if columns >= set(everything) else columns


def _column_names(version: dict[str, Any]) -> list[str]:
    storage = version.get("StorageDescriptor") or {}
    return [
        column["Name"] for column in [*(storage.get("Columns") or ()), *(version.get("PartitionKeys") or ())]
    ]


def restricted(described: dict[str, Any], columns: set[str] | None) -> dict[str, Any]:
    """A table or partition as the API shows it, with only these columns."""
    if columns is None:
        return described
    result = dict(described)
    if described.get("StorageDescriptor"):
        storage = dict(described["StorageDescriptor"])
        storage["Columns"] = [
            column for column in storage.get("Columns") or () if column["Name"].lower() in columns
        ]
        result["StorageDescriptor"] = storage
    if "PartitionKeys" in described:
        result["PartitionKeys"] = [
            key for key in described["PartitionKeys"] or () if key["Name"].lower() in columns
        ]
    return result


def _shown(
    account: str, stored: FakeTable, columns: set[str] | None, version: str | None = None
) -> dict[str, Any]:
    described = restricted(stored.as_dict(version), columns)
    described["CatalogId"] = account
    location = (described.get("StorageDescriptor") or {}).get("Location")
    described["IsRegisteredWithLakeFormation"] = bool(location and _is_registered(location, account))
    return described


def _is_registered(location: str, account: str) -> bool:
    try:
        return locations.registration(location, account) is not None
    except (InvalidInput, EntityNotFound):
        return False


def validated(given: dict[str, Any] | None) -> dict[str, Any]:
    """A TableInput with a lower-case name and columns. Raises InvalidInput, NotSupported."""
    if not given or not given.get("Name"):
        raise InvalidInput("TableInput.Name is required")
    if given.get("ViewDefinition") or given.get("TableType") == "VIRTUAL_VIEW":
        raise NotSupported("views in the Data Catalog")
    names = [name.lower() for name in _column_names(given)]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidInput(f"column names are repeated: {', '.join(repeated)}")
    return {**given, "Name": given["Name"].lower()}


class TableOperations(GlueResponse):
    """CreateTable, GetTable(s), UpdateTable, DeleteTable, BatchDeleteTable and table versions."""

    def create_table(self) -> ActionResult:
        if self.parameters.get("OpenTableFormatInput"):
            raise NotSupported(
                "OpenTableFormatInput: create Iceberg tables with Athena, Redshift or an Iceberg library"
            )
        if self.parameters.get("PartitionIndexes"):
            raise NotSupported("partition indexes")
        account, database = place_of(self)
        given = validated(self.parameters.get("TableInput"))
        location = (given.get("StorageDescriptor") or {}).get("Location")
        permissions.require_create_table(current_caller(), account, database, location or None)
        with catalog_lock:
            permissions.create_table(current_caller(), account, database, given)
        return EmptyResult()

    def get_table(self) -> ActionResult:
        account, database = place_of(self)
        stored = catalog.stored_table(account, database, self.parameters.get("Name") or "")
        columns = granted(account, stored, current_caller().principal_arn)
        return ActionResult({"Table": _shown(account, stored, columns)})

    def get_tables(self) -> ActionResult:
        account, database = place_of(self)
        role = current_caller().principal_arn
        permissions.require_on_database(account, database, role, "DESCRIBE")
        expression = self.parameters.get("Expression")
        shown = []
        for name, stored in sorted(database_of(account, database).tables.items()):
            if expression and not re.fullmatch(_as_regular_expression(expression), name, re.IGNORECASE):
                continue
            try:
                shown.append(_shown(account, stored, granted(account, stored, role)))
            except AccessDenied:
                continue  # GetTables lists what the caller may see
        return ActionResult({"TableList": shown})

    def update_table(self) -> ActionResult:
        account, database = place_of(self)
        given = validated(self.parameters.get("TableInput"))
        with catalog_lock:
            stored = require_table(account, database, given["Name"], "ALTER")
            expected = self.parameters.get("VersionId")
            if expected is not None and expected != str(stored._current_version):
                raise ConcurrentModification(
                    f"Table {given['Name']} has been modified since version {expected}."
                )
            location = (given.get("StorageDescriptor") or {}).get("Location")
            current = (catalog.current_version(stored).get("StorageDescriptor") or {}).get("Location")
            if location and location.rstrip("/") != (current or "").rstrip("/"):
                permissions.require_location(current_caller().principal_arn, account, location)
            stored.update(given)
        return EmptyResult()

    def delete_table(self) -> ActionResult:
        account, database = place_of(self)
        delete_table(account, database, self.parameters.get("Name") or "")
        return EmptyResult()

    def batch_delete_table(self) -> ActionResult:
        account, database = place_of(self)
        errors = []
        for name in self.parameters.get("TablesToDelete") or ():
            try:
                delete_table(account, database, name)
            except (EntityNotFound, AccessDenied) as error:
                detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
                errors.append({"TableName": name, "ErrorDetail": detail})
        return ActionResult({"Errors": errors} if errors else {})

    def get_table_version(self) -> ActionResult:
        account, database = place_of(self)
        stored = catalog.stored_table(account, database, self.parameters.get("TableName") or "")
        columns = granted(account, stored, current_caller().principal_arn)
        version = self.parameters.get("VersionId") or str(stored._current_version)
        return ActionResult({"TableVersion": _version(account, stored, version, columns)})

    def get_table_versions(self) -> ActionResult:
        account, database = place_of(self)
        stored = catalog.stored_table(account, database, self.parameters.get("TableName") or "")
        columns = granted(account, stored, current_caller().principal_arn)
        versions = sorted(stored.versions, key=int, reverse=True)
        return ActionResult(
            {"TableVersions": [_version(account, stored, version, columns) for version in versions]}
        )

    def delete_table_version(self) -> ActionResult:
        account, database = place_of(self)
        stored = require_table(account, database, self.parameters.get("TableName") or "", "ALTER")
        version = self.parameters.get("VersionId") or ""
        if version == str(stored._current_version):
            raise InvalidInput("Cannot delete the latest version of table.")
        stored.get_version(version)
        stored.delete_version(version)
        return EmptyResult()


def _version(account: str, stored: FakeTable, version: str, columns: set[str] | None) -> dict[str, Any]:
    return {"Table": _shown(account, stored, columns, version), "VersionId": version}


def _as_regular_expression(expression: str) -> str:
    """GetTables takes a regular expression in which a lone `*` is often used as a wildcard."""
    return re.sub(r"(?<![.\])])\*", ".*", expression)
