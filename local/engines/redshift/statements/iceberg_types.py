"""The column types of Iceberg tables that Redshift writes."""

from __future__ import annotations

from local.engines.redshift.catalog import Column
from local.engines.redshift.errors import unsupported

# "Supported data types with Apache Iceberg tables": what each Redshift type becomes in the catalog.
_GLUE = {
    "bool": "boolean", "int4": "int", "int8": "bigint", "float4": "float", "float8": "double", "varchar": "string",
    "char": "string", "date": "date", "timestamp": "timestamp", "timestamptz": "timestamptz", "varbyte": "binary",
}  # fmt: skip


def glue_type(column: Column) -> str:
    """The catalog's type of a column.

    Raises:
        SqlError: 0A000 for a type that Iceberg tables of Redshift do not have.
    """
    if column.type.name == "numeric":
        return f"decimal({column.type.precision},{column.type.scale})"
    found = _GLUE.get(column.type.name)
    if found is None:
        raise unsupported(f'data type {column.type.family} of column "{column.name}" in an Iceberg table')
    return found
