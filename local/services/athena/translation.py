"""From Trino's tree to DuckDB's: functions, operators, casts, names of columns."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp

from local.engines import hive_types
from local.engines.errors import InvalidInput, QueryError
from local.services.athena import functions
from local.services.athena.errors import NotTrino
from local.services.athena.functions import call

UNNAMED = "__unnamed_"

_EXTRACTED = {
    "YEAR": "year", "QUARTER": "quarter", "MONTH": "month", "WEEK": "week", "DAY": "day", "DAY_OF_MONTH": "day",
    "DOW": "isodow", "DAY_OF_WEEK": "isodow", "DOY": "dayofyear", "DAY_OF_YEAR": "dayofyear", "YOW": "isoyear",
    "YEAR_OF_WEEK": "isoyear", "HOUR": "hour", "MINUTE": "minute", "SECOND": "second",
}  # fmt: skip
_NUMBER = r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*|NaN|[+-]?Infinity"
_TIMESTAMP = r"\d{4}-\d{1,2}-\d{1,2}( \d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[A-Za-z/_+:0-9-]+)?)?"


def name_outputs(query: exp.Query) -> None:
    """Give output columns without a name a marker that the result replaces by `_col<position>`, as Trino names them."""
    select = query
    while isinstance(select, (exp.SetOperation, exp.Subquery)):
        select = select.this
    for position, projection in enumerate(select.expressions):
        if isinstance(projection, (exp.Alias, exp.Column, exp.Star, exp.Dot)):
            continue
        projection.replace(exp.alias_(projection.copy(), f"{UNNAMED}{position}", quoted=True))


def translate(query: exp.Expr) -> exp.Expr:
    """The same tree for DuckDB. Raises QueryError for unknown functions, NotTrino for what has no equal."""
    return _translate(query.copy())


def _translate(node: exp.Expr) -> exp.Expr:
    """Translate a tree from its leaves up, so that what is made here is not taken for Trino's again."""
    if isinstance(node, exp.Anonymous) and node.name.lower() == "try":
        node = _attempt(node)
    for key, value in list(node.args.items()):
        if isinstance(value, exp.Expr):
            node.set(key, _translate(value))
        elif isinstance(value, list):
            node.set(key, [_translate(one) if isinstance(one, exp.Expr) else one for one in value])
    if isinstance(node, exp.Identifier):
        return exp.to_identifier(node.name.lower(), quoted=True)
    handler = _HANDLERS.get(type(node))
    return handler(node) if handler else node


def _anonymous(node: exp.Anonymous) -> exp.Expr:
    name = node.name.lower()
    if name in functions.WINDOWS and not isinstance(_owner(node), exp.Window):
        raise QueryError("MISSING_OVER", f"Window function {name} requires an OVER clause")
    return functions.attempted(node) if node.args.get("attempt") else functions.translate(node)


# What passes NULL on and what TRY may therefore hold: an inner failure that is NULL makes the whole NULL
_STRICT = (
    exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Boolean, exp.Paren, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div,
    exp.Mod, exp.Cast, exp.TryCast, exp.DataType, exp.DataTypeParam, exp.DPipe,
)  # fmt: skip
_STRICT_FUNCTIONS = frozenset(
    (
        *("date_parse", "date", "from_iso8601_date", "from_iso8601_timestamp", "json_extract_scalar"),
        *(
            "abs",
            "round",
            "floor",
            "ceil",
            "ceiling",
            "lower",
            "upper",
            "trim",
            "length",
            "substr",
            "replace",
        ),
    )
)


def _attempt(node: exp.Anonymous) -> exp.Expr:
    """The argument of TRY, in which what may fail gives NULL. Raises NotTrino for what would not pass that NULL on."""
    if len(node.expressions) != 1:
        raise QueryError("SYNTAX_ERROR", "TRY takes one expression")
    argument = node.expressions[0]
    for part in list(argument.walk()):
        called = isinstance(part, exp.Anonymous) and part.name.lower() in _STRICT_FUNCTIONS
        if not isinstance(part, _STRICT) and not called:
            raise NotTrino(f"try over {part.sql(dialect='trino')[:60]}")
        if isinstance(part, (exp.Div, exp.Mod, exp.Anonymous)):
            part.set("attempt", True)
    casts = [part for part in argument.find_all(exp.Cast) if type(part) is exp.Cast]
    for part in casts:
        attempt = exp.TryCast(this=part.this, to=part.to)
        if part is argument:
            argument = attempt
        else:
            part.replace(attempt)
    return exp.paren(argument)


