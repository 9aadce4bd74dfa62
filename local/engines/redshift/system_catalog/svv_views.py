"""Redshift's own views: SVV_*, sessions, and the columns of late-binding views."""

from __future__ import annotations

from collections.abc import Iterator

from local.engines.redshift import catalog as objects
from local.engines.redshift import external_schemas
from local.engines.redshift.catalog import Column, Relation
from local.engines.redshift.dialect.reading import parse
from local.engines.redshift.dialect.typed import Output, column_type
from local.engines.redshift.errors import SqlError
from local.engines.redshift.session import Session
from local.engines.redshift.system_catalog import information_schema
from local.engines.redshift.system_catalog.tables import (
    Rows,
    SystemTables,
    listed_columns,
    relations_of,
    user_oid,
)
from local.engines.redshift.translation import translate_query

TABLES = SystemTables()

_SVV_TABLES = "table_catalog:name table_schema:name table_name:name table_type:text remarks:text"


@TABLES.table("pg_catalog", "svv_tables", _SVV_TABLES)
def _svv_tables(session: Session) -> Rows:
    comments = {(each.schema, each.name): each.comment for each in relations_of(session)}
    for catalog, schema, name, kind in information_schema.TABLES["information_schema", "tables"].rows(
        session
    ):
        yield catalog, schema, name, kind, comments.get((schema, name))


@TABLES.table("pg_catalog", "svv_columns", information_schema.COLUMNS, live=True)
def _svv_columns(session: Session) -> Rows:
    """Those of late-binding views too."""
    yield from information_schema.TABLES["information_schema", "columns"].rows(session)
    for relation, columns in late_binding_views(session):
        described = tuple(Column(each.name, column_type(each.type)) for each in columns)
        yield from information_schema.described(session, relation, described)


def late_binding_views(session: Session) -> Iterator[tuple[Relation, tuple[Output, ...]]]:
    """Every late-binding view whose query works, with the columns that it has now; Redshift leaves out the others."""
    for each in session.catalog.relations():
        if each.kind == objects.LATE_BINDING_VIEW:
            try:
                yield each, translate_query(session, parse(each.definition)).columns
            except SqlError:
                continue


@TABLES.table(
    "pg_catalog",
    "svv_all_tables",
    "database_name:text schema_name:text table_name:text table_acl:text table_type:text remarks:text",
    live=True,
)
def _svv_all_tables(session: Session) -> Rows:
    database = session.cluster.database
    for each in relations_of(session):
        yield database, each.schema, each.name, None, _table_type(each), each.comment
    for schema, external in external_schemas.every_table(session.catalog):
        yield database, schema, external.name, None, "EXTERNAL TABLE", None


def _table_type(relation: Relation) -> str:
    return "TABLE" if relation.kind == objects.TABLE else "VIEW"


@TABLES.table(
    "pg_catalog",
    "svv_all_columns",
    "database_name:text schema_name:text table_name:text column_name:text ordinal_position:int4 column_default:text "
    "is_nullable:text data_type:text character_maximum_length:int4 numeric_precision:int4 numeric_scale:int4 remarks:text",
    live=True,
)
def _svv_all_columns(session: Session) -> Rows:
    for row in _svv_columns(session):
        (
            database,
            schema,
            table,
            column,
            number,
            default,
            nullable,
            kind,
            length,
            precision,
            scale,
            *rest,
        ) = row
        yield (
            database,
            schema,
            table,
            column,
            number,
            default,
            nullable,
            kind,
            length,
            precision,
            scale,
            rest[1],
        )


def _schemas(session: Session) -> Rows:
    for each in session.catalog.values("schema"):
        kind = "external" if each.external is not None else "local"
        yield session.cluster.database, each.name, user_oid(session, each.owner), kind, None, None, None


