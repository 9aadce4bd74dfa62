"""JSON and SUPER functions ("JSON functions", "SUPER type information functions" in the Developer Guide)."""

from __future__ import annotations

from local.engines.redshift import types
from local.engines.redshift.dialect.functions.registry import Call, scalar, simple
from local.engines.redshift.dialect.typed import Typed, quote_text
from local.engines.redshift.errors import INVALID_PARAMETER, INVALID_TEXT, raising, raising_with
from local.engines.redshift.types import BOOL, INTEGER, SUPER, TEXT

simple(
    "is_valid_json",
    "text",
    BOOL,
    "(rs_json_valid({0}) AND json_type(CASE WHEN rs_json_valid({0}) THEN {0} ELSE 'null' END) = 'OBJECT')",
)
simple(
    "is_valid_json_array",
    "text",
    BOOL,
    "(rs_json_valid({0}) AND json_type(CASE WHEN rs_json_valid({0}) THEN {0} ELSE 'null' END) = 'ARRAY')",
)
simple("can_json_parse", "text", BOOL, "rs_json_valid({0})")
simple("json_serialize", "super", TEXT, "CAST({0} AS VARCHAR)")
simple("json_size", "super", INTEGER, "CAST(strlen(CAST({0} AS VARCHAR)) AS INTEGER)")
simple("is_array", "super", BOOL, "(json_type({0}) = 'ARRAY')")
simple("is_object", "super", BOOL, "(json_type({0}) = 'OBJECT')")
simple("is_varchar", "super", BOOL, "(json_type({0}) = 'VARCHAR')")
simple("is_boolean", "super", BOOL, "(json_type({0}) = 'BOOLEAN')")
simple("is_scalar", "super", BOOL, "(json_type({0}) NOT IN ('ARRAY', 'OBJECT'))")
simple(
    "get_array_length",
    "super",
    INTEGER,
    "CASE WHEN json_type({0}) = 'ARRAY' THEN CAST(json_array_length({0}) AS INTEGER) END",
)
simple(
    "json_typeof",
    "super",
    types.varchar(16),
    "(CASE json_type({0}) WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'object' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'VARCHAR' THEN 'string' WHEN 'NULL' THEN 'null' ELSE CASE WHEN {0} IS NOT NULL THEN 'number' END END)",
)
simple("split_to_array", "text text", SUPER, "CAST(to_json(string_split({0}, {1})) AS JSON)")


@scalar("json_parse")
def _json_parse(call: Call) -> Typed:
    (text,) = call.take("text")
    wrong = raising_with(INVALID_TEXT, "JSON parsing error near: ", text.sql)
    return call.result(
        f"CASE WHEN {text.sql} IS NULL THEN NULL WHEN rs_json_valid({text.sql}) THEN CAST({text.sql} AS JSON) ELSE {wrong} END",
        SUPER,
    )


def _null_if_invalid(call: Call) -> tuple[list[Typed], bool]:
    """The arguments without a last boolean, and that boolean."""
    values = call.arguments()
    if values and values[-1].type.name == "bool":
        return values[:-1], values[-1].sql == "TRUE"
    return values, False


def _otherwise(lenient: bool) -> str:
    return "NULL" if lenient else raising(INVALID_PARAMETER, "JSON parsing error")


@scalar("json_extract_path_text")
def _path_text(call: Call) -> Typed:
    """JSON_EXTRACT_PATH_TEXT(json, key, … [, null_if_invalid])."""
    (text, *keys), lenient = _null_if_invalid(call)
    if not keys or any(not isinstance(each.constant, str) for each in keys):
        raise call.missing([each.type for each in (text, *keys)])
    path = quote_text("$" + "".join('."' + str(each.constant).replace('"', '\\"') + '"' for each in keys))
    return call.result(
        f"CASE WHEN {text.sql} IS NULL THEN NULL WHEN rs_json_valid({text.sql}) THEN json_extract_string({text.sql}, {path}) ELSE {_otherwise(lenient)} END",
        TEXT,
    )


@scalar("json_extract_array_element_text")
def _element_text(call: Call) -> Typed:
    """Positions count from 0."""
    (text, position), lenient = _null_if_invalid(call)
    return call.result(
        f"CASE WHEN {text.sql} IS NULL OR {position.sql} < 0 THEN NULL WHEN rs_json_valid({text.sql}) THEN json_extract_string({text.sql}, '$[' || {position.sql} || ']') ELSE {_otherwise(lenient)} END",
        TEXT,
    )


@scalar("json_array_length")
def _array_length(call: Call) -> Typed:
    (text,), lenient = _null_if_invalid(call)
    return call.result(
        f"CASE WHEN {text.sql} IS NULL THEN NULL WHEN rs_json_valid({text.sql}) THEN CAST(json_array_length({text.sql}) AS INTEGER) ELSE {_otherwise(lenient)} END",
        INTEGER,
    )


@scalar("array")
def _array(call: Call) -> Typed:
    values = call.arguments()
    items = ", ".join(f"to_json({each.sql})" for each in values)
    return call.result(f"CAST(to_json([{items}]) AS JSON)" if values else "CAST('[]' AS JSON)", SUPER)


@scalar("array_concat")
def _array_concat(call: Call) -> Typed:
    one, other = call.take("super", "super")
    return call.result(
        f"CAST(to_json(list_concat(CAST({one.sql} AS JSON[]), CAST({other.sql} AS JSON[]))) AS JSON)", SUPER
    )


@scalar("object")
def _object(call: Call) -> Typed:
    values = call.arguments()
    if len(values) % 2:
        raise call.missing([each.type for each in values])
    return call.result(f"json_object({', '.join(each.sql for each in values)})", SUPER)
