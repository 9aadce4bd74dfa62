"""The system tables and views that the leader node answers, and how each is made from the catalog.

Columns are those that clients of the mesh use (dbt, redshift_connector, people); their names and meaning are in "System
tables and views reference" of the Developer Guide and in the PostgreSQL 8.0 system catalogs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow

from local.redshift import catalog as objects
from local.redshift import types
from local.redshift.dialect.typed import quote_name, settle
from local.redshift.types import BIGINT, BOOL, INTEGER, NAME, OID, SMALLINT, TEXT, TIMESTAMP, Type, numeric

if TYPE_CHECKING:
    from local.redshift.catalog import Column, Relation
    from local.redshift.session import Session

_REWRITE = 500_000_000
Rows = Iterable[tuple[Any, ...]]


@dataclass(frozen=True)
class SystemTable:
    """``rows`` makes its content; ``changes_without_ddl`` means that it must be made again for each query."""

    columns: tuple[tuple[str, Type], ...]
    rows: Callable[[Session], Rows]
    changes_without_ddl: bool = False


TABLES: dict[tuple[str, str], SystemTable] = {}
_ARROW = {
    "int2": pyarrow.int16(),
    "int4": pyarrow.int32(),
    "int8": pyarrow.int64(),
    "oid": pyarrow.int32(),
    "bool": pyarrow.bool_(),
    "timestamp": pyarrow.timestamp("us"),
    "numeric": pyarrow.decimal128(19, 4),
}
_KINDS = {
    "name": NAME,
    "text": TEXT,
    "oid": OID,
    "int2": SMALLINT,
    "int4": INTEGER,
    "int8": BIGINT,
    "bool": BOOL,
    "timestamp": TIMESTAMP,
    "numeric": numeric(19, 4),
}

MACROS = """
CREATE OR REPLACE MACRO rs_format_type(kind, modifier) AS CASE CAST(kind AS INTEGER)
  WHEN 16 THEN 'boolean' WHEN 21 THEN 'smallint' WHEN 23 THEN 'integer' WHEN 20 THEN 'bigint' WHEN 700 THEN 'real'
  WHEN 701 THEN 'double precision' WHEN 1082 THEN 'date' WHEN 1083 THEN 'time without time zone'
  WHEN 1266 THEN 'time with time zone' WHEN 1114 THEN 'timestamp without time zone'
  WHEN 1184 THEN 'timestamp with time zone' WHEN 4000 THEN 'super' WHEN 6551 THEN 'binary varying' WHEN 1186 THEN 'interval'
  WHEN 1700 THEN 'numeric(' || (((modifier - 4) >> 16) & 65535) || ',' || ((modifier - 4) & 65535) || ')'
  WHEN 1042 THEN 'character(' || (modifier - 4) || ')' WHEN 1043 THEN 'character varying(' || (modifier - 4) || ')'
  WHEN 19 THEN 'name' WHEN 26 THEN 'oid' ELSE NULL END;
"""


def table(
    schema: str, name: str, columns: str, *, live: bool = False
) -> Callable[[Callable[[Session], Rows]], Callable[[Session], Rows]]:
    """Register a system table; ``columns`` is "name:kind name:kind …"."""

    def register(rows: Callable[[Session], Rows]) -> Callable[[Session], Rows]:
        pairs = tuple(each.split(":") for each in columns.split())
        TABLES[schema, name] = SystemTable(tuple((one, _KINDS[kind]) for one, kind in pairs), rows, live)
        return rows

    return register


def build(engine: duckdb.DuckDBPyConnection, place: str, key: tuple[str, str], session: Session) -> None:
    """Make one system table in a schema of the leader's database."""
    system = TABLES[key]
    rows = list(system.rows(session))
    arrays = [
        pyarrow.array([row[position] for row in rows], type=_ARROW.get(kind.name, pyarrow.string()))
        for position, (_, kind) in enumerate(system.columns)
    ]
    content = pyarrow.Table.from_arrays(arrays, names=[name for name, _ in system.columns])
    engine.register("content", content)
    engine.execute(f"CREATE OR REPLACE TABLE {place}.{quote_name('.'.join(key))} AS SELECT * FROM content")
    engine.unregister("content")


def _relations(session: Session) -> list[Relation]:
    return [*session.catalog.relations(), *session.temporary.values()]


def _schema_oids(session: Session) -> dict[str, int]:
    oids = {"pg_catalog": 11, "information_schema": 12}
    oids.update({each.name: each.oid for each in session.catalog.values("schema")})
    oids.update({each.schema: 9_000_000 + session.pid for each in session.temporary.values()})
    return oids


