"""Registration and calling of functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from local.engines.redshift import errors, types
from local.engines.redshift.dialect import casts
from local.engines.redshift.dialect.expressions import describe, translate, translates
from local.engines.redshift.dialect.scope import Scope
from local.engines.redshift.dialect.typed import Typed
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.types import Type


@dataclass
class Call:
    """One call in a query.

    Attributes:
        name: as written, lower case.
        nodes: the arguments' trees; arguments are translated when asked for, because some are keywords.
        distinct: whether DISTINCT stood before the arguments.
        order: DuckDB SQL of WITHIN GROUP (ORDER BY …), without the words.
        order_values: the expressions of that ORDER BY.
        over: DuckDB SQL of the OVER clause, or empty.
    """

    name: str
    nodes: list[exp.Expr]
    scope: Scope
    distinct: bool = False
    order: str = ""
    order_values: tuple[Typed, ...] = ()
    order_descending: bool = False
    over: str = ""
    ignore_nulls: bool = False

    def argument(self, position: int) -> Typed:
        """One argument, translated."""
        return translate(self.nodes[position], self.scope)

    def arguments(self) -> list[Typed]:
        """All arguments, translated."""
        return [translate(each, self.scope) for each in self.nodes]

    def count(self, least: int, most: int | None = None) -> None:
        """Check the number of arguments.

        Raises:
            SqlError: 42883.
        """
        if not least <= len(self.nodes) <= (least if most is None else most):
            raise self.missing([each.type for each in self.arguments()])

    def missing(self, given: list[Type]) -> SqlError:
        """Redshift's answer when no function of the name takes these arguments."""
        return no_function(self.name, given)

    def take(self, *kinds: str, optional: int = 0) -> list[Typed]:
        """The arguments, each brought to a kind.

        Args:
            kinds: text, integer, bigint, number, double, numeric, boolean, date, timestamp, any, super.
            optional: how many of the last ones may be absent.

        Raises:
            SqlError: 42883 when the number or the types do not fit.
        """
        self.count(len(kinds) - optional, len(kinds))
        values = self.arguments()
        given = [each.type for each in values]
        brought = [accept(value, kind) for value, kind in zip(values, kinds, strict=False)]
        if any(each is None for each in brought):
            raise self.missing(given)
        return [each for each in brought if each is not None]

    def keyword(self, position: int) -> str:
        """An argument that is a word, written bare or as a string, in lower case.

        Raises:
            SqlError: 0A000 when it is anything else.
        """
        node = self.nodes[position]
        if isinstance(node, exp.Literal) and node.is_string:
            return str(node.this).lower()
        if isinstance(node, (exp.Column, exp.Var)):
            return node.name.lower()
        raise unsupported(f"function {self.name} with a first argument that is not a constant")

    def constant_text(self, position: int) -> str:
        """An argument that must be a string literal.

        Raises:
            SqlError: 0A000.
        """
        value = self.argument(position)
        if not isinstance(value.constant, str):
            raise unsupported(
                f"function {self.name} with argument {position + 1} that is not a string constant"
            )
        return value.constant

    def result(self, sql: str, kind: Type) -> Typed:
        """A value that is called after the function."""
        return Typed(sql, kind, name=self.name)


Function = Callable[[Call], Typed]
# What Redshift has and this local one does not: refused by name, not as unknown.
NOT_HERE = frozenset(
    """acosh ai_generate_sql array_contains array_distinct array_except array_flatten array_intersection array_position
    array_positions array_sort array_union asinh bit_length bittypecast bpcharcmp bttext_pattern_cmp change_query_priority
    change_session_priority change_user_priority checksum collate cosh crc32 current_aws_account current_session_arn
    datestyle difference exponential_moving_average explain_model farmfingerprint64 farmhash64 fnv_hash from_hex
    from_varbyte get_array_slice getbit get_number_attributes has_assumerole_privilege interval_cmp is_bigint is_char
    is_decimal is_float is_integer is_smallint json_extract_path last_user_query_id last_user_load_copy_id lower_attribute_names
    mv_state nextval object_transform octetindex pg_last_copy_count pg_last_copy_id pg_last_unload_count
    pg_last_unload_id pg_get_cols pg_get_iam_role_by_user pg_get_grantee_by_iam_role pg_get_iam_role_by_user
    role_is_member_of session_context sinh slice_num soundex subarray tanh text_to_int_alt text_to_numeric_alt
    timestamptz_cmp timestamp_cmp_date timestamp_cmp_timestamptz date_cmp_timestamp date_cmp_timestamptz
    timestamptz_cmp_date timestamptz_cmp_timestamp to_varbyte try_parse_json unhex upper_attribute_names user_is_member_of
    varbyte width_bucket hll bool_cmp btint4cmp int4cmp int8cmp isfinite """.split()  # noqa: SIM905  (a list of words is easier to keep)
)
SCALARS: dict[str, Function] = {}
AGGREGATES: dict[str, Function] = {}
WINDOWS: dict[str, Function] = {}


