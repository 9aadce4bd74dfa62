"""The PostgreSQL catalog: pg_* tables and views."""

from __future__ import annotations

from local.engines.redshift import catalog as objects
from local.engines.redshift import types
from local.engines.redshift.catalog import Relation
from local.engines.redshift.dialect.functions.system import ENCODINGS
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
_DISTRIBUTIONS = {"EVEN": 0, "KEY": 1, "ALL": 8, "AUTO": 9}
"""pg_class.reldiststyle ("PG_CLASS_INFO")."""
_CONSTRAINTS = {"PRIMARY KEY": "p", "UNIQUE": "u", "FOREIGN KEY": "f"}


def _primary_key(relation: Relation) -> tuple[str, ...] | None:
    return next((columns for kind, columns in relation.keys if kind == "PRIMARY KEY"), None)


@TABLES.table("pg_catalog", "pg_namespace", "oid:oid nspname:name nspowner:int4")
def _pg_namespace(session: Session) -> Rows:
    owners = {each.name: each.owner for each in session.catalog.values("schema")}
    for name, oid in schema_oids(session).items():
        yield oid, name, user_oid(session, owners.get(name, "rdsdb"))


@TABLES.table(
    "pg_catalog",
    "pg_class",
    "oid:oid relname:name relnamespace:oid reltype:oid relowner:int4 relam:oid reltablespace:oid relpages:int4 "
    "relhasindex:bool relisshared:bool relkind:text relnatts:int2 reldiststyle:int2 relchecks:int2 reltriggers:int2 "
    "relhasoids:bool relhaspkey:bool relhasrules:bool relhassubclass:bool relacl:text",
)
def _pg_class(session: Session) -> Rows:
    schemas = schema_oids(session)
    for each in relations_of(session):
        kind = "r" if each.kind == objects.TABLE else "v"
        yield (
            each.oid, each.name, schemas.get(each.schema), 0, user_oid(session, each.owner), 0, 0, 0, False, False, kind,
            len(each.columns), _DISTRIBUTIONS[each.dist_style], 0, 0, False, _primary_key(each) is not None,
            kind == "v", False, None,
        )  # fmt: skip


@TABLES.table(
    "pg_catalog",
    "pg_attribute",
    "attrelid:oid attname:name atttypid:oid attstattarget:int4 attlen:int2 attnum:int2 attndims:int4 atttypmod:int4 "
    "attnotnull:bool atthasdef:bool attisdropped:bool attislocal:bool attencodingtype:int2 attisdistkey:bool "
    "attsortkeyord:int4",
)
def _pg_attribute(session: Session) -> Rows:
    for each in relations_of(session):
        for number, column in enumerate(listed_columns(session, each), start=1):
            order = each.sort_keys.index(column.name) + 1 if column.name in each.sort_keys else 0
            yield (
                each.oid, column.name, column.type.oid, -1, _length(column.type), number, 0, column.type.modifier,
                not column.nullable, column.default is not None, False, True, _encoding_number(column.encoding),
                each.dist_key == column.name, order,
            )  # fmt: skip


def _encoding_number(encoding: str | None) -> int:
    """pg_attribute.attencodingtype of an encoding; `raw` and none are the same."""
    return ENCODINGS.index(encoding) if encoding in ENCODINGS else 0


_LENGTHS = {"bool": 1, "int2": 2, "int4": 4, "int8": 8, "float4": 4, "float8": 8, "date": 4, "time": 8, "timestamp": 8,
            "timestamptz": 8, "oid": 4, "name": 128}  # fmt: skip


def _length(kind: Type) -> int:
    return _LENGTHS.get(kind.name, -1)


@TABLES.table("pg_catalog", "pg_attrdef", "adrelid:oid adnum:int2 adbin:text adsrc:text")
def _pg_attrdef(session: Session) -> Rows:
    for each in relations_of(session):
        for number, column in enumerate(listed_columns(session, each), start=1):
            if column.default is not None:
                yield each.oid, number, column.default, column.default
            elif column.identity is not None:
                seed, step = column.identity
                text = f"\"identity\"({each.oid}, {number - 1}, '{seed},{step}'::text)"
                yield each.oid, number, text, text


