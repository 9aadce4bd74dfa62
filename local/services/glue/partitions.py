"""Glue's partition operations, under Lake Formation; links to tables and databases lead to their targets."""

from __future__ import annotations

from typing import Any

import duckdb
from moto.core.responses import ActionResult, EmptyResult
from moto.glue.models import FakeTable
from moto.glue.responses import GlueResponse
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from local.engines import catalog, pruning
from local.engines.catalog import CatalogTable
from local.engines.catalog_changes import add_partition
from local.engines.errors import AccessDenied, AlreadyExists, EntityNotFound, InvalidInput
from local.engines.lake_permissions import permissions
from local.gateway.identity import current_caller
from local.services.glue.databases import catalog_of
from local.services.glue.tables import granted, restricted

BATCH_CREATE_LIMIT = 100
BATCH_GET_LIMIT = 1000
BATCH_DELETE_LIMIT = 25


def _table_of(request: GlueResponse) -> CatalogTable:
    return catalog.find_table(
        catalog_of(request),
        request.parameters.get("DatabaseName") or "",
        request.parameters.get("TableName") or "",
    )


def _readable(request: GlueResponse) -> tuple[CatalogTable, FakeTable, set[str] | None]:
    table = _table_of(request)
    role = current_caller().principal_arn
    for link in table.links:
        if not permissions.may_describe_link(link.account, link.database, link.table, role):
            raise AccessDenied(
                f"Insufficient Lake Formation permission(s): Required Describe on {link.table or link.database}"
            )
    stored = catalog.stored_table(table.account, table.database, table.name)
    return table, stored, granted(table.account, stored, role)


def _changeable(request: GlueResponse) -> tuple[CatalogTable, FakeTable]:
    table = _table_of(request)
    granted_permissions = permissions.table_permissions(
        table.account, table.database, table.name, current_caller().principal_arn
    )
    if not granted_permissions & {"ALTER", "INSERT"}:
        raise AccessDenied(f"Insufficient Lake Formation permission(s): Required Alter on {table.name}")
    return table, catalog.stored_table(table.account, table.database, table.name)


def _stored_partition(stored: FakeTable, values: list[str]) -> Any:
    found = stored.partitions.get(str(values))
    if found is None:
        raise EntityNotFound("Partition not found.")
    return found


def _shown(table: CatalogTable, partition: Any, columns: set[str] | None) -> dict[str, Any]:
    return {**restricted(partition.as_dict(), columns), "CatalogId": table.account}


