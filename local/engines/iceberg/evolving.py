"""Changing an Iceberg table's schema: metadata alone, one commit.

Source: Apache Iceberg table specification, "Schema evolution": int to long, float to double, a decimal of more digits.
"""

from __future__ import annotations

from pyiceberg.exceptions import CommitFailedException, ValidationError

from local.engines import hive_types
from local.engines.catalog import CatalogTable
from local.engines.errors import AlreadyExists, CommitConflict, EntityNotFound, InvalidInput
from local.engines.iceberg.file_io import LakeFileIO
from local.engines.iceberg.tables import writable


def add_column(table: CatalogTable, name: str, glue_type: str) -> None:
    """Add a column that is null in every row. Raises AlreadyExists, CommitConflict."""
    if any(column.name == name for column in table.all_columns):
        raise AlreadyExists(f"column {name} of table {table.name} already exists")
    target = writable(table, LakeFileIO())
    try:
        with target.update_schema() as change:
            change.add_column(name, hive_types.to_iceberg(glue_type, hive_types.FieldIdentifiers()))
    except CommitFailedException as conflict:
        raise CommitConflict(f"{table.database}.{table.name}") from conflict


def widen_column(table: CatalogTable, name: str, glue_type: str) -> None:
    """Give a column a wider type. Raises EntityNotFound, InvalidInput for any other type, CommitConflict."""
    if all(column.name != name for column in table.all_columns):
        raise EntityNotFound(f"column {name} of table {table.name} does not exist")
    target = writable(table, LakeFileIO())
    try:
        with target.update_schema() as change:
            change.update_column(name, hive_types.to_iceberg(glue_type, hive_types.FieldIdentifiers()))
    except ValidationError as error:
        raise InvalidInput(
            f"column {name} of table {table.name} cannot become {glue_type}: {error}"
        ) from error
    except CommitFailedException as conflict:
        raise CommitConflict(f"{table.database}.{table.name}") from conflict
