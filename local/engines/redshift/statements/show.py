"""SHOW SCHEMAS, TABLES, COLUMNS and GRANTS ("SHOW" commands in the Developer Guide)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from local.engines.redshift import catalog as objects
from local.engines.redshift import errors, external_schemas, types
from local.engines.redshift.catalog import Relation
from local.engines.redshift.dialect.reading import TokenReader, parse
from local.engines.redshift.dialect.scope import Resolved
from local.engines.redshift.dialect.typed import Output
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.session import Plan, Result, Session
from local.engines.redshift.statements import relations
from local.engines.redshift.system_catalog import tables
from local.engines.redshift.translation import translate_query

Rows = list[tuple[Any, ...]]


def plan_show(session: Session, reader: TokenReader) -> Plan | None:
    """The plan of a SHOW of catalog objects, or None when it shows a setting."""
    if reader.accept("SCHEMAS", "FROM", "DATABASE"):
        database = reader.identifier()
        like, limit = _like_and_limit(reader)
        return _plan(_SCHEMAS, lambda: _schemas(session, database, like)[:limit])
    if reader.accept("TABLES", "FROM", "SCHEMA"):
        name = reader.qualified_name()
        like, limit = _like_and_limit(reader)
        return _plan(_TABLES, lambda: _tables(session, name, like)[:limit])
    if reader.accept("COLUMNS", "FROM", "TABLE"):
        name = reader.qualified_name()
        like, limit = _like_and_limit(reader)
        return _plan(_COLUMNS, lambda: _columns(session, name, like)[:limit])
    if reader.accept("GRANTS", "ON"):
        kind = reader.take().text.lower()
        if kind not in ("table", "schema", "database"):
            raise unsupported(f"SHOW GRANTS ON {kind.upper()}")
        name = reader.qualified_name()
        reader.expect_end()
        return _plan(_GRANTS, lambda: _grants(session, kind, name))
    if reader.accept("TABLE"):
        return _definition(session, reader, "Table", _table_definition)
    if reader.accept("VIEW"):
        return _definition(session, reader, "View", _view_definition)
    for words in ("DATABASES", "EXTERNAL", "GRANTS", "PROCEDURE", "MODEL", "DATASHARES"):
        if reader.accept(words):
            raise unsupported(f"SHOW {words}")
    return None


def _definition(
    session: Session, reader: TokenReader, kind: str, describe: Callable[[Session, tuple[str, ...]], str]
) -> Plan:
    name = reader.qualified_name()
    reader.expect_end()
    return _plan((Output(f"{kind} DDL Statement", types.TEXT),), lambda: [(describe(session, name),)])


def _outputs(text: str) -> tuple[Output, ...]:
    kinds = {"t": types.TEXT, "i": types.INTEGER, "ts": types.TIMESTAMP, "b": types.BOOL}
    return tuple(Output(name, kinds[kind]) for name, kind in (each.split(":") for each in text.split()))


_SCHEMAS = _outputs(
    "database_name:t schema_name:t schema_owner:i schema_type:t schema_acl:t source_database:t schema_option:t"
)
_TABLES = _outputs(
    "database_name:t schema_name:t table_name:t table_type:t table_acl:t remarks:t owner:t last_altered_time:ts last_modified_time:ts dist_style:t table_subtype:t"
)
_COLUMNS = _outputs(
    "database_name:t schema_name:t table_name:t column_name:t ordinal_position:i column_default:t is_nullable:t data_type:t character_maximum_length:i numeric_precision:i numeric_scale:i remarks:t sort_key_type:t sort_key_order:i dist_key:i encoding:t collation:t"
)
_GRANTS = _outputs(
    "database_name:t schema_name:t object_name:t object_type:t privilege_type:t identity_id:i identity_name:t identity_type:t admin_option:b privilege_scope:t grantor_name:t"
)


def _plan(columns: tuple[Output, ...], rows: Callable[[], Rows]) -> Plan:
    def run(parameters: Sequence[Any]) -> Result:
        found = rows()
        return Result("SHOW", columns, found, len(found))

    return Plan(run, columns)


def _like_and_limit(reader: TokenReader) -> tuple[re.Pattern[str], int]:
    pattern, limit = "%", 10_000
    if reader.accept("LIKE"):
        pattern = reader.string()
    if reader.accept("LIMIT"):
        limit = reader.number()
    reader.expect_end()
    regular = "".join(".*" if each == "%" else "." if each == "_" else re.escape(each) for each in pattern)
    return re.compile(regular, re.DOTALL | re.IGNORECASE), limit


def _require_database(session: Session, name: str) -> None:
    if name != session.cluster.database:
        raise SqlError(errors.INVALID_CATALOG, f'database "{name}" does not exist')


def _schemas(session: Session, database: str, like: re.Pattern[str]) -> Rows:
    _require_database(session, database)
    found = []
    for each in sorted(session.catalog.values("schema"), key=lambda each: each.name):
        if like.fullmatch(each.name):
            owner = session.catalog.user(each.owner)
            external = each.external is not None
            found.append(
                (database, each.name, owner.oid if owner else None, "external" if external else "local", None,
                 each.external.database if external else None, None)
            )  # fmt: skip
    return found


def _tables(session: Session, name: tuple[str, ...], like: re.Pattern[str]) -> Rows:
    if len(name) > 1:
        _require_database(session, name[0])
    schema = session.catalog.schema(name[-1])
    if schema is None:
        raise SqlError(errors.UNDEFINED_SCHEMA, f'schema "{name[-1]}" does not exist')
    database = session.cluster.database
    if schema.external is not None:
        listed = external_schemas.tables_of(schema)
        return [
            (
                database,
                schema.name,
                each.name,
                "EXTERNAL TABLE",
                None,
                None,
                schema.owner,
                None,
                None,
                None,
                "EXTERNAL TABLE",
            )
            for each in sorted(listed, key=lambda each: each.name)
            if like.fullmatch(each.name)
        ]
    subtypes = {
        objects.TABLE: ("TABLE", "REGULAR TABLE"),
        objects.VIEW: ("VIEW", "REGULAR VIEW"),
        objects.LATE_BINDING_VIEW: ("VIEW", "LATE BINDING VIEW"),
        objects.MATERIALIZED_VIEW: ("VIEW", "MATERIALIZED VIEW"),
    }
    return [
        (database, schema.name, each.name, subtypes[each.kind][0], None, each.comment, each.owner, each.created, each.created,
         each.dist_style, subtypes[each.kind][1])
        for each in sorted(session.catalog.relations(schema.name), key=lambda each: each.name)
        if like.fullmatch(each.name)
    ]  # fmt: skip


def _columns(session: Session, name: tuple[str, ...], like: re.Pattern[str]) -> Rows:
    resolved = relations.resolve(session, name)
    database = session.cluster.database
    schema_name, _, table_name = resolved.display.partition(".")
    relation = resolved.subject if isinstance(resolved.subject, Relation) else None
    described = list(relation.columns) if relation is not None else []
    if (relation is not None and relation.kind == objects.LATE_BINDING_VIEW) or relation is None:
        described = [objects.Column(each.name, each.type) for each in _live_columns(session, resolved)]
    found = []
    for number, column in enumerate(described, start=1):
        if not like.fullmatch(column.name):
            continue
        precision, scale = tables.precision_of(column.type)
        order = (
            relation.sort_keys.index(column.name) + 1
            if relation and column.name in relation.sort_keys
            else None
        )
        found.append(
            (database, schema_name, table_name, column.name, number, column.default, "YES" if column.nullable else "NO",
             column.type.family, column.type.length if column.type.name in ("char", "varchar") else None, precision, scale,
             column.comment, relation.sort_style if relation and order else None, order,
             1 if relation and relation.dist_key == column.name else None, column.encoding, None)
        )  # fmt: skip
    return found


def _live_columns(session: Session, resolved: Resolved) -> tuple[Output, ...]:
    if resolved.kind != "view":
        return resolved.columns
    return translate_query(session, parse(resolved.subject.definition)).columns


def _grants(session: Session, kind: str, name: tuple[str, ...]) -> Rows:
    database = session.cluster.database
    place: tuple[str | None, str | None]
    if kind == "table":
        relation = relations.resolve(session, name).subject
        if not isinstance(relation, Relation):
            return []
        place, grants = (relation.schema, relation.name), session.catalog.grants("relation", relation.oid)
    elif kind == "schema":
        place, grants = (name[-1], None), session.catalog.grants("schema", name[-1])
    else:
        place, grants = (None, None), session.catalog.grants("database", name[-1])
    rows = []
    for grant in sorted(grants, key=lambda each: (each.privilege, each.grantee)):
        identity = grant.grantee if grant.grantee_kind != "group" else f"/{grant.grantee}"
        identity_kind = "role" if grant.grantee_kind == "group" else grant.grantee_kind
        user = session.catalog.user(grant.grantee)
        rows.append(
            (database, place[0], place[1], kind.upper(), grant.privilege.upper(), user.oid if user else 0, identity,
             identity_kind, grant.grantable, "TABLE" if kind == "table" else kind.upper(), grant.grantor)
        )  # fmt: skip
    return rows


def _table_definition(session: Session, name: tuple[str, ...]) -> str:
    """CREATE TABLE of a table of the cluster, as "SHOW TABLE" lays it out."""
    relation = relations.resolve(session, name).subject
    if not isinstance(relation, Relation) or relation.kind != objects.TABLE:
        raise SqlError(errors.WRONG_OBJECT_TYPE, f'"{name[-1]}" is not a table')
    lines = []
    for column in relation.columns:
        line = f"    {column.name} {column.type.display}"
        line += " NOT NULL" if not column.nullable else ""
        line += f" DEFAULT {column.default}" if column.default is not None else ""
        if column.identity is not None:
            kind = "GENERATED BY DEFAULT AS IDENTITY" if column.identity_by_default else "IDENTITY"
            line += f" {kind}({column.identity[0]}, {column.identity[1]})"
        lines.append(line + (f" ENCODE {column.encoding}" if column.encoding else ""))
    lines += [
        f"    {kind} ({', '.join(columns)})" for kind, columns in relation.keys if kind != "FOREIGN KEY"
    ]
    listed = ",\n".join(lines)
    end = f"DISTSTYLE {relation.dist_style}"
    end += f"\nDISTKEY ({relation.dist_key})" if relation.dist_key else ""
    end += f"\nSORTKEY ({', '.join(relation.sort_keys)})" if relation.sort_keys else ""
    return f"CREATE TABLE {relation.display} (\n{listed}\n)\n{end};"


def _view_definition(session: Session, name: tuple[str, ...]) -> str:
    relation = relations.resolve(session, name).subject
    if not isinstance(relation, Relation) or relation.kind == objects.TABLE:
        raise SqlError(errors.WRONG_OBJECT_TYPE, f'"{name[-1]}" is not a view')
    return tables.definition_of(relation)