def scalar(*names: str) -> Callable[[Function], Function]:
    """Register a function of a row under its names."""
    return _registering(SCALARS, names)


def aggregate(*names: str) -> Callable[[Function], Function]:
    """Register an aggregate under its names."""
    return _registering(AGGREGATES, names)


def window(*names: str) -> Callable[[Function], Function]:
    """Register a window function under its names."""
    return _registering(WINDOWS, names)


def _registering(table: dict[str, Function], names: tuple[str, ...]) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        for name in names:
            table[name] = function
        return function

    return register


def simple(names: str, kinds: str, result: Type, sql: str, optional: int = 0) -> None:
    """Register a function that is a template over its arguments: ``{0}`` is the first one's SQL."""

    def function(call: Call) -> Typed:
        values = call.take(*kinds.split(), optional=optional)
        return call.result(sql.format(*(each.sql for each in values)), result)

    scalar(*names.split())(function)


def no_function(name: str, given: list[Type]) -> SqlError:
    """The error 42883 for a call that no function takes."""
    shown = ", ".join(each.family for each in given)
    return SqlError(
        errors.UNDEFINED_FUNCTION,
        f"function {name}({shown}) does not exist",
        hint="No function matches the given name and argument types. You may need to add explicit type casts.",
    )


def accept(value: Typed, kind: str) -> Typed | None:
    """The value as one of a kind, or None when Redshift would not convert it by itself."""
    name = value.type.name
    if kind == "any":
        return value
    if value.is_null:
        return casts.cast(value, _TARGETS[kind])
    if kind == "text":
        if name == "bool" or name in ("struct", "array", "varbyte"):
            return None
        if value.type.is_text:
            return value
        return Typed(casts.text_of(value), types.varchar(casts.text_length(value.type)))
    if kind in ("integer", "bigint"):
        if value.type.is_integer:
            return value
        if name == "unknown" or name == "super":
            return casts.cast(value, _TARGETS[kind])
        if name in ("numeric", "float4", "float8"):
            return casts.cast(value, _TARGETS[kind])
        return None
    if kind in ("number", "double", "numeric"):
        if name in ("unknown", "super"):
            return casts.cast(value, types.DOUBLE)
        if not value.type.is_number:
            return None
        if kind == "double":
            return casts.cast(value, types.DOUBLE)
        return value
    if kind == "boolean":
        return casts.unknown_to(value, types.BOOL) if name in ("bool", "unknown") else None
    if kind in ("date", "timestamp"):
        if name in ("date", "timestamp"):
            return value
        if name == "timestamptz":
            return casts.cast(value, types.TIMESTAMP)
        if name == "unknown":
            return casts.cast(value, types.TIMESTAMP)
        if name in ("varchar", "char"):
            # Redshift converts text to a timestamp for its date functions.
            return casts.cast(value, types.TIMESTAMP)
        return None
    if kind == "super":
        return casts.cast(value, types.SUPER) if name == "unknown" else value if name == "super" else None
    raise AssertionError(kind)


_TARGETS = {
    "text": types.TEXT,
    "integer": types.INTEGER,
    "bigint": types.BIGINT,
    "number": types.DOUBLE,
    "double": types.DOUBLE,
    "numeric": types.DOUBLE,
    "boolean": types.BOOL,
    "date": types.DATE,
    "timestamp": types.TIMESTAMP,
    "super": types.SUPER,
}


@translates(exp.Anonymous, "this", "expressions")
def _call(node: exp.Anonymous, scope: Scope) -> Typed:
    return invoke(node, scope)


@translates(exp.Dot, "this", "expression")
def _dot(node: exp.Dot, scope: Scope) -> Typed:
    """A member of a SUPER or struct, or a function of a schema."""
    called = node.expression
    if isinstance(called, exp.Anonymous):
        qualifier = _qualifier(node.this)
        if qualifier == ("pg_catalog",):
            return translate(called, scope)
        return user_function((*qualifier, called.name.lower()), list(called.expressions), scope)
    if not isinstance(called, exp.Identifier):
        raise unsupported(describe(node))
    return scope.member(translate(node.this, scope), called.name.lower())