_SCHEMA_COLUMNS = (
    "database_name:text schema_name:text schema_owner:int4 schema_type:text schema_acl:text source_database:text "
    "schema_option:text"
)
TABLES.table("pg_catalog", "svv_all_schemas", _SCHEMA_COLUMNS)(_schemas)
TABLES.table("pg_catalog", "svv_redshift_schemas", _SCHEMA_COLUMNS)(_schemas)


@TABLES.table(
    "pg_catalog",
    "svv_redshift_databases",
    "database_name:text database_owner:int4 database_type:text database_acl:text database_options:text",
)
def _svv_redshift_databases(session: Session) -> Rows:
    owner = user_oid(session, session.cluster.master_user)
    yield session.cluster.database, owner, "local", None, None


@TABLES.table("pg_catalog", "svv_roles", "role_id:int4 role_name:text role_owner:text")
def _svv_roles(session: Session) -> Rows:
    return (
        (each.oid, each.name, session.cluster.master_user)
        for each in session.catalog.values("group")
        if each.kind == "role"
    )


@TABLES.table(
    "pg_catalog",
    "svv_redshift_columns",
    "database_name:text schema_name:text table_name:text column_name:text ordinal_position:int4 data_type:text column_default:text is_nullable:text encoding:text distkey:bool sortkey:int4 column_acl:text remarks:text",
)
def _svv_redshift_columns(session: Session) -> Rows:
    for each in relations_of(session):
        for number, column in enumerate(listed_columns(session, each), start=1):
            order = each.sort_keys.index(column.name) + 1 if column.name in each.sort_keys else 0
            yield (
                session.cluster.database, each.schema, each.name, column.name, number, column.type.display, column.default,
                "YES" if column.nullable else "NO", column.encoding or "none", each.dist_key == column.name, order, "",
                column.comment,
            )  # fmt: skip


@TABLES.table(
    "pg_catalog",
    "svv_redshift_tables",
    "database_name:text schema_name:text table_name:text table_type:text table_acl:text remarks:text",
)
def _svv_redshift_tables(session: Session) -> Rows:
    for each in relations_of(session):
        yield (
            session.cluster.database,
            each.schema,
            each.name,
            "TABLE" if each.kind == objects.TABLE else "VIEW",
            "",
            each.comment,
        )


@TABLES.table(
    "pg_catalog",
    "pg_get_late_binding_view_cols()",
    "view_schema:name view_name:name col_name:name col_type:text ordinal_position:int4",
    live=True,
)
def _late_binding_columns(session: Session) -> Rows:
    for view, columns in late_binding_views(session):
        for number, column in enumerate(columns, start=1):
            yield view.schema, view.name, column.name, column_type(column.type).display, number


TABLES["pg_get_late_binding_view_cols", "()"] = TABLES.pop(("pg_catalog", "pg_get_late_binding_view_cols()"))


@TABLES.table(
    "pg_catalog",
    "svv_table_info",
    "database:text schema:text table_id:int4 table:text encoded:text diststyle:text sortkey1:text max_varchar:int4 sortkey1_enc:text sortkey_num:int4 size:int8 pct_used:numeric empty:int8 unsorted:numeric stats_off:numeric tbl_rows:numeric skew_sortkey1:numeric skew_rows:numeric estimated_visible_rows:numeric",
    live=True,
)
def _svv_table_info(session: Session) -> Rows:
    """Only tables with rows are listed, as in Redshift."""
    for each in relations_of(session):
        if not each.stores_rows or each.temporary:
            continue
        ((count,),) = session.engine.execute(f"SELECT count(*) FROM {each.storage}").fetchall()
        if not count:
            continue
        widest = max(
            (column.type.length or 0 for column in each.columns if column.type.name == "varchar"), default=0
        )
        style = f"KEY({each.dist_key})" if each.dist_key else each.dist_style
        sort = each.sort_keys[0] if each.sort_keys else None
        yield (
            session.cluster.database, each.schema, each.oid, each.name, "Y", style, sort, widest, None, len(each.sort_keys),
            1, 0, 0, None, 0, count, None, None, count,
        )  # fmt: skip


