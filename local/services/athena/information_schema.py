"""`information_schema` of the catalog AwsDataCatalog: the databases, tables and columns that the caller may see.

Source: "Query the AWS Glue Data Catalog" (Amazon Athena User Guide); columns and their types are Trino's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from local.engines import backends, catalog, hive_types
from local.engines.catalog import CatalogTable
from local.engines.duckdb_engine import literal
from local.engines.errors import InvalidInput, NotSupported
from local.engines.lake_permissions import permissions
from local.gateway.identity import Caller
from local.services.athena.errors import NotTrino

CATALOG = "awsdatacatalog"
Row = tuple[str | int | None, ...]


def relation(account: str, caller: Caller, name: str) -> str:
    """A DuckDB subquery, in parentheses, with the rows of one of its tables. Raises NotTrino for a table that is not served."""
    if name not in _TABLES:
        raise NotTrino(f"the system table information_schema.{name}")
    columns, rows_of = _TABLES[name]
    rows = [f"({', '.join(map(_value, row))})" for row in rows_of(account, caller)]
    names = ", ".join(columns)
    empty = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in columns.items())
    nothing = f"SELECT {empty} WHERE false"
    if not rows:
        return f"({nothing})"
    return f"({nothing} UNION ALL SELECT * FROM (VALUES {', '.join(rows)}) AS listed({names}))"


def column_types(name: str) -> dict[str, str]:
    """The catalog types of the columns of one of its tables."""
    return {column: "bigint" if kind == "BIGINT" else "string" for column, kind in _TABLES[name][0].items()}


def _value(value: str | int | None) -> str:
    return "NULL" if value is None else str(value) if isinstance(value, int) else literal(value)


def _databases(account: str, caller: Caller) -> Iterator[str]:
    for name in sorted(backends.glue(account).databases):
        if permissions.may_on_database(account, name, caller.principal_arn, "DESCRIBE"):
            yield name


def _visible_tables(account: str, caller: Caller) -> Iterator[tuple[str, CatalogTable]]:
    """Database (as the account knows it) and table, for every table that the engines can read."""
    for database in _databases(account, caller):
        owner, name, _ = catalog.find_database(account, database)
        for table in sorted(backends.glue(owner).databases[name].tables):
            if not permissions.may_see(owner, name, table, caller.principal_arn):
                continue
            try:
                yield database, catalog.find_table(account, database, table)
            except NotSupported:
                continue  # a format that Athena here cannot read is told when it is read


def _schemata(account: str, caller: Caller) -> Iterator[Row]:
    for database in (*_databases(account, caller), "information_schema"):
        yield CATALOG, database


def _tables(account: str, caller: Caller) -> Iterator[Row]:
    for database, table in _visible_tables(account, caller):
        yield CATALOG, database, table.name, "BASE TABLE"


def _columns(account: str, caller: Caller) -> Iterator[Row]:
    for database, table in _visible_tables(account, caller):
        names = [column.name for column in table.all_columns]
        visible = permissions.visible_columns(
            table.account, table.database, table.name, names, caller.principal_arn
        )
        keys = {key.name for key in table.partition_keys}
        for position, column in enumerate(table.all_columns, start=1):
            if column.name in (visible or ()):
                note = "partition key" if column.name in keys else None
                nullable = "NO" if column.required else "YES"
                yield (
                    CATALOG, database, table.name, column.name, position, None, nullable, _type(column.glue_type),
                    column.comment or None, note,
                )  # fmt: skip


def _type(glue_type: str) -> str:
    try:
        return hive_types.to_trino(glue_type)
    except InvalidInput:
        return glue_type


_TABLES: dict[str, tuple[dict[str, str], Callable[[str, Caller], Iterator[Row]]]] = {
    "schemata": ({"catalog_name": "VARCHAR", "schema_name": "VARCHAR"}, _schemata),
    "tables": (
        dict.fromkeys(("table_catalog", "table_schema", "table_name", "table_type"), "VARCHAR"),
        _tables,
    ),
    "columns": (
        {
            **dict.fromkeys(("table_catalog", "table_schema", "table_name", "column_name"), "VARCHAR"),
            "ordinal_position": "BIGINT",
            **dict.fromkeys(
                ("column_default", "is_nullable", "data_type", "comment", "extra_info"), "VARCHAR"
            ),
        },
        _columns,
    ),
}
