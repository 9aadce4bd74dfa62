"""Athena's own operations on the Data Catalog, for clients that list databases and tables through it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.athena.responses import AthenaResponse

from local.engines import backends, catalog
from local.engines.errors import AccessDenied, EntityNotFound, QueryError
from local.engines.lake_permissions import permissions
from local.gateway.errors import AwsError
from local.gateway.identity import current_caller
from local.services.athena.errors import InvalidRequest


class MetadataOperations(AthenaResponse):
    """The Data Catalog as Athena's own operations show it, to clients that list tables; workgroups that exist."""

    def get_work_group(self) -> str:
        name = self._get_param("WorkGroup") or ""
        found = self.athena_backend.get_work_group(name)
        if not found:
            raise InvalidRequest(f"WorkGroup {name} is not found.")
        return json.dumps({"WorkGroup": found})

    def get_data_catalog(self) -> str:
        _check_catalog(self._get_param("Name"))
        account = current_caller().account
        return json.dumps(
            {"DataCatalog": {"Name": "AwsDataCatalog", "Type": "GLUE", "Parameters": {"catalog-id": account}}}
        )

    def list_data_catalogs(self) -> str:
        return json.dumps({"DataCatalogsSummary": [{"CatalogName": "AwsDataCatalog", "Type": "GLUE"}]})

    def get_database(self) -> str:
        _check_catalog(self._get_param("CatalogName"))
        account, name = current_caller().account, (self._get_param("DatabaseName") or "").lower()
        _metadata(
            lambda: permissions.require_on_database(account, name, current_caller().principal_arn, "DESCRIBE")
        )
        return json.dumps({"Database": _database(account, name)})

    def list_databases(self) -> str:
        _check_catalog(self._get_param("CatalogName"))
        account, role = current_caller().account, current_caller().principal_arn
        names = [
            name
            for name in sorted(backends.glue(account).databases)
            if permissions.may_on_database(account, name, role, "DESCRIBE")
        ]
        return json.dumps({"DatabaseList": [_database(account, name) for name in names]})

    def get_table_metadata(self) -> str:
        _check_catalog(self._get_param("CatalogName"))
        caller = current_caller()
        found = _metadata(
            lambda: catalog.find_table(
                caller.account, self._get_param("DatabaseName") or "", self._get_param("TableName") or ""
            )
        )
        return json.dumps({"TableMetadata": _metadata(lambda: _table(found, caller.principal_arn))})

    def list_table_metadata(self) -> str:
        _check_catalog(self._get_param("CatalogName"))
        caller, name = current_caller(), (self._get_param("DatabaseName") or "").lower()
        account, database, _ = _metadata(lambda: catalog.find_database(caller.account, name))
        _metadata(
            lambda: permissions.require_on_database(account, database, caller.principal_arn, "DESCRIBE")
        )
        shown = []
        for table in sorted(backends.glue(account).databases[database].tables):
            try:
                shown.append(_table(catalog.find_table(account, database, table), caller.principal_arn))
            except (AccessDenied, QueryError, EntityNotFound):
                continue  # the list has what the caller may see
        return json.dumps({"TableMetadataList": shown})


def _check_catalog(name: str | None) -> None:
    if (name or "AwsDataCatalog").lower() != "awsdatacatalog":
        raise InvalidRequest(f"Data catalog {name} is not found: only AwsDataCatalog is served")


class MetadataProblem(AwsError):
    """What the catalog answered to an operation on metadata."""

    def __init__(self, cause: AwsError) -> None:
        super().__init__(
            "MetadataException", f"{cause.message} (Service: AmazonDataCatalog; Error Code: {cause.code})"
        )


def _metadata(answer: Callable[[], Any]) -> Any:
    try:
        return answer()
    except (EntityNotFound, AccessDenied) as error:
        raise MetadataProblem(error) from error


def _database(account: str, name: str) -> dict[str, Any]:
    found = backends.glue(account).databases.get(name)
    if found is None:
        raise MetadataProblem(EntityNotFound(f"Database {name} not found."))
    described = {
        "Name": name,
        "Description": found.input.get("Description"),
        "Parameters": found.input.get("Parameters"),
    }
    return {key: value for key, value in described.items() if value is not None}


def _table(found: catalog.CatalogTable, role_arn: str) -> dict[str, Any]:
    names = [column.name for column in found.all_columns]
    visible = permissions.visible_columns(found.account, found.database, found.name, names, role_arn)
    if visible is None:
        raise AccessDenied(f"Insufficient Lake Formation permission(s): Required Describe on {found.name}")

    def columns(chosen: tuple[catalog.Column, ...]) -> list[dict[str, str]]:
        return [
            {"Name": one.name, "Type": one.glue_type, **({"Comment": one.comment} if one.comment else {})}
            for one in chosen
            if one.name in visible
        ]

    return {
        "Name": found.name,
        "CreateTime": catalog.stored_table(
            found.account, found.database, found.name
        ).created_time.timestamp(),
        "TableType": "EXTERNAL_TABLE",
        "Columns": columns(found.columns),
        "PartitionKeys": columns(found.partition_keys),
        "Parameters": {
            **found.parameters,
            "location": found.location,
            "serde.serialization.lib": found.serde,
        },
    }