def _within_group(node: exp.WithinGroup) -> exp.Expr:
    """LISTAGG(x, separator) WITHIN GROUP (ORDER BY …); the separator is empty when it is left out."""
    listed = list(node.this.expressions)
    if len(listed) not in (1, 2):
        raise QueryError("FUNCTION_NOT_FOUND", "Unexpected parameters for function listagg")
    separator = listed[1] if len(listed) == 2 else exp.Literal.string("")
    ordered = exp.Order(this=separator, expressions=node.expression.expressions)
    return exp.Anonymous(this="string_agg", expressions=[listed[0], ordered])


def _owner(node: exp.Expr) -> exp.Expr | None:
    parent = node.parent
    while isinstance(parent, (exp.IgnoreNulls, exp.Filter)):
        parent = parent.parent
    return parent


def _divide(node: exp.Div) -> exp.Expr:
    suffix = "_or_null" if node.args.get("attempt") else ""
    return call(f"trino_divide{suffix}", node.this, node.expression)


def _modulus(node: exp.Mod) -> exp.Expr:
    suffix = "_or_null" if node.args.get("attempt") else ""
    return call(f"trino_modulus{suffix}", node.this, node.expression)


def _add(node: exp.Add) -> exp.Expr:
    if isinstance(node.expression.unnest(), exp.Interval):
        return call("trino_plus_interval", node.this, node.expression)
    if isinstance(node.this.unnest(), exp.Interval):
        return call("trino_plus_interval", node.expression, node.this)
    return node


def _subtract(node: exp.Sub) -> exp.Expr:
    if isinstance(node.expression.unnest(), exp.Interval):
        return call("trino_minus_interval", node.this, node.expression)
    return node


def _cast(node: exp.Cast) -> exp.Expr:
    target = _target(node.to)
    operand, family = node.this, target.split("(")[0]
    attempt = isinstance(node, exp.TryCast)
    made: exp.Expr
    if family == "VARCHAR":
        made = _to_text(node, operand)
    else:
        checked = {
            "DOUBLE": _NUMBER,
            "FLOAT": _NUMBER,
            "DECIMAL": _NUMBER,
            "BOOLEAN": "(?i)(t|f|true|false|1|0)",
            "DATE": functions.DATE_PATTERN,
            "TIMESTAMP": _TIMESTAMP,
            "TIMESTAMP WITH TIME ZONE": _TIMESTAMP,
        }.get(family)
        suffix = "_or_null" if attempt else ""
        if family in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT"):
            operand = call(
                f"trino_rounded{suffix}", call(f"trino_checked{suffix}", operand, r"[+-]?\d+", family.lower())
            )
        elif checked and isinstance(operand, exp.Literal) and operand.is_string and not attempt:
            _check_literal(operand.name, checked, family)
        elif checked:
            operand = call(f"trino_checked{suffix}", operand, checked, family.lower())
        kind = exp.TryCast if attempt else exp.Cast
        made = kind(this=operand, to=exp.DataType.build(target, dialect="duckdb"))
    return made


def _check_literal(text: str, pattern: str, family: str) -> None:
    if not re.fullmatch(pattern, text):
        raise QueryError(
            "INVALID_LITERAL" if family == "DATE" else "INVALID_CAST_ARGUMENT",
            f"'{text}' is not a valid {family} literal",
        )


def _to_text(node: exp.Cast, operand: exp.Expr) -> exp.Expr:
    made = call("trino_to_text", operand)
    length = node.to.find(exp.DataTypeParam)
    return call("left", made, length.this.copy()) if length is not None else made


def _plain_cast(operand: exp.Expr, target: str) -> exp.Cast:
    return exp.Cast(this=operand, to=exp.DataType.build(target, dialect="duckdb"))


def _target(kind: exp.DataType) -> str:
    """The DuckDB type of a Trino type. Raises NotTrino."""
    text = kind.sql(dialect="trino").lower()
    known = {
        "boolean": "BOOLEAN", "tinyint": "TINYINT", "smallint": "SMALLINT", "integer": "INTEGER", "int": "INTEGER",
        "bigint": "BIGINT", "real": "FLOAT", "double": "DOUBLE", "date": "DATE", "varchar": "VARCHAR",
        "timestamp": "TIMESTAMP", "timestamp with time zone": "TIMESTAMP WITH TIME ZONE", "varbinary": "BLOB",
        "decimal": "DECIMAL(38,0)",
    }  # fmt: skip
    head = text.split("(")[0].strip()
    if head in ("timestamp", "varchar") and "with time zone" not in text:
        return known[head]
    if "with time zone" in text:
        return known["timestamp with time zone"]
    if head == "decimal" and "(" in text:
        numbers = [number.strip() for number in text[text.index("(") + 1 : text.rindex(")")].split(",")]
        return f"DECIMAL({numbers[0]},{numbers[1] if len(numbers) > 1 else 0})"
    if text in known:
        return known[text]
    if head == "array":
        try:
            return hive_types.to_duckdb(_glue(text))
        except InvalidInput as error:
            raise NotTrino(f"the type {text}") from error
    raise NotTrino(f"the type {text}")


