"""System information functions, most of them of the leader node."""

from __future__ import annotations

from local.engines.redshift import types
from local.engines.redshift.dialect.functions.registry import Call, scalar
from local.engines.redshift.dialect.typed import Typed, quote_text
from local.engines.redshift.errors import unsupported
from local.engines.redshift.types import BOOL, INTEGER, NAME, NAMES, TEXT

ENCODINGS = (
    "none", "delta", "bytedict", "runlength", "lzo", "delta32k", "text255", "text32k", "mostly8", "mostly16", "mostly32",
    "zstd", "az64",
)  # fmt: skip
"""format_encoding() gives the name of pg_attribute.attencodingtype; the numbers are ours."""


def _value(call: Call, name: str) -> Typed:
    call.count(0)
    return call.scope.compilation.environment.session_value(name)


@scalar(
    "current_database",
    "current_user",
    "user",
    "session_user",
    "version",
    "pg_backend_pid",
    "pg_last_query_id",
    "current_schema",
    "current_user_id",
    "current_namespace",
)
def _session_value(call: Call) -> Typed:
    return _value(call, call.name)


@scalar("current_schemas")
def _current_schemas(call: Call) -> Typed:
    """The schemas of the search path; with TRUE, the system's own too."""
    call.count(1)
    call.scope.compilation.leader_function = call.name
    implicit = call.argument(0).sql == "TRUE"
    found = call.scope.compilation.environment.session_value("visible_schemas" if implicit else "search_path")
    return call.result(found.sql, NAMES)


@scalar("current_setting")
def _current_setting(call: Call) -> Typed:
    call.count(1)
    value = call.scope.compilation.environment.session_value("setting:" + call.constant_text(0))
    return call.result(value.sql, TEXT)


@scalar("pg_terminate_backend", "pg_cancel_backend")
def _end_backend(call: Call) -> Typed:
    (pid,) = call.take("integer")
    if not isinstance(pid.constant, int):
        raise unsupported(f"function {call.name} with an argument that is not a constant")
    value = call.scope.compilation.environment.session_value(f"{call.name}:{pid.constant}")
    return call.result(value.sql, BOOL if call.name == "pg_terminate_backend" else INTEGER)


@scalar("has_table_privilege", "has_schema_privilege", "has_database_privilege")
def _has_privilege(call: Call) -> Typed:
    """HAS_…_PRIVILEGE([user,] object, privilege): the object must be a constant, user and privilege may be columns."""
    call.count(2, 3)
    call.scope.compilation.volatile = True
    values = call.arguments()
    user = values[0] if len(values) == 3 else call.scope.compilation.environment.session_value("current_user")
    subject, privilege = values[-2], values[-1]
    if not isinstance(subject.constant, str):
        raise unsupported(f"function {call.name} of an object that is not a constant")
    kind = call.name.split("_")[1]
    holders = call.scope.compilation.environment.session_value(f"privileges:{kind}:{subject.constant}")
    return call.result(f"list_contains({holders.sql}, {user.sql} || '/' || lower({privilege.sql}))", BOOL)


@scalar("format_type")
def _format_type(call: Call) -> Typed:
    call.scope.compilation.leader_function = "format_type"
    values = call.arguments()
    call.count(2)
    return call.result(f"rs_format_type({values[0].sql}, {values[1].sql})", TEXT)


@scalar("pg_get_userbyid")
def _user_by_id(call: Call) -> Typed:
    compilation = call.scope.compilation
    compilation.leader_function = call.name
    (identifier,) = call.take("integer")
    users = compilation.environment.resolve(("pg_catalog", "pg_user"), None).sql
    found = f"SELECT usename FROM {users} AS users_ WHERE usesysid = {identifier.sql}"
    nobody = f"'unknown (OID=' || {identifier.sql} || ')'"
    return call.result(f"coalesce(({found}), {nobody})", NAME)


