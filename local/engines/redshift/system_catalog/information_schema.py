"""information_schema: what the SQL standard lists of schemas, tables and columns."""

from __future__ import annotations

from collections.abc import Sequence

from local.engines.redshift import catalog as objects
from local.engines.redshift.catalog import Column, Relation
from local.engines.redshift.session import Session
from local.engines.redshift.system_catalog.tables import (
    Rows,
    SystemTables,
    definition_of,
    listed_columns,
    precision_of,
    relations_of,
)

TABLES = SystemTables()


@TABLES.table("information_schema", "schemata", "catalog_name:name schema_name:name schema_owner:name")
def _schemata(session: Session) -> Rows:
    for each in session.catalog.values("schema"):
        yield session.cluster.database, each.name, each.owner
    for name in ("pg_catalog", "information_schema"):
        yield session.cluster.database, name, "rdsdb"


@TABLES.table(
    "information_schema", "tables", "table_catalog:name table_schema:name table_name:name table_type:text"
)
def _tables(session: Session) -> Rows:
    for each in relations_of(session):
        kind = "BASE TABLE" if each.kind == objects.TABLE else "VIEW"
        yield session.cluster.database, each.schema, each.name, "LOCAL TEMPORARY" if each.temporary else kind


@TABLES.table(
    "information_schema", "views", "table_catalog:name table_schema:name table_name:name view_definition:text"
)
def _views(session: Session) -> Rows:
    for each in relations_of(session):
        if each.kind != objects.TABLE:
            yield session.cluster.database, each.schema, each.name, definition_of(each)


COLUMNS = (
    "table_catalog:name table_schema:name table_name:name column_name:name ordinal_position:int4 column_default:text "
    "is_nullable:text data_type:text character_maximum_length:int4 numeric_precision:int4 numeric_scale:int4 "
    "datetime_precision:int4 remarks:text interval_type:text interval_precision:text character_set_catalog:name "
    "character_set_schema:name character_set_name:name collation_catalog:name collation_schema:name "
    "collation_name:name domain_name:name"
)


def described(session: Session, relation: Relation, columns: Sequence[Column]) -> Rows:
    """Rows of COLUMNS for the columns of a relation."""
    for number, column in enumerate(columns, start=1):
        precision, scale = precision_of(column.type)
        yield (
            session.cluster.database, relation.schema, relation.name, column.name, number, column.default,
            "YES" if column.nullable else "NO", column.type.family,
            column.type.length if column.type.name in ("char", "varchar") else None, precision, scale,
            6 if column.type.name in ("timestamp", "timestamptz", "time") else None, column.comment, *[None] * 9,
        )  # fmt: skip


@TABLES.table("information_schema", "columns", COLUMNS)
def _information_columns(session: Session) -> Rows:
    for each in relations_of(session):
        yield from described(session, each, listed_columns(session, each))