def _user_oid(session: Session, name: str) -> int:
    user = session.catalog.user(name)
    return user.oid if user else 1


def _columns(session: Session, relation: Relation) -> tuple[Column, ...]:
    return relation.columns if relation.kind != objects.LATE_BINDING_VIEW else ()


@table("pg_catalog", "pg_namespace", "oid:oid nspname:name nspowner:int4")
def _pg_namespace(session: Session) -> Rows:
    owners = {each.name: each.owner for each in session.catalog.values("schema")}
    for name, oid in _schema_oids(session).items():
        yield oid, name, _user_oid(session, owners.get(name, "rdsdb"))


@table(
    "pg_catalog", "pg_class", "oid:oid relname:name relnamespace:oid relowner:int4 relkind:text relnatts:int2"
)
def _pg_class(session: Session) -> Rows:
    schemas = _schema_oids(session)
    for each in _relations(session):
        kind = "r" if each.kind == objects.TABLE else "v"
        yield (
            each.oid,
            each.name,
            schemas.get(each.schema),
            _user_oid(session, each.owner),
            kind,
            len(each.columns),
        )


@table(
    "pg_catalog",
    "pg_attribute",
    "attrelid:oid attname:name atttypid:oid atttypmod:int4 attnum:int2 attnotnull:bool atthasdef:bool attisdropped:bool attisdistkey:bool attsortkeyord:int4",
)
def _pg_attribute(session: Session) -> Rows:
    for each in _relations(session):
        for number, column in enumerate(_columns(session, each), start=1):
            order = each.sort_keys.index(column.name) + 1 if column.name in each.sort_keys else 0
            yield (
                each.oid, column.name, column.type.oid, column.type.modifier, number, not column.nullable,
                column.default is not None, False, each.dist_key == column.name, order,
            )  # fmt: skip


@table("pg_catalog", "pg_type", "oid:oid typname:name typnamespace:oid typlen:int2")
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


@table("pg_catalog", "pg_description", "objoid:oid classoid:oid objsubid:int4 description:text")
def _pg_description(session: Session) -> Rows:
    for each in _relations(session):
        if each.comment:
            yield each.oid, 1259, 0, each.comment
        for number, column in enumerate(each.columns, start=1):
            if column.comment:
                yield each.oid, 1259, number, column.comment


@table(
    "pg_catalog",
    "pg_depend",
    "classid:oid objid:oid objsubid:int4 refclassid:oid refobjid:oid refobjsubid:int4 deptype:text",
)
def _pg_depend(session: Session) -> Rows:
    for each in session.catalog.relations():
        for _, oid in each.bindings:
            yield 2618, each.oid + _REWRITE, 0, 1259, oid, 0, "n"


@table("pg_catalog", "pg_rewrite", "oid:oid ev_class:oid rulename:name")
def _pg_rewrite(session: Session) -> Rows:
    for each in session.catalog.relations():
        if each.bindings:
            yield each.oid + _REWRITE, each.oid, "_RETURN"


@table("pg_catalog", "pg_proc", "oid:oid proname:name pronamespace:oid")
def _pg_proc(session: Session) -> Rows:
    return ()


@table("pg_catalog", "pg_database", "oid:oid datname:name datdba:int4")
def _pg_database(session: Session) -> Rows:
    yield 100, session.cluster.database, _user_oid(session, session.cluster.master_user)


@table("pg_catalog", "pg_tables", "schemaname:name tablename:name tableowner:name")
def _pg_tables(session: Session) -> Rows:
    return (
        (each.schema, each.name, each.owner) for each in _relations(session) if each.kind == objects.TABLE
    )


@table("pg_catalog", "pg_views", "schemaname:name viewname:name viewowner:name definition:text")
def _pg_views(session: Session) -> Rows:
    return (
        (each.schema, each.name, each.owner, _definition(each))
        for each in _relations(session)
        if each.kind != objects.TABLE
    )


def _definition(relation: Relation) -> str:
    if relation.kind == objects.MATERIALIZED_VIEW:
        return f"create materialized view {relation.display} as ({relation.definition});"
    if relation.kind == objects.LATE_BINDING_VIEW:
        return f"create view {relation.display} as {relation.definition} with no schema binding;"
    return relation.definition


