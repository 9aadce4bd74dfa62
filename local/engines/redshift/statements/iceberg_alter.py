"""ALTER TABLE of Iceberg tables in external schemas: ADD COLUMN, and ALTER COLUMN … TYPE with a wider type.

Source: "Altering table definitions" under "Writing to Apache Iceberg tables" in the Amazon Redshift Database Developer
Guide: one column a statement, metadata only; "ALTER TABLE", same guide: not in a transaction block for external tables.
What that page also has (DROP and RENAME COLUMN, SET TABLE PROPERTIES, partition fields) is refused here.
"""

from __future__ import annotations

from local.engines.errors import AlreadyExists, EntityNotFound
from local.engines.iceberg import evolving
from local.engines.lake_permissions import permissions
from local.engines.redshift import errors, privileges
from local.engines.redshift.catalog import Column
from local.engines.redshift.dialect.reading import Statement, TokenReader
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.external_schemas import ExternalTable, lake_errors
from local.engines.redshift.session import Session
from local.engines.redshift.statements import definitions
from local.engines.redshift.statements.definitions import Definition
from local.engines.redshift.statements.iceberg_tables import glue_type


def alter(session: Session, external: ExternalTable, statement: Statement) -> None:
    """Run the statement.

    Raises:
        SqlError: 0A000 for another table or another change, 25001 in a transaction block, 42501 without Lake Formation's
            ALTER, 42701 for a column that is there, 42703 for one that is not, 42804 for a type that is no wider.
    """
    if external.format != "iceberg":
        raise unsupported("ALTER TABLE of an external table that is no Iceberg table in the local Redshift")
    if session.explicit_transaction:
        raise SqlError(
            errors.ACTIVE_TRANSACTION, "ALTER of an external table cannot run inside a transaction block"
        )
    privileges.require_schema(session, external.schema, "usage")
    reader = TokenReader(statement)
    reader.expect("ALTER")
    reader.expect("TABLE")
    reader.qualified_name()
    column, new = _column(reader)
    reader.expect_end()
    kind = glue_type(column)
    with lake_errors():
        permissions.require(external.table, external.source.role_arn, "ALTER")
        try:
            if new:
                evolving.add_column(external.table, column.name, kind)
            else:
                evolving.widen_column(external.table, column.name, kind)
        except AlreadyExists as error:
            raise SqlError(errors.DUPLICATE_COLUMN, error.message) from error
        except EntityNotFound as error:
            raise SqlError(errors.UNDEFINED_COLUMN, error.message) from error


def _column(reader: TokenReader) -> tuple[Column, bool]:
    """Return the column as it shall be, and whether it is a new one."""
    if reader.accept("ADD"):
        reader.accept("COLUMN")
        name = reader.identifier()
        definition = Definition()
        column = definitions.read_column(reader, name, definition)
        if (
            definition.keys
            or definition.dist_key
            or definition.sort_keys
            or column.identity
            or column.default
            or column.encoding
            or not column.nullable
        ):
            raise unsupported(f'anything but a name and a type for column "{name}" of an Iceberg table')
        return column, True
    if reader.accept("ALTER"):
        reader.accept("COLUMN")
        name = reader.identifier()
        reader.expect("TYPE")
        return Column(name, definitions.read_type(reader)), False
    raise unsupported("this ALTER TABLE of an Iceberg table in the local Redshift")