class PartitionOperations(GlueResponse):
    """Get, create, update and delete partitions, one by one and in batches."""

    def get_partition(self) -> ActionResult:
        table, stored, columns = _readable(self)
        partition = _stored_partition(stored, self.parameters.get("PartitionValues") or [])
        return ActionResult({"Partition": _shown(table, partition, columns)})

    def get_partitions(self) -> ActionResult:
        table, stored, columns = _readable(self)
        partitions = list(stored.partitions.values())
        expression = self.parameters.get("Expression")
        if expression:
            chosen = _matching(
                table, [tuple(map(str, partition.values)) for partition in partitions], expression
            )
            partitions = [partitions[number] for number in chosen]
        shown = [_shown(table, partition, columns) for partition in partitions]
        if self.parameters.get("ExcludeColumnSchema"):
            shown = [restricted(partition, set()) for partition in shown]
        return ActionResult({"Partitions": shown})

    def batch_get_partition(self) -> ActionResult:
        table, stored, columns = _readable(self)
        requested = _batch(self, "PartitionsToGet", BATCH_GET_LIMIT)
        found = [stored.partitions.get(str(one["Values"])) for one in requested]
        missing = [one for one, partition in zip(requested, found, strict=True) if partition is None]
        return ActionResult(
            {
                "Partitions": [
                    _shown(table, partition, columns) for partition in found if partition is not None
                ],
                "UnprocessedKeys": missing,
            }
        )

    def create_partition(self) -> ActionResult:
        add_partition(*_changeable(self), self.parameters.get("PartitionInput") or {})
        return EmptyResult()

    def batch_create_partition(self) -> ActionResult:
        table, stored = _changeable(self)
        errors = []
        for given in _batch(self, "PartitionInputList", BATCH_CREATE_LIMIT):
            try:
                add_partition(table, stored, given)
            except (AlreadyExists, InvalidInput) as error:
                errors.append(_failure("PartitionValues", given.get("Values") or [], error))
        return ActionResult({"Errors": errors} if errors else {})

    def update_partition(self) -> ActionResult:
        _, stored = _changeable(self)
        _update(
            stored,
            self.parameters.get("PartitionValueList") or [],
            self.parameters.get("PartitionInput") or {},
        )
        return EmptyResult()

    def batch_update_partition(self) -> ActionResult:
        _, stored = _changeable(self)
        errors = []
        for entry in _batch(self, "Entries", BATCH_CREATE_LIMIT):
            try:
                _update(stored, entry["PartitionValueList"], entry["PartitionInput"])
            except (EntityNotFound, AlreadyExists) as error:
                errors.append(_failure("PartitionValueList", entry["PartitionValueList"], error))
        return ActionResult({"Errors": errors} if errors else {})

    def delete_partition(self) -> ActionResult:
        _, stored = _changeable(self)
        values = self.parameters.get("PartitionValues") or []
        _stored_partition(stored, values)
        stored.delete_partition(values)  # type: ignore[arg-type]  # moto takes the list of values
        return EmptyResult()

    def batch_delete_partition(self) -> ActionResult:
        _, stored = _changeable(self)
        errors = []
        for one in _batch(self, "PartitionsToDelete", BATCH_DELETE_LIMIT):
            try:
                _stored_partition(stored, one["Values"])
                stored.delete_partition(one["Values"])
            except EntityNotFound as error:
                errors.append(_failure("PartitionValues", one["Values"], error))
        return ActionResult({"Errors": errors} if errors else {})


def _batch(request: GlueResponse, name: str, limit: int) -> list[dict[str, Any]]:
    entries = request.parameters.get(name) or []
    if len(entries) > limit:
        raise InvalidInput(
            f"1 validation error detected: Value at '{name[0].lower()}{name[1:]}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {limit}"
        )
    return entries


def _failure(
    key: str, values: list[str], error: EntityNotFound | AlreadyExists | InvalidInput
) -> dict[str, Any]:
    return {key: values, "ErrorDetail": {"ErrorCode": error.code, "ErrorMessage": error.message}}


def _update(stored: FakeTable, old: list[str], given: dict[str, Any]) -> None:
    _stored_partition(stored, old)
    if given.get("Values") != old and str(given.get("Values")) in stored.partitions:
        raise AlreadyExists("Partition already exists.")
    stored.update_partition(old, given)  # type: ignore[arg-type]  # moto takes the list of values


def _matching(table: CatalogTable, rows: list[tuple[str, ...]], expression: str) -> list[int]:
    """The positions of the partitions that a GetPartitions expression (a SQL where clause) chooses."""
    try:
        condition: Any = parse_one(expression, read="hive", into=exp.Condition)
    except SqlglotError as error:
        raise InvalidInput(f"Unsupported expression '{expression}'") from error
    names = [(key.name, key.duckdb_type) for key in table.partition_keys]
    known = {name for name, _ in names}
    unknown = sorted({column.name for column in condition.find_all(exp.Column)} - known)
    if unknown or not pruning.conjuncts_over(condition, list(known)):
        raise InvalidInput(
            f"Unsupported expression '{expression}': unknown partition key {', '.join(unknown) or '(none)'}"
        )
    try:
        return pruning.matching(condition, names, rows, strict=True)
    except duckdb.Error as error:
        raise InvalidInput(f"Unsupported expression '{expression}': {str(error).splitlines()[0]}") from error