def _qualifier(node: exp.Expr) -> tuple[str, ...]:
    """The names before a function's own."""
    if isinstance(node, exp.Identifier):
        return (node.name.lower(),)
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        return (*_qualifier(node.this), node.expression.name.lower())
    raise unsupported(describe(node))


def invoke(node: exp.Expr, scope: Scope, **extra: object) -> Typed:
    """Call the function that a node names.

    Raises:
        SqlError: 42883 for a name that Redshift does not have.
    """
    if not isinstance(node, exp.Anonymous):
        raise unsupported(f"{type(node).__name__.upper()} as a window function")
    name = node.name.lower()
    nodes = list(node.expressions)
    distinct = False
    if len(nodes) == 1 and isinstance(nodes[0], exp.Distinct):
        if nodes[0].args.get("on") is not None:
            raise unsupported("DISTINCT ON")
        nodes, distinct = list(nodes[0].expressions), True
    call = Call(name, nodes, scope, distinct=distinct, **extra)  # type: ignore[arg-type]
    if name in AGGREGATES:
        if call.over:
            return AGGREGATES[name](call)
        with scope.aggregate():
            return AGGREGATES[name](call)
    if distinct:
        raise SqlError(errors.SYNTAX_ERROR, f"DISTINCT specified, but {name} is not an aggregate function")
    if name in WINDOWS:
        if not call.over:
            raise SqlError(errors.SYNTAX_ERROR, f"window function {name} requires an OVER clause")
        return WINDOWS[name](call)
    if name in SCALARS:
        if call.over:
            raise SqlError(errors.SYNTAX_ERROR, f"OVER specified, but {name} is not a window function")
        if call.order:
            raise SqlError(
                errors.SYNTAX_ERROR, f"WITHIN GROUP specified, but {name} is not an ordered-set aggregate"
            )
        return SCALARS[name](call)
    if name in NOT_HERE or name.startswith(("st_", "hll_", "h3_", "hll")):
        raise unsupported(f"function {name} in the local Redshift")
    return user_function((name,), nodes, scope)


_DEEPEST_CALL = 32
_WIDENING = ("int2", "int4", "int8", "numeric", "float4", "float8")


def _converts(given: Typed, kind: Type) -> bool:
    """Whether an argument becomes another type without a cast."""
    source, target = given.type.name, kind.name
    if given.is_null or source == "unknown" or source == target or {source, target} <= {"char", "varchar"}:
        return True
    if source in _WIDENING and target in _WIDENING:
        return _WIDENING.index(source) < _WIDENING.index(target)
    return source == "date" and target in ("timestamp", "timestamptz")


def user_function(parts: tuple[str, ...], nodes: list[exp.Expr], scope: Scope) -> Typed:
    """Call a function that a user made: its body in the place of the call.

    Raises:
        SqlError: 42883 when there is none that takes these arguments.
    """
    compilation = scope.compilation
    named = compilation.environment.user_functions(parts)
    given = [translate(each, scope) for each in nodes] if named else []
    fitting = [
        each
        for each in named
        if len(each.arguments) == len(given) and all(map(_converts, given, each.arguments))
    ]
    if not fitting:
        raise no_function(parts[-1], _types_of(Call(parts[-1], nodes, scope)))
    chosen = max(
        fitting,
        key=lambda each: sum(
            one.type.name == other.name for one, other in zip(given, each.arguments, strict=True)
        ),
    )
    if compilation.view_depth >= _DEEPEST_CALL:
        raise SqlError("54001", "stack depth limit exceeded")
    inner = Scope(compilation)
    inner.arguments = tuple(casts.cast(one, kind) for one, kind in zip(given, chosen.arguments, strict=True))
    compilation.view_depth += 1
    try:
        result = casts.cast(translate(chosen.body, inner), chosen.returns)
    finally:
        compilation.view_depth -= 1
    return Typed(f"({result.sql})", chosen.returns, name=parts[-1])


def _types_of(call: Call) -> list[Type]:
    """Argument types for the error about a function that does not exist; the arguments may be broken too."""
    found = []
    for position in range(len(call.nodes)):
        try:
            found.append(call.argument(position).type)
        except SqlError:
            found.append(types.UNKNOWN)
    return found
