"""Data cells filters: made, changed, shown, deleted by whoever may grant SELECT on the whole table.

Source: API reference of Lake Formation; "Data filtering limitations" (a filter needs SELECT with the grant option on all
columns and no row restrictions).
"""

from __future__ import annotations

import json
import re
from typing import Any

from moto.lakeformation.responses import LakeFormationResponse

from local.engines import catalog
from local.engines.errors import AccessDenied, InvalidInput
from local.engines.lake_permissions import permissions, row_filters
from local.engines.lake_permissions.cell_filters import CellFilter, filter_book
from local.engines.lake_permissions.grants import EVERY_TABLE, SELECT, Resource, book
from local.gateway.identity import current_caller
from local.services.lakeformation.changing import changing
from local.services.lakeformation.paging import page
from local.services.lakeformation.resources import require_columns, require_database

_NAME = re.compile(r"[\u0020-\ud7ff\ue000-\ufffd\t]{1,255}")


class CellFilterOperations(LakeFormationResponse):
    """CreateDataCellsFilter, UpdateDataCellsFilter, GetDataCellsFilter, DeleteDataCellsFilter, ListDataCellsFilter."""

    def create_data_cells_filter(self) -> str:
        account, made, _ = _read(self._get_param("TableData"))
        _require_to_filter(account, made.database, made.table)
        with changing(_place(account, made)):
            filter_book(account).create(made)
        return "{}"

    def update_data_cells_filter(self) -> str:
        account, changed, version = _read(self._get_param("TableData"))
        _require_to_filter(account, changed.database, changed.table)
        with changing(_place(account, changed)):
            filter_book(account).update(changed, version)
        return "{}"

    def get_data_cells_filter(self) -> str:
        account, database, table, name = _named(json.loads(self.body))
        _require_to_filter(account, database, table)
        return json.dumps(
            {"DataCellsFilter": described(account, filter_book(account).find(database, table, name))}
        )

    def delete_data_cells_filter(self) -> str:
        account, database, table, name = _named(json.loads(self.body))
        _require_to_filter(account, database, table)
        found = filter_book(account).find(database, table, name)
        with changing(_place(account, found)):
            filter_book(account).delete(database, table, name)
            book(account).forget_filter(database, table, name)
        return "{}"

    def list_data_cells_filter(self) -> str:
        place = self._get_param("Table") or {}
        account = place.get("CatalogId") or current_caller().account
        database, table = (place.get(part) for part in ("DatabaseName", "Name"))
        if place.get("TableWildcard") is not None:
            table = None
        found = filter_book(account).on(database and database.lower(), table and table.lower())
        shown = [
            (f"{each.database}\0{each.table}\0{each.name}", described(account, each))
            for each in found
            if _may_filter(account, each.database, each.table)
        ]
        filters, rest = page(shown, self._get_param("MaxResults"), self._get_param("NextToken"))
        return json.dumps({"DataCellsFilters": filters, **rest})


def _place(account: str, made: CellFilter) -> tuple[str, ...]:
    return account, "", made.database, made.table, made.name


def _named(given: dict[str, Any]) -> tuple[str, str, str, str]:
    parts = [given.get(part) or "" for part in ("DatabaseName", "TableName", "Name")]
    if not all(parts):
        raise InvalidInput("a data cells filter is named by TableCatalogId, DatabaseName, TableName and Name")
    account = given.get("TableCatalogId") or current_caller().account
    return account, parts[0].lower(), parts[1].lower(), parts[2]


def _read(given: dict[str, Any] | None) -> tuple[str, CellFilter, str | None]:
    """A filter as a request defines it, checked against its table. Raises InvalidInput, EntityNotFound."""
    data = given or {}
    account, database, table, name = _named(data)
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"Invalid name of a data cells filter: {name!r}")
    require_database(account, database)
    described_table = catalog.describe(account, catalog.stored_table(account, database, table))
    names = tuple(dict.fromkeys(column.lower() for column in data.get("ColumnNames") or ()))
    wildcard = data.get("ColumnWildcard")
    if bool(names) == (wildcard is not None):
        raise InvalidInput("Either ColumnNames or ColumnWildcard must be present, and not both.")
    excluded = tuple(sorted({column.lower() for column in (wildcard or {}).get("ExcludedColumnNames") or ()}))
    require_columns(account, database, table, [*names, *excluded])
    rows = _rows(data.get("RowFilter") or {})
    if rows is not None:
        row_filters.check(rows, described_table.columns, described_table.partition_keys)
    return (
        account,
        CellFilter(database, table, name, names or None, excluded, rows),
        data.get("VersionId"),
    )


def _rows(given: dict[str, Any]) -> str | None:
    expression, every = given.get("FilterExpression"), given.get("AllRowsWildcard")
    if bool(expression) == (every is not None):
        raise InvalidInput("RowFilter needs either FilterExpression or AllRowsWildcard, and not both.")
    return expression or None


def described(account: str, made: CellFilter) -> dict[str, Any]:
    """A filter as the API spells it."""
    shown: dict[str, Any] = {
        "TableCatalogId": account,
        "DatabaseName": made.database,
        "TableName": made.table,
        "Name": made.name,
        "RowFilter": {"AllRowsWildcard": {}} if made.rows is None else {"FilterExpression": made.rows},
        "VersionId": made.version,
    }
    if made.columns is not None:
        return shown | {"ColumnNames": list(made.columns)}
    return shown | {"ColumnWildcard": {"ExcludedColumnNames": list(made.excluded)} if made.excluded else {}}


def _may_filter(account: str, database: str, table: str) -> bool:
    """Whether the caller may grant SELECT on all columns and rows of a table."""
    role = current_caller().principal_arn
    if permissions.is_administrator(role, account):
        return True
    who = permissions.principals(role, account)
    return any(
        SELECT in book(account).of(who, Resource("columns", account, database, each)).grantable
        for each in (table, EVERY_TABLE)
    )


def _require_to_filter(account: str, database: str, table: str) -> None:
    if not _may_filter(account, database, table):
        raise AccessDenied(
            "Insufficient Lake Formation permission(s): Required Select with the grant option on all columns of "
            f"{table}"
        )