@TABLES.table(
    "pg_catalog",
    "pg_constraint",
    "oid:oid conname:name connamespace:oid contype:text condeferrable:bool condeferred:bool conrelid:oid contypid:oid "
    "confrelid:oid confupdtype:text confdeltype:text confmatchtype:text conkey:int2s confkey:int2s conbin:text "
    "consrc:text",
)
def _pg_constraint(session: Session) -> Rows:
    schemas = schema_oids(session)
    for each in relations_of(session):
        numbers = {column.name: number for number, column in enumerate(each.columns, start=1)}
        for oid, kind, columns in each.constraints:
            suffix = {"PRIMARY KEY": "pkey", "UNIQUE": "key", "FOREIGN KEY": "fkey"}[kind]
            name = f"{each.name}_{suffix}" if kind == "PRIMARY KEY" else f"{each.name}_{columns[0]}_{suffix}"
            yield (
                oid, name, schemas.get(each.schema), _CONSTRAINTS[kind], False, False,
                each.oid, 0, 0, " ", " ", " ", [numbers[column] for column in columns], None, None,
                f"{kind} ({', '.join(columns)})",
            )  # fmt: skip


def _nothing(session: Session) -> Rows:
    return ()


for _name, _columns in {
    "pg_index": "indexrelid:oid indrelid:oid indkey:text indclass:text indnatts:int2 indisunique:bool indisprimary:bool "
    "indisclustered:bool indexprs:text indpred:text",
    "pg_indexes": "schemaname:name tablename:name indexname:name tablespace:name indexdef:text",
    "pg_inherits": "inhrelid:oid inhparent:oid inhseqno:int4",
    "pg_trigger": "oid:oid tgrelid:oid tgname:name tgfoid:oid tgtype:int2 tgenabled:bool tgisconstraint:bool",
    "pg_am": "oid:oid amname:name",
    "pg_enum": "oid:oid enumtypid:oid enumlabel:name",
}.items():
    # Redshift has no indexes, triggers, inheritance or enumerations: clients ask, and there are none.
    TABLES.table("pg_catalog", _name, _columns)(_nothing)


@TABLES.table(
    "pg_catalog",
    "pg_type",
    "oid:oid typname:name typnamespace:oid typowner:int4 typlen:int2 typtype:text typdelim:text typrelid:oid "
    "typelem:oid typinput:text typnotnull:bool typbasetype:oid typtypmod:int4 typdefault:text",
)
def _pg_type(session: Session) -> Rows:
    for name in (
        "bool", "int2", "int4", "int8", "numeric", "float4", "float8", "varchar", "date", "time", "timetz", "timestamp",
        "timestamptz", "super", "varbyte", "interval", "name", "oid",
    ):  # fmt: skip
        yield _described_type(Type(name).oid, name, _length(Type(name)))
    yield _described_type(types.char(1).oid, "bpchar", -1)
    yield _described_type(25, "text", -1)


def _described_type(oid: int, name: str, length: int) -> tuple[object, ...]:
    return oid, name, 11, 1, length, "b", ",", 0, 0, f"{name}in", False, 0, -1, None


@TABLES.table("current_database", "()", "current_database:name")
def _current_database(session: Session) -> Rows:
    """A function in FROM is a table of one row."""
    yield (session.cluster.database,)


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


@TABLES.table(
    "pg_catalog",
    "pg_proc",
    "oid:oid proname:name pronamespace:oid proowner:int4 prolang:oid proisagg:bool proretset:bool provolatile:text "
    "pronargs:int2 prorettype:oid prosrc:text",
)
def _pg_proc(session: Session) -> Rows:
    schemas = schema_oids(session)
    for each in session.catalog.values("function"):
        yield (
            each.oid, each.name, schemas.get(each.schema), user_oid(session, each.owner), 14, False, False,
            each.volatility[0].lower(), len(each.arguments), each.returns.oid, each.body,
        )  # fmt: skip


@TABLES.table(
    "pg_catalog",
    "pg_database",
    "oid:oid datname:name datdba:int4 encoding:int4 datistemplate:bool datallowconn:bool datacl:text",
)
def _pg_database(session: Session) -> Rows:
    yield 100, session.cluster.database, user_oid(session, session.cluster.master_user), 6, False, True, None


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