@table(
    "pg_catalog",
    "pg_user",
    "usename:name usesysid:int4 usecreatedb:bool usesuper:bool usecatupd:bool passwd:text",
)
def _pg_user(session: Session) -> Rows:
    for each in session.catalog.values("user"):
        yield each.name, each.oid, each.create_database, each.superuser, False, "********"


@table("pg_catalog", "pg_group", "groname:name grosysid:int4")
def _pg_group(session: Session) -> Rows:
    return ((each.name, each.oid) for each in session.catalog.values("group") if each.kind == "group")


@table("pg_catalog", "svv_roles", "role_id:int4 role_name:text role_owner:text")
def _svv_roles(session: Session) -> Rows:
    return (
        (each.oid, each.name, session.cluster.master_user)
        for each in session.catalog.values("group")
        if each.kind == "role"
    )


@table(
    "pg_catalog",
    "pg_table_def",
    "schemaname:name tablename:name column:name type:text encoding:text distkey:bool sortkey:int4 notnull:bool",
)
def _pg_table_def(session: Session) -> Rows:
    from local.redshift.environment import search_path

    visible = {*search_path(session), *(each.schema for each in session.temporary.values())}
    for each in _relations(session):
        if each.schema not in visible or not each.stores_rows:
            continue
        for column in each.columns:
            order = each.sort_keys.index(column.name) + 1 if column.name in each.sort_keys else 0
            yield (
                each.schema, each.name, column.name, column.type.display, column.encoding or "none",
                each.dist_key == column.name, order, not column.nullable,
            )  # fmt: skip


@table("information_schema", "schemata", "catalog_name:name schema_name:name schema_owner:name")
def _schemata(session: Session) -> Rows:
    for each in session.catalog.values("schema"):
        yield session.cluster.database, each.name, each.owner
    for name in ("pg_catalog", "information_schema"):
        yield session.cluster.database, name, "rdsdb"


@table("information_schema", "tables", "table_catalog:name table_schema:name table_name:name table_type:text")
def _tables(session: Session) -> Rows:
    for each in _relations(session):
        kind = "BASE TABLE" if each.kind == objects.TABLE else "VIEW"
        yield session.cluster.database, each.schema, each.name, "LOCAL TEMPORARY" if each.temporary else kind


@table(
    "information_schema", "views", "table_catalog:name table_schema:name table_name:name view_definition:text"
)
def _views(session: Session) -> Rows:
    for each in _relations(session):
        if each.kind != objects.TABLE:
            yield session.cluster.database, each.schema, each.name, _definition(each)


_COLUMNS = (
    "table_catalog:name table_schema:name table_name:name column_name:name ordinal_position:int4 column_default:text "
    "is_nullable:text data_type:text character_maximum_length:int4 numeric_precision:int4 numeric_scale:int4 "
    "datetime_precision:int4 remarks:text"
)


def _precision(kind: Type) -> tuple[int | None, int | None]:
    if kind.name == "numeric":
        return kind.precision, kind.scale
    return {
        "int2": (16, 0),
        "int4": (32, 0),
        "int8": (64, 0),
        "float4": (24, None),
        "float8": (53, None),
    }.get(kind.name, (None, None))


def _described(session: Session, relation: Relation) -> Rows:
    for number, column in enumerate(_columns(session, relation), start=1):
        precision, scale = _precision(column.type)
        yield (
            session.cluster.database, relation.schema, relation.name, column.name, number, column.default,
            "YES" if column.nullable else "NO", column.type.family,
            column.type.length if column.type.name in ("char", "varchar") else None, precision, scale,
            6 if column.type.name in ("timestamp", "timestamptz", "time") else None, column.comment,
        )  # fmt: skip


@table("information_schema", "columns", _COLUMNS)
def _information_columns(session: Session) -> Rows:
    for each in _relations(session):
        yield from _described(session, each)


TABLES["pg_catalog", "svv_columns"] = TABLES["information_schema", "columns"]
TABLES["pg_catalog", "svv_tables"] = TABLES["information_schema", "tables"]


@table(
    "pg_catalog",
    "svv_redshift_columns",
    "database_name:text schema_name:text table_name:text column_name:text ordinal_position:int4 data_type:text column_default:text is_nullable:text encoding:text distkey:bool sortkey:int4 column_acl:text remarks:text",
)
def _svv_redshift_columns(session: Session) -> Rows:
    for each in _relations(session):
        for number, column in enumerate(_columns(session, each), start=1):
            order = each.sort_keys.index(column.name) + 1 if column.name in each.sort_keys else 0
            yield (
                session.cluster.database, each.schema, each.name, column.name, number, column.type.display, column.default,
                "YES" if column.nullable else "NO", column.encoding or "none", each.dist_key == column.name, order, "",
                column.comment,
            )  # fmt: skip