def _glue(text: str) -> str:
    return (
        text.replace("array(", "array<")
        .replace(")", ">")
        .replace("varchar", "string")
        .replace("integer", "int")
    )


def _extract(node: exp.Extract) -> exp.Expr:
    unit = node.name.upper()
    if unit not in _EXTRACTED:
        raise NotTrino(f"EXTRACT({unit} …)")
    return call(_EXTRACTED[unit], node.expression)


def _substring(node: exp.Substring) -> exp.Expr:
    length = node.args.get("length")
    return call("trino_substring", node.this, node.args["start"], *([length] if length is not None else []))


def _trim(node: exp.Trim) -> exp.Expr:
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get((node.args.get("position") or "").upper(), "trim")
    characters = node.expression
    return call(name, node.this, *([characters] if characters is not None else []))


def _interval(node: exp.Interval) -> exp.Expr:
    amount = node.this
    unit = node.text("unit").upper().rstrip("S")
    if not isinstance(amount, exp.Literal) or unit not in (
        "SECOND",
        "MINUTE",
        "HOUR",
        "DAY",
        "WEEK",
        "MONTH",
        "YEAR",
    ):
        raise NotTrino(f"INTERVAL {node.sql(dialect='trino')}")
    return node


def _bracket(node: exp.Bracket) -> exp.Expr:
    if len(node.expressions) != 1:
        raise NotTrino("a slice")
    # sqlglot shifts literal subscripts to zero-based ones while it reads
    index = node.expressions[0]
    if isinstance(index, exp.Literal) and node.args.get("offset") is None and index.is_int:
        index = exp.Literal.number(int(index.name) + 1)
    return call("trino_subscript", node.this, index)


def _current_timestamp(_: exp.Expr) -> exp.Expr:
    return call("now")


def _local_timestamp(_: exp.Expr) -> exp.Expr:
    return _plain_cast(call("now"), "TIMESTAMP")


def _equality(node: exp.EQ | exp.NEQ) -> exp.Expr:
    """Rows are equal when their fields are, and unknown beside a null: DuckDB takes nulls within rows as equal."""
    if not _rows(node.this, node.expression):
        return node
    equal = _row_equality(node.this.unnest(), node.expression.unnest())
    return exp.paren(exp.not_(equal) if isinstance(node, exp.NEQ) else equal)


def _membership(node: exp.In) -> exp.Expr:
    """A row in a list of rows."""
    if not node.expressions or not all(_rows(node.this, each) for each in node.expressions):
        return node
    return exp.paren(
        exp.or_(*(_row_equality(node.this.unnest(), each.unnest()) for each in node.expressions))
    )


def _rows(one: exp.Expr, other: exp.Expr) -> bool:
    left, right = one.unnest(), other.unnest()
    both = isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple)
    return both and len(left.expressions) == len(right.expressions)


def _row_equality(one: exp.Expr, other: exp.Expr) -> exp.Expr:
    pairs = zip(one.expressions, other.expressions, strict=True)
    return exp.paren(
        exp.and_(*(_equality(exp.EQ(this=left.copy(), expression=right.copy())) for left, right in pairs))
    )


_HANDLERS: dict[type[exp.Expr], Callable[[Any], exp.Expr]] = {
    exp.Anonymous: _anonymous,
    exp.WithinGroup: _within_group,
    exp.EQ: _equality,
    exp.NEQ: _equality,
    exp.In: _membership,
    exp.Div: _divide,
    exp.Mod: _modulus,
    exp.Add: _add,
    exp.Sub: _subtract,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Extract: _extract,
    exp.Substring: _substring,
    exp.Trim: _trim,
    exp.Interval: _interval,
    exp.Bracket: _bracket,
    exp.CurrentTimestamp: _current_timestamp,
    exp.Localtimestamp: _local_timestamp,
}
