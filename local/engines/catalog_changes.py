"""Changes of the Data Catalog that Glue, Athena and Redshift make alike: tables dropped, partitions added."""

from __future__ import annotations

from typing import Any

from moto.glue.models import FakeTable

from local.engines import backends, catalog
from local.engines.catalog import CatalogTable
from local.engines.errors import AccessDenied, AlreadyExists, InvalidInput
from local.engines.iceberg.tables import catalog_lock
from local.engines.lake_permissions import permissions
from local.gateway.identity import current_caller


def require_table(account: str, database: str, name: str, action: str) -> FakeTable:
    """A table of this very account that the caller may ALTER, DROP, INSERT into … Raises EntityNotFound, AccessDenied."""
    stored = catalog.stored_table(account, database, name)
    granted = permissions.table_permissions(
        account, database, stored.name.lower(), current_caller().principal_arn
    )
    if action not in granted:
        raise AccessDenied(
            f"Insufficient Lake Formation permission(s): Required {action.capitalize()} on {stored.name}"
        )
    return stored


def delete_table(account: str, database: str, name: str) -> None:
    """Take a table out of the catalog, and every grant on it with it. Raises EntityNotFound, AccessDenied."""
    with catalog_lock:
        stored = require_table(account, database, name, "DROP")
        backends.glue(account).delete_table(database, stored.name)
        permissions.forget(account, database, stored.name.lower())


def add_partition(table: CatalogTable, stored: FakeTable, given: dict[str, Any]) -> None:
    """Register a partition. Raises AlreadyExists, InvalidInput when the number of values is not that of the keys."""
    values = [str(value) for value in given.get("Values") or ()]
    if len(values) != len(table.partition_keys):
        raise InvalidInput(
            f"The number of partition keys do not match the number of partition values: {table.name} has "
            f"{len(table.partition_keys)}, given {len(values)}"
        )
    if str(values) in stored.partitions:
        raise AlreadyExists("Partition already exists.")
    stored.create_partition({**given, "Values": values})
