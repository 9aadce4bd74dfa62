"""Credentials for a table's files, vended by Lake Formation: for those who may read (or write) the whole table.

Sources: "Application integration for full table access" and "Lake Formation workflow for application integration API
operations". Nobody gets any until the account's settings allow full table access to external engines. A principal
limited to some columns or rows gets none: with credentials it could read the rest. AWS gives such principals
credentials only through engines that are registered by session tag as filtering by themselves; none is here.
"""

from __future__ import annotations

import json
from typing import Any

from moto.core.utils import unix_time
from moto.lakeformation.models import lakeformation_backends
from moto.lakeformation.responses import LakeFormationResponse

from local.engines import backends, catalog, objects
from local.engines.catalog import CatalogTable
from local.engines.errors import (
    AccessDenied,
    EntityNotFound,
    InvalidInput,
    NotSupported,
    PermissionTypeMismatch,
)
from local.engines.lake_permissions import locations, permissions
from local.gateway import identity
from local.gateway.iam import authorization
from local.gateway.identity import Caller, current_caller

MINIMUM_SECONDS, MAXIMUM_SECONDS, DEFAULT_SECONDS = 900, 43200, 3600


def vend(
    caller: Caller,
    table: CatalogTable,
    location: str,
    requested: list[str],
    supported: list[str],
    seconds: int,
) -> dict[str, Any]:
    """Credentials limited to a location of a table.

    `wanted` holds SELECT, INSERT, DELETE or ALL (SELECT when empty), `supported` what the engine says it can apply.
    Raises AccessDenied, InvalidInput, PermissionTypeMismatch.
    """
    if not MINIMUM_SECONDS <= seconds <= MAXIMUM_SECONDS:
        raise InvalidInput(f"DurationSeconds must be between {MINIMUM_SECONDS} and {MAXIMUM_SECONDS}")
    actions = {"SELECT", "INSERT", "DELETE"} if "ALL" in requested else set(requested or ["SELECT"])
    unknown = sorted(actions - {"SELECT", "INSERT", "DELETE"})
    if unknown:
        raise InvalidInput(f"credentials cannot be vended for {', '.join(unknown)}")
    _require_external_access(table.account)
    for action in sorted(actions):
        if action == "SELECT":
            _require_whole(table, caller.principal_arn, supported)
        permissions.require(table, caller.principal_arn, action)
    authorization.authorize(caller, "lakeformation:GetDataAccess", "*")
    vending = locations.registration(location)
    if vending is None:
        raise InvalidInput(f"{location} is not a registered location of Lake Formation")
    return identity.issue_credentials(vending, "AWSLF-00-AT", _policy(location, actions), seconds)


def _require_external_access(account: str) -> None:
    settings = lakeformation_backends[account][backends.REGION].settings.get(account) or {}
    if not settings.get("AllowFullTableExternalDataAccess"):
        raise AccessDenied(
            f"Account {account} does not let external engines access data: AllowFullTableExternalDataAccess is not set"
        )


def _require_whole(table: CatalogTable, role: str, supported: list[str]) -> None:
    """Raise unless the role may read every cell of the table."""
    selection = permissions.selection(table, role)
    if selection.has_row_filters and "CELL_FILTER_PERMISSION" not in supported:
        raise PermissionTypeMismatch(
            f"{table.name} has cell-level permissions for this principal, which the engine does not support"
        )
    if selection.columns and not permissions.may(table, role, "SELECT"):
        raise AccessDenied(
            f"Insufficient Lake Formation permission(s): {table.name} is granted by column or by row; credentials for "
            "its files are only vended to registered engines that filter"
        )


def _policy(location: str, actions: set[str]) -> dict[str, Any]:
    bucket, prefix = objects.split_uri(location.rstrip("/"))
    allowed = (
        (["s3:GetObject"] if "SELECT" in actions else [])
        + (["s3:PutObject", "s3:AbortMultipartUpload"] if "INSERT" in actions else [])
        + (["s3:DeleteObject"] if "DELETE" in actions else [])
    )
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": allowed, "Resource": f"arn:aws:s3:::{bucket}/{prefix}/*"},
            {
                "Effect": "Allow",
                "Action": ["s3:ListBucket"],
                "Resource": f"arn:aws:s3:::{bucket}",
                "Condition": {"StringLike": {"s3:prefix": [prefix, f"{prefix}/*"]}},
            },
        ],
    }


def _table_of(table_arn: str) -> CatalogTable:
    parts = (table_arn or "").split(":", 5)
    names = parts[5].split("/") if len(parts) == 6 else []
    if (
        parts[:3] != ["arn", "aws", "glue"]
        or len(names) != 3
        or names[0] != "table"
        or parts[3] != backends.REGION
    ):
        raise InvalidInput(f"not the ARN of a Glue table: {table_arn!r}")
    return catalog.find_table(parts[4], names[1], names[2])


def _answer(credentials: dict[str, Any], location: str) -> str:
    return json.dumps(
        {
            **credentials,
            "Expiration": unix_time(credentials["Expiration"].replace(tzinfo=None)),
            "VendedS3Path": [location],
        }
    )


class CredentialOperations(LakeFormationResponse):
    """GetTemporaryGlueTableCredentials and GetTemporaryGluePartitionCredentials."""

    def get_temporary_glue_table_credentials(self) -> str:
        if self._get_param("QuerySessionContext"):
            raise NotSupported("QuerySessionContext")
        table = _table_of(self._get_param("TableArn"))
        location = self._get_param("S3Path") or table.location
        if not (location.rstrip("/") + "/").startswith(table.location):
            raise InvalidInput(f"S3Path {location} is not under the table's location {table.location}")
        return _answer(_vend(self, table, location), location)

    def get_temporary_glue_partition_credentials(self) -> str:
        table = _table_of(self._get_param("TableArn"))
        values = tuple((self._get_param("Partition") or {}).get("Values") or ())
        for partition in catalog.partitions(table):
            if partition.values == values:
                return _answer(_vend(self, table, partition.location), partition.location)
        raise EntityNotFound("Partition not found.")


def _vend(request: LakeFormationResponse, table: CatalogTable, location: str) -> dict[str, Any]:
    supported = request._get_param("SupportedPermissionTypes") or ["COLUMN_PERMISSION"]
    if not set(supported) <= {
        "COLUMN_PERMISSION",
        "CELL_FILTER_PERMISSION",
        "NESTED_PERMISSION",
        "NESTED_CELL_PERMISSION",
    }:
        raise InvalidInput(f"unknown SupportedPermissionTypes {supported}")
    seconds = int(request._get_param("DurationSeconds") or DEFAULT_SECONDS)
    requested = request._get_param("Permissions") or []
    return vend(current_caller(), table, location, requested, supported, seconds)