def _catalog(call: Call, name: str) -> str:
    """A table of the PostgreSQL catalog, which only the leader node has."""
    compilation = call.scope.compilation
    compilation.leader_function = call.name
    return compilation.environment.resolve(("pg_catalog", name), None).sql


@scalar("obj_description", "col_description")
def _description(call: Call) -> Typed:
    """The comment on an object, or on one of its columns."""
    values = call.arguments()
    call.count(*((1, 2) if call.name == "obj_description" else (2,)))
    number = values[1].sql if call.name == "col_description" else "0"
    table = _catalog(call, "pg_description")
    found = f"SELECT description FROM {table} AS d_ WHERE objoid = {values[0].sql} AND objsubid = {number}"
    return call.result(f"({found})", TEXT)


@scalar("pg_get_expr")
def _expression(call: Call) -> Typed:
    """A default is stored as the text that it was written as."""
    call.count(2, 3)
    call.scope.compilation.leader_function = call.name
    return call.result(call.argument(0).sql, TEXT)


@scalar("pg_get_constraintdef")
def _constraint_definition(call: Call) -> Typed:
    call.count(1, 2)
    call.scope.compilation.leader_function = call.name
    call.scope.compilation.volatile = True
    known = call.scope.compilation.environment.session_value("constraint_definitions")
    return call.result(f"map_extract_value({known.sql}, {call.argument(0).sql})", TEXT)


@scalar("pg_get_viewdef")
def _view_definition(call: Call) -> Typed:
    call.count(1, 2)
    classes, schemas, views = (_catalog(call, name) for name in ("pg_class", "pg_namespace", "pg_views"))
    found = (
        f"SELECT v_.definition FROM {classes} AS c_ JOIN {schemas} AS n_ ON n_.oid = c_.relnamespace "
        f"JOIN {views} AS v_ ON v_.schemaname = n_.nspname AND v_.viewname = c_.relname WHERE c_.oid = {call.argument(0).sql}"
    )
    return call.result(f"({found})", TEXT)


@scalar("pg_table_is_visible")
def _table_is_visible(call: Call) -> Typed:
    """Whether a table is found by its name alone: its schema is in the search path."""
    call.count(1)
    classes, schemas = _catalog(call, "pg_class"), _catalog(call, "pg_namespace")
    path = call.scope.compilation.environment.session_value("visible_schemas").sql
    found = (
        f"SELECT list_contains({path}, n_.nspname) FROM {classes} AS c_ JOIN {schemas} AS n_ "
        f"ON n_.oid = c_.relnamespace WHERE c_.oid = {call.argument(0).sql}"
    )
    return call.result(f"({found})", BOOL)


@scalar("pg_type_is_visible", "pg_function_is_visible")
def _is_visible(call: Call) -> Typed:
    """Every type is in pg_catalog."""
    call.count(1)
    call.scope.compilation.leader_function = call.name
    return call.result("TRUE", BOOL)


@scalar("format_encoding")
def _format_encoding(call: Call) -> Typed:
    (number,) = call.take("integer")
    call.scope.compilation.leader_function = call.name
    listed = ", ".join(quote_text(each) for each in ENCODINGS)
    return call.result(f"list_extract([{listed}], {number.sql} + 1)", TEXT)


@scalar("pg_encoding_to_char")
def _encoding_name(call: Call) -> Typed:
    """Every database is in UTF-8."""
    call.count(1)
    call.scope.compilation.leader_function = call.name
    return call.result("'UTF8'", NAME)


@scalar("array_to_string")
def _joined(call: Call) -> Typed:
    """Of an access list, which is text here already; or of the elements of an array."""
    call.count(2)
    value, separator = call.arguments()
    call.scope.compilation.leader_function = call.name
    if value.type.name == "smallints":
        return call.result(f"array_to_string({value.sql}, {separator.sql})", TEXT)
    return call.result(f"CAST({value.sql} AS VARCHAR)", TEXT)


def literal(text: str, name: str, kind: types.Type = TEXT) -> Typed:
    """A session value as a constant of a query."""
    return Typed(quote_text(text), kind, name=name)
