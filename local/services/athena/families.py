"""Kinds of values: Trino never turns text into a number or a date by itself, DuckDB does, so it is refused here.

The family of an expression is told from the catalog, from literals and casts, and from what functions give; where it
cannot be told, nothing is refused.
"""

from __future__ import annotations

from sqlglot import exp

from local.engines import hive_types
from local.engines.errors import QueryError

NUMBER, TEXT, DATE, TIMESTAMP, BOOLEAN = "number", "varchar", "date", "timestamp", "boolean"

_RETURNED_FAMILIES = (
    dict.fromkeys(
        [
            "lower",
            "upper",
            "trim",
            "ltrim",
            "rtrim",
            "substr",
            "substring",
            "replace",
            "reverse",
            "chr",
            "concat",
            "concat_ws",
            "split_part",
            "lpad",
            "rpad",
            "translate",
            "regexp_extract",
            "regexp_replace",
            "date_format",
            "json_extract_scalar",
            "to_hex",
            "from_utf8",
        ],
        TEXT,
    )
    | dict.fromkeys(
        [
            "length",
            "strpos",
            "codepoint",
            "levenshtein_distance",
            "count",
            "count_if",
            "approx_distinct",
            "avg",
            "ceil",
            "ceiling",
            "floor",
            "round",
            "sqrt",
            "cbrt",
            "exp",
            "ln",
            "log",
            "log2",
            "log10",
            "sign",
            "power",
            "pow",
            "mod",
            "truncate",
            "year",
            "quarter",
            "month",
            "week",
            "day",
            "hour",
            "minute",
            "second",
            "millisecond",
            "day_of_week",
            "dow",
            "day_of_year",
            "doy",
            "day_of_month",
            "week_of_year",
            "year_of_week",
            "yow",
            "date_diff",
            "to_unixtime",
            "cardinality",
            "row_number",
            "rank",
            "dense_rank",
            "ntile",
            "percent_rank",
            "cume_dist",
            "pi",
            "stddev",
            "stddev_samp",
            "stddev_pop",
            "variance",
            "var_samp",
            "var_pop",
            "corr",
            "covar_pop",
            "covar_samp",
            "json_array_length",
        ],
        NUMBER,
    )
    | dict.fromkeys(["date", "from_iso8601_date", "last_day_of_month"], DATE)
    | dict.fromkeys(["now", "from_unixtime", "date_parse", "from_iso8601_timestamp"], TIMESTAMP)
    | dict.fromkeys(
        ["regexp_like", "starts_with", "contains", "bool_and", "bool_or", "every", "is_nan"], BOOLEAN
    )
)
# functions that give what they are given
_PASSES = frozenset(
    [
        "min",
        "max",
        "sum",
        "abs",
        "any_value",
        "arbitrary",
        "lag",
        "lead",
        "first_value",
        "last_value",
        "nth_value",
    ]
)
# what the first argument of a function must be
_TAKES = (
    dict.fromkeys(
        [
            "lower",
            "upper",
            "length",
            "trim",
            "ltrim",
            "rtrim",
            "substr",
            "substring",
            "replace",
            "reverse",
            "split",
            "split_part",
            "lpad",
            "rpad",
            "strpos",
            "regexp_like",
            "regexp_extract",
            "regexp_replace",
            "starts_with",
            "date_parse",
            "json_extract_scalar",
            "to_utf8",
        ],
        (TEXT,),
    )
    | dict.fromkeys(
        [
            "avg",
            "sum",
            "abs",
            "ceil",
            "ceiling",
            "floor",
            "round",
            "sqrt",
            "ln",
            "log10",
            "exp",
            "sign",
            "truncate",
        ],
        (NUMBER,),
    )
    | dict.fromkeys(
        [
            "year",
            "quarter",
            "month",
            "week",
            "day",
            "day_of_week",
            "dow",
            "day_of_year",
            "doy",
            "last_day_of_month",
        ],
        (DATE, TIMESTAMP),
    )
    | dict.fromkeys(("hour", "minute", "second", "to_unixtime", "date_format"), (TIMESTAMP, DATE))
)
_SIGNS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}


def family_of(glue_type: str) -> str:
    """The family of a catalog type; nested types are a family each."""
    name = hive_types.parse(glue_type).name
    if name in (*hive_types.INTEGERS, "float", "double", "decimal"):
        return NUMBER
    if name in ("string", "varchar", "char"):
        return TEXT
    return TIMESTAMP if name == "timestamptz" else name


