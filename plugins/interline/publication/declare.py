"""Declaring a port as an Iceberg table, and altering that table as its contract grows.

Source: Amazon Redshift Database Developer Guide, "Writing to Apache Iceberg tables": CREATE TABLE … USING ICEBERG takes
no column constraints and runs alone.
"""

from __future__ import annotations

from interline.contracts.model.column_types import base_type
from interline.contracts.model.contract import Contract
from interline.sql.quoting import column_list, identifier, literal
from interline.sql.tables import Tables


def declare_port(contract: Contract, tables: Tables, location: str) -> str:
    """Return the statement that makes the port's table unless it is there; ``location`` is an S3 prefix."""
    columns = ", ".join(
        f"{identifier(column.name)} {_iceberg_type(column.physical_type)}" for column in contract.columns
    )
    partitioned = contract.partition_columns
    layout = f" partitioned by ({column_list(partitioned)})" if partitioned else ""
    return f"create table if not exists {tables.port} ({columns}) using iceberg location {literal(location)}{layout}"


def alter_port(tables: Tables, name: str, physical_type: str, *, new: bool) -> str:
    """Return the statement that adds a column to the port's table, or gives it a wider type.

    Source: Amazon Redshift Database Developer Guide, "Altering table definitions" of Iceberg tables.
    """
    column, kind = identifier(name), _iceberg_type(physical_type)
    return f"alter table {tables.port} " + (
        f"add column {column} {kind}" if new else f"alter column {column} type {kind}"
    )


def _iceberg_type(physical_type: str) -> str:
    """Return the type as an Iceberg table can have it: a string there has no length."""
    return "varchar" if base_type(physical_type) == "varchar" else physical_type
