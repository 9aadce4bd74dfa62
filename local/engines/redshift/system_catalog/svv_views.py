"""Redshift's own views: SVV_*, sessions, and the columns of late-binding views."""

from __future__ import annotations

from local.engines.redshift import catalog as objects
from local.engines.redshift import external_schemas
from local.engines.redshift.dialect.reading import parse
from local.engines.redshift.dialect.typed import column_type
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

TABLES["pg_catalog", "svv_columns"] = information_schema.TABLES["information_schema", "columns"]
TABLES["pg_catalog", "svv_tables"] = information_schema.TABLES["information_schema", "tables"]


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
    """Views whose query no longer works are left out, as Redshift does."""
    for each in session.catalog.relations():
        if each.kind != objects.LATE_BINDING_VIEW:
            continue
        try:
            columns = translate_query(session, parse(each.definition)).columns
        except SqlError:
            continue
        for number, column in enumerate(columns, start=1):
            yield each.schema, each.name, column.name, column_type(column.type).display, number


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
)
def _svv_mv_info(session: Session) -> Rows:
    for each in session.catalog.relations():
        if each.kind == objects.MATERIALIZED_VIEW:
            yield session.cluster.database, each.schema, each.owner, each.name, "t", "f", 1


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
