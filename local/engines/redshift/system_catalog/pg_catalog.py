"""The PostgreSQL catalog: pg_* tables and views."""

from __future__ import annotations

from local.engines.redshift import catalog as objects
from local.engines.redshift import types
from local.engines.redshift.environment import search_path
from local.engines.redshift.session import Session
from local.engines.redshift.system_catalog.tables import (
    REWRITE,
    Rows,
    SystemTables,
    definition_of,
    listed_columns,
    relations_of,
    schema_oids,
    user_oid,
)
from local.engines.redshift.types import Type

TABLES = SystemTables()


@TABLES.table("pg_catalog", "pg_namespace", "oid:oid nspname:name nspowner:int4")
def _pg_namespace(session: Session) -> Rows:
    owners = {each.name: each.owner for each in session.catalog.values("schema")}
    for name, oid in schema_oids(session).items():
        yield oid, name, user_oid(session, owners.get(name, "rdsdb"))


@TABLES.table(
    "pg_catalog", "pg_class", "oid:oid relname:name relnamespace:oid relowner:int4 relkind:text relnatts:int2"
)
def _pg_class(session: Session) -> Rows:
    schemas = schema_oids(session)
    for each in relations_of(session):
        kind = "r" if each.kind == objects.TABLE else "v"
        yield (
            each.oid,
            each.name,
            schemas.get(each.schema),
            user_oid(session, each.owner),
            kind,
            len(each.columns),
        )


@TABLES.table(
    "pg_catalog",
    "pg_attribute",
    "attrelid:oid attname:name atttypid:oid atttypmod:int4 attnum:int2 attnotnull:bool atthasdef:bool attisdropped:bool attisdistkey:bool attsortkeyord:int4",
)
def _pg_attribute(session: Session) -> Rows:
    for each in relations_of(session):
        for number, column in enumerate(listed_columns(session, each), start=1):
            order = each.sort_keys.index(column.name) + 1 if column.name in each.sort_keys else 0
            yield (
                each.oid, column.name, column.type.oid, column.type.modifier, number, not column.nullable,
                column.default is not None, False, each.dist_key == column.name, order,
            )  # fmt: skip


@TABLES.table("pg_catalog", "pg_type", "oid:oid typname:name typnamespace:oid typlen:int2")
def _pg_type(session: Session) -> Rows:
    for name in (
        "bool",
        "int2",
        "int4",
        "int8",
        "numeric",
        "float4",
        "float8",
        "varchar",
        "date",
        "time",
        "timetz",
        "timestamp",
        "timestamptz",
        "super",
        "varbyte",
        "interval",
        "name",
        "oid",
    ):
        yield Type(name).oid, name, 11, -1
    yield types.char(1).oid, "bpchar", 11, -1
    yield 25, "text", 11, -1


@TABLES.table("pg_catalog", "pg_description", "objoid:oid classoid:oid objsubid:int4 description:text")
def _pg_description(session: Session) -> Rows:
    for each in relations_of(session):
        if each.comment:
            yield each.oid, 1259, 0, each.comment
        for number, column in enumerate(each.columns, start=1):
            if column.comment:
                yield each.oid, 1259, number, column.comment


@TABLES.table(
    "pg_catalog",
    "pg_depend",
    "classid:oid objid:oid objsubid:int4 refclassid:oid refobjid:oid refobjsubid:int4 deptype:text",
)
def _pg_depend(session: Session) -> Rows:
    for each in session.catalog.relations():
        for _, oid in each.bindings:
            yield 2618, each.oid + REWRITE, 0, 1259, oid, 0, "n"


@TABLES.table("pg_catalog", "pg_rewrite", "oid:oid ev_class:oid rulename:name")
def _pg_rewrite(session: Session) -> Rows:
    for each in session.catalog.relations():
        if each.bindings:
            yield each.oid + REWRITE, each.oid, "_RETURN"


@TABLES.table("pg_catalog", "pg_proc", "oid:oid proname:name pronamespace:oid")
def _pg_proc(session: Session) -> Rows:
    return ()


@TABLES.table("pg_catalog", "pg_database", "oid:oid datname:name datdba:int4")
def _pg_database(session: Session) -> Rows:
    yield 100, session.cluster.database, user_oid(session, session.cluster.master_user)


@TABLES.table("pg_catalog", "pg_tables", "schemaname:name tablename:name tableowner:name")
def _pg_tables(session: Session) -> Rows:
    return (
        (each.schema, each.name, each.owner) for each in relations_of(session) if each.kind == objects.TABLE
    )


@TABLES.table("pg_catalog", "pg_views", "schemaname:name viewname:name viewowner:name definition:text")
def _pg_views(session: Session) -> Rows:
    return (
        (each.schema, each.name, each.owner, definition_of(each))
        for each in relations_of(session)
        if each.kind != objects.TABLE
    )


@TABLES.table(
    "pg_catalog",
    "pg_user",
    "usename:name usesysid:int4 usecreatedb:bool usesuper:bool usecatupd:bool passwd:text",
)
def _pg_user(session: Session) -> Rows:
    for each in session.catalog.values("user"):
        yield each.name, each.oid, each.create_database, each.superuser, False, "********"


@TABLES.table("pg_catalog", "pg_group", "groname:name grosysid:int4")
def _pg_group(session: Session) -> Rows:
    return ((each.name, each.oid) for each in session.catalog.values("group") if each.kind == "group")


@TABLES.table(
    "pg_catalog",
    "pg_table_def",
    "schemaname:name tablename:name column:name type:text encoding:text distkey:bool sortkey:int4 notnull:bool",
)
def _pg_table_def(session: Session) -> Rows:
    visible = {*search_path(session), *(each.schema for each in session.temporary.values())}
    for each in relations_of(session):
        if each.schema not in visible or not each.stores_rows:
            continue
        for column in each.columns:
            order = each.sort_keys.index(column.name) + 1 if column.name in each.sort_keys else 0
            yield (
                each.schema, each.name, column.name, column.type.display, column.encoding or "none",
                each.dist_key == column.name, order, not column.nullable,
            )  # fmt: skip