@table(
    "pg_catalog",
    "svv_redshift_tables",
    "database_name:text schema_name:text table_name:text table_type:text table_acl:text remarks:text",
)
def _svv_redshift_tables(session: Session) -> Rows:
    for each in _relations(session):
        yield (
            session.cluster.database,
            each.schema,
            each.name,
            "TABLE" if each.kind == objects.TABLE else "VIEW",
            "",
            each.comment,
        )


@table(
    "pg_catalog",
    "pg_get_late_binding_view_cols()",
    "view_schema:name view_name:name col_name:name col_type:text ordinal_position:int4",
    live=True,
)
def _late_binding_columns(session: Session) -> Rows:
    """Views whose query no longer works are left out, as Redshift does."""
    from local.redshift.dialect.reading import parse
    from local.redshift.errors import SqlError
    from local.redshift.query_statements import translate_query

    for each in session.catalog.relations():
        if each.kind != objects.LATE_BINDING_VIEW:
            continue
        try:
            columns = translate_query(session, parse(each.definition)).columns
        except SqlError:
            continue
        for number, column in enumerate(columns, start=1):
            yield each.schema, each.name, column.name, settle(column.type).display, number


TABLES["pg_get_late_binding_view_cols", "()"] = TABLES.pop(("pg_catalog", "pg_get_late_binding_view_cols()"))


@table(
    "pg_catalog",
    "svv_table_info",
    "database:text schema:text table_id:int4 table:text encoded:text diststyle:text sortkey1:text max_varchar:int4 sortkey1_enc:text sortkey_num:int4 size:int8 pct_used:numeric empty:int8 unsorted:numeric stats_off:numeric tbl_rows:numeric skew_sortkey1:numeric skew_rows:numeric estimated_visible_rows:numeric",
    live=True,
)
def _svv_table_info(session: Session) -> Rows:
    """Only tables with rows are listed, as in Redshift."""
    for each in _relations(session):
        if not each.stores_rows or each.temporary:
            continue
        count = session.engine.execute(f"SELECT count(*) FROM {each.storage}").fetchone()[0]
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


@table(
    "pg_catalog",
    "svv_mv_info",
    "database_name:text schema_name:text user_name:text name:text is_stale:text autorefresh:text state:int4",
)
def _svv_mv_info(session: Session) -> Rows:
    for each in session.catalog.relations():
        if each.kind == objects.MATERIALIZED_VIEW:
            yield session.cluster.database, each.schema, each.owner, each.name, "t", "f", 1


@table(
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


@table(
    "pg_catalog",
    "svv_external_schemas",
    "esoid:oid eskind:int2 schemaname:name esowner:int4 databasename:text esoptions:text",
)
def _svv_external_schemas(session: Session) -> Rows:
    for each in session.catalog.values("schema"):
        if each.external is not None:
            options = f'{{"IAM_ROLE":"{each.external.role_arn}","CATALOG_ID":"{each.external.account}"}}'
            yield each.oid, 1, each.name, _user_oid(session, each.owner), each.external.database, options


@table(
    "pg_catalog",
    "svv_external_tables",
    "schemaname:text tablename:text tabletype:text location:text input_format:text output_format:text serialization_lib:text serde_parameters:text compressed:int4 parameters:text",
    live=True,
)
def _svv_external_tables(session: Session) -> Rows:
    from local.redshift import external_schemas

    for schema, external in external_schemas.every_table(session):
        yield schema, external.name, "TABLE", external.location, external.format, None, None, None, 0, None


@table(
    "pg_catalog",
    "svv_external_columns",
    "schemaname:text tablename:text columnname:text external_type:text columnnum:int4 part_key:int4 is_nullable:text",
    live=True,
)
def _svv_external_columns(session: Session) -> Rows:
    from local.redshift import external_schemas

    for schema, external in external_schemas.every_table(session):
        for number, (name, kind, partition) in enumerate(external.described_columns(), start=1):
            yield schema, external.name, name, kind, number, partition, "true"


@table(
    "pg_catalog", "stv_sessions", "starttime:timestamp process:int4 user_name:text db_name:text", live=True
)
def _stv_sessions(session: Session) -> Rows:
    for each in session.cluster.sessions():
        yield each.statement_time, each.pid, each.user, session.cluster.database
