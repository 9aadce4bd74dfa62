"""System information functions, most of them of the leader node."""

from __future__ import annotations

from local.engines.redshift import types
from local.engines.redshift.dialect.functions.registry import Call, scalar
from local.engines.redshift.dialect.typed import Typed, quote_text
from local.engines.redshift.errors import unsupported
from local.engines.redshift.types import BOOL, INTEGER, NAME, TEXT


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
    raise unsupported("function current_schemas in the local Redshift")


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


@scalar("obj_description", "col_description", "pg_get_expr", "pg_get_constraintdef", "pg_get_viewdef")
def _catalog_text(call: Call) -> Typed:
    raise unsupported(f"function {call.name} in the local Redshift")


def literal(text: str, name: str, kind: types.Type = TEXT) -> Typed:
    """A session value as a constant of a query."""
    return Typed(quote_text(text), kind, name=name)