class Families:
    """Tells and checks families in a query (Trino's tree); `columns` are the families of column names."""

    def __init__(self, columns: dict[str, set[str]]) -> None:
        self._columns = columns

    def check(self, query: exp.Expr) -> None:
        """Raise QueryError (TYPE_MISMATCH) for the first place where values of two families meet."""
        for node in query.walk():
            if isinstance(node, tuple(_SIGNS)):
                self._same(node.this, node.expression, _SIGNS[type(node)])
            elif isinstance(node, exp.In):
                for value in node.expressions:
                    self._same(node.this, value, "IN")
            elif isinstance(node, exp.Between):
                self._same(node.this, node.args["low"], "BETWEEN")
                self._same(node.this, node.args["high"], "BETWEEN")
            elif isinstance(node, exp.DPipe):
                for side in (node.this, node.expression):
                    if self.of(side) in (NUMBER, DATE, TIMESTAMP, BOOLEAN):
                        raise mismatch(f"Unexpected parameters ({self.of(side)}) for function concat")
            elif isinstance(node, (exp.Mul, exp.Div, exp.Mod, exp.Add, exp.Sub)):
                for side in (node.this, node.expression):
                    if self.of(side) in (TEXT, BOOLEAN):
                        raise mismatch(
                            f"Cannot apply operator: {self.of(side)} in {node.sql(dialect='trino')}"
                        )
            elif isinstance(node, exp.Case):
                results = [one.args["true"] for one in node.args["ifs"]]
                self._alike([*results, *([node.args["default"]] if node.args.get("default") else [])], "CASE")
            elif isinstance(node, exp.Anonymous):
                self._check_call(node)

    def _check_call(self, node: exp.Anonymous) -> None:
        name, arguments = node.name.lower(), node.expressions
        if name in ("coalesce", "nullif", "greatest", "least"):
            self._alike(arguments, name)
        elif name == "if" and len(arguments) == 3:
            self._alike(arguments[1:], name)
        elif name in ("concat", "concat_ws"):
            for argument in arguments:
                if self.of(argument) in (NUMBER, DATE, TIMESTAMP, BOOLEAN):
                    raise mismatch(f"Unexpected parameters ({self.of(argument)}) for function {name}")
        elif name in ("date_diff", "date_add", "date_trunc"):
            for argument in arguments[-1:] if name != "date_diff" else arguments[1:]:
                if self.of(argument) in (TEXT, NUMBER, BOOLEAN):
                    raise mismatch(f"Unexpected parameters ({self.of(argument)}) for function {name}")
        elif name in _TAKES and arguments:
            given = self.of(arguments[0])
            if given is not None and given not in _TAKES[name]:
                raise mismatch(
                    f"Unexpected parameters ({given}) for function {name}. Expected: {name}({_TAKES[name][0]})"
                )

    def of(self, node: exp.Expr) -> str | None:
        """The family of an expression; None when it cannot be told."""
        node = node.unnest()
        if isinstance(node, exp.Column):
            known = self._columns.get(node.name.lower(), set())
            return next(iter(known)) if len(known) == 1 and not node.db else None
        if isinstance(node, exp.Literal):
            return TEXT if node.is_string else NUMBER
        if isinstance(node, (exp.Boolean, exp.Not, exp.And, exp.Or, *_SIGNS)):
            return BOOLEAN
        if isinstance(node, exp.Cast):
            return _of_type(node.to)
        if isinstance(node, (exp.Extract, exp.StrPosition, exp.Mul, exp.Div, exp.Mod, exp.Neg)):
            return NUMBER
        if isinstance(node, (exp.DPipe, exp.Substring, exp.Trim)):
            return TEXT
        if isinstance(node, exp.CurrentDate):
            return DATE
        if isinstance(node, (exp.CurrentTimestamp, exp.Localtimestamp)):
            return TIMESTAMP
        if isinstance(node, (exp.Filter, exp.Window)):
            return self.of(node.this)
        if isinstance(node, exp.Anonymous):
            return self._of_call(node)
        return None

    def _of_call(self, node: exp.Anonymous) -> str | None:
        name = node.name.lower()
        if name in _PASSES and node.expressions and not isinstance(node.expressions[0], exp.Distinct):
            return self.of(node.expressions[0])
        return _RETURNED_FAMILIES.get(name)

    def _same(self, first: exp.Expr, second: exp.Expr, sign: str) -> None:
        left, right = self.of(first), self.of(second)
        if left and right and left != right and {left, right} != {DATE, TIMESTAMP}:
            raise mismatch(f"Cannot apply operator: {left} {sign} {right}")

    def _alike(self, nodes: list[exp.Expr], where: str) -> None:
        known = {family for node in nodes if (family := self.of(node)) is not None}
        if len(known) > 1 and known != {DATE, TIMESTAMP}:
            raise mismatch(
                f"All {where} results must be the same type or coercible to a common type: {', '.join(sorted(known))}"
            )


def _of_type(kind: exp.DataType) -> str | None:
    name = kind.sql(dialect="trino").lower().split("(")[0].strip()
    if name in ("varchar", "char"):
        return TEXT
    if name in (DATE, BOOLEAN):
        return name
    if name.startswith(TIMESTAMP):
        return TIMESTAMP
    if name in ("tinyint", "smallint", "integer", "int", "bigint", "real", "double", "decimal"):
        return NUMBER
    return None


def mismatch(message: str) -> QueryError:
    """The refusal of values that do not go together."""
    return QueryError("TYPE_MISMATCH", message)