@TABLES.table(
    "pg_catalog",
    "svv_mv_info",
    "database_name:text schema_name:text user_name:text name:text is_stale:text autorefresh:text state:int4",
    live=True,
)
def _svv_mv_info(session: Session) -> Rows:
    for each in session.catalog.relations():
        if each.kind == objects.MATERIALIZED_VIEW:
            yield (
                session.cluster.database, each.schema, each.owner, each.name, _flag(_is_stale(session, each)),
                _flag(each.auto_refresh), 1,
            )  # fmt: skip


@TABLES.table(
    "pg_catalog",
    "stv_mv_info",
    "db_name:text schema:text name:text updated_upto_xid:int8 is_stale:text owner_user_name:text state:int4 "
    "autorefresh:text autorewrite:text",
    live=True,
)
def _stv_mv_info(session: Session) -> Rows:
    for each in session.catalog.relations():
        if each.kind == objects.MATERIALIZED_VIEW:
            yield (
                session.cluster.database, each.schema, each.name, 0, _flag(_is_stale(session, each)), each.owner, 1,
                _flag(each.auto_refresh), "f",
            )  # fmt: skip


def _flag(value: bool) -> str:
    return "t" if value else "f"


def _is_stale(session: Session, view: Relation) -> bool:
    """Whether rows that the view reads have changed since it was computed."""
    changes = session.cluster.row_changes
    return any(changes[oid] != count for oid, count in view.fresh_as_of)


@TABLES.table(
    "pg_catalog",
    "svv_relation_privileges",
    "namespace_name:text relation_name:text privilege_type:text identity_id:int4 identity_name:text identity_type:text admin_option:bool",
)
def _svv_relation_privileges(session: Session) -> Rows:
    for each in session.catalog.relations():
        for grant in session.catalog.grants("relation", each.oid):
            yield (
                each.schema,
                each.name,
                grant.privilege.upper(),
                0,
                grant.grantee,
                grant.grantee_kind,
                grant.grantable,
            )


@TABLES.table(
    "pg_catalog",
    "svv_external_schemas",
    "esoid:oid eskind:int2 schemaname:name esowner:int4 databasename:text esoptions:text",
)
def _svv_external_schemas(session: Session) -> Rows:
    for each in session.catalog.values("schema"):
        if each.external is not None:
            options = f'{{"IAM_ROLE":"{each.external.role_arn}","CATALOG_ID":"{each.external.account}"}}'
            yield each.oid, 1, each.name, user_oid(session, each.owner), each.external.database, options


@TABLES.table(
    "pg_catalog",
    "svv_external_tables",
    "schemaname:text tablename:text tabletype:text location:text input_format:text output_format:text serialization_lib:text serde_parameters:text compressed:int4 parameters:text",
    live=True,
)
def _svv_external_tables(session: Session) -> Rows:
    for schema, external in external_schemas.every_table(session.catalog):
        yield schema, external.name, "TABLE", external.location, external.format, None, None, None, 0, None


@TABLES.table(
    "pg_catalog",
    "svv_external_columns",
    "schemaname:text tablename:text columnname:text external_type:text columnnum:int4 part_key:int4 is_nullable:text",
    live=True,
)
def _svv_external_columns(session: Session) -> Rows:
    for schema, external in external_schemas.every_table(session.catalog):
        for number, (name, kind, partition) in enumerate(external.described_columns(), start=1):
            yield schema, external.name, name, kind, number, partition, "true"


@TABLES.table(
    "pg_catalog", "stv_sessions", "starttime:timestamp process:int4 user_name:text db_name:text", live=True
)
def _stv_sessions(session: Session) -> Rows:
    for each in session.cluster.sessions():
        yield each.statement_time, each.pid, each.user, session.cluster.database
