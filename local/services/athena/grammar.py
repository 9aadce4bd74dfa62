"""Athena's SQL as a tree: Trino's grammar with every function call left as it was written, and nothing else let in.

sqlglot reads more than Trino does, so what it read is held against a list of constructs that Trino has.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import SqlglotError
from sqlglot.parsers.trino import TrinoParser
from sqlglot.tokenizer_core import Token, TokenType

from local.services.athena.errors import NotTrino, SyntaxProblem


class PlainTrino(Trino):
    """Trino in which a function call is a name and arguments: `local.services.athena.functions` says what it means."""

    class Parser(TrinoParser):
        FUNCTIONS: ClassVar[dict[str, Callable[..., exp.Expr]]] = {}
        FUNCTION_PARSERS = {
            name: parser
            for name, parser in TrinoParser.FUNCTION_PARSERS.items()
            if name in ("CAST", "TRY_CAST", "EXTRACT", "TRIM", "SUBSTRING", "POSITION")
        }


# Everything of a query that is served. A construct that is not here is refused by name.
_ALLOWED: tuple[type[exp.Expr], ...] = (
    exp.Select, exp.Union, exp.Intersect, exp.Except, exp.Subquery, exp.Values, exp.Tuple, exp.With, exp.CTE,
    exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Fetch,
    exp.LimitOptions, exp.Distinct, exp.Table, exp.TableAlias, exp.Alias, exp.Column, exp.Identifier, exp.Star, exp.Dot,
    exp.Literal, exp.Null, exp.Boolean, exp.Neg, exp.Paren, exp.Not, exp.And, exp.Or, exp.EQ, exp.NEQ, exp.LT, exp.LTE,
    exp.GT, exp.GTE, exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Between, exp.In, exp.Like, exp.Escape, exp.Exists,
    exp.Any, exp.All, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.DPipe, exp.Case, exp.If, exp.Cast, exp.TryCast,
    exp.DataType, exp.DataTypeParam, exp.ColumnDef, exp.Interval, exp.Var, exp.Extract, exp.Substring, exp.Trim,
    exp.StrPosition, exp.CurrentDate, exp.CurrentTimestamp, exp.Localtimestamp, exp.Anonymous, exp.Window,
    exp.WindowSpec, exp.Filter, exp.IgnoreNulls, exp.Lambda, exp.Array, exp.Bracket, exp.Unnest, exp.Cube, exp.Rollup,
    exp.GroupingSets, exp.Version, exp.Interval, exp.Hint, exp.WithinGroup, exp.Coalesce, exp.Placeholder, exp.Parameter, exp.CurrentUser,
)  # fmt: skip

_BEFORE_SUBSCRIPT = (
    TokenType.VAR,
    TokenType.IDENTIFIER,
    TokenType.R_BRACKET,
    TokenType.R_PAREN,
    TokenType.ARRAY,
)


def tokens_of(sql: str) -> list[Token]:
    """The tokens of a statement. Raises SyntaxProblem."""
    try:
        return PlainTrino().tokenize(sql)
    except SqlglotError as error:
        raise SyntaxProblem(_message(error)) from error


def _message(error: SqlglotError) -> str:
    details = getattr(error, "errors", None)
    if details:
        first = details[0]
        return f"line {first.get('line')}:{first.get('col')}: {first.get('description')}"
    return str(error).splitlines()[0]


def parse_query(sql: str) -> exp.Query:
    """A SELECT, VALUES or WITH query. Raises SyntaxProblem, NotTrino."""
    query, tokens = _parse(sql)
    if isinstance(query, (exp.Delete, exp.Update, exp.Merge, exp.Insert)):
        verb = type(query).__name__.upper()
        raise SyntaxProblem(
            f"mismatched input '{verb}': WITH comes before a query only. Expecting: 'SELECT', 'VALUES'"
        )
    if isinstance(query, exp.Values):
        query = exp.select("*").from_(exp.alias_(query, "values", table=True))
    if not isinstance(query, exp.Query) or any(not one.expressions for one in query.find_all(exp.Select)):
        raise SyntaxProblem(
            f"line 1:1: mismatched input '{tokens[0].text}'. Expecting: 'SELECT', 'VALUES', 'WITH' …"
        )
    check(query)
    return query


def parse_row_change(sql: str) -> exp.Delete | exp.Update | exp.Merge:
    """A DELETE, UPDATE or MERGE statement. Raises SyntaxProblem, NotTrino."""
    statement, tokens = _parse(sql)
    if not isinstance(statement, (exp.Delete, exp.Update, exp.Merge)):
        raise SyntaxProblem(f"line 1:1: mismatched input '{tokens[0].text}'")
    for key in ("using", "returning", "order", "limit", "from_", "with_", "tables"):
        if statement.args.get(key) and not (key == "using" and isinstance(statement, exp.Merge)):
            raise SyntaxProblem(f"mismatched input '{key.strip('_').upper()}'")
    if statement.args.get("using_cond"):
        raise SyntaxProblem("mismatched input 'USING'. Expecting: 'ON'")
    for child in statement.iter_expressions():
        if isinstance(child, exp.Whens):
            for when in child.expressions:
                _check_when(when)
        else:
            check(child)
    return statement


def _check_when(when: exp.Expr) -> None:
    then = when.args["then"]
    if when.args.get("source"):
        raise SyntaxProblem("mismatched input 'BY'. Expecting: 'AND', 'THEN'")
    parts = [when.args.get("condition")]
    if isinstance(then, exp.Update):
        parts += then.expressions
        if isinstance(then.args.get("where"), exp.Expr) or not then.expressions:
            raise SyntaxProblem("WHEN MATCHED … THEN UPDATE needs SET column = value, …")
    elif isinstance(then, exp.Insert):
        parts += [then.this, then.expression]
    elif not (isinstance(then, exp.Var) and then.name.upper() == "DELETE"):
        raise SyntaxProblem(
            f"mismatched input '{then.sql(dialect='trino')[:60]}'. Expecting: 'UPDATE', 'DELETE', 'INSERT'"
        )
    for part in parts:
        if part is not None:
            check(part)


def _parse(sql: str) -> tuple[exp.Expr, list[Token]]:
    tokens = tokens_of(sql)
    _check_tokens(tokens)
    sql = _spell_out_decimals(sql, tokens)
    try:
        statements = PlainTrino().parse(sql)
    except SqlglotError as error:
        raise SyntaxProblem(_message(error)) from error
    if len(statements) != 1 or statements[0] is None:
        raise SyntaxProblem("Only one sql statement is allowed")
    return statements[0], tokens


def _spell_out_decimals(sql: str, tokens: list[Token]) -> str:
    """`DECIMAL '10.50'` has the precision of its digits; the parser would not tell it from `CAST('10.50' AS DECIMAL)`."""
    for first, second in reversed(list(pairwise(tokens))):
        if first.token_type == TokenType.DECIMAL and second.token_type == TokenType.STRING:
            digits = re.fullmatch(r"[+-]?(\d*)\.?(\d*)", second.text)
            if not digits or not (digits[1] or digits[2]):
                raise SyntaxProblem(
                    f"line {second.line}:{second.col}: '{second.text}' is not a valid decimal literal"
                )
            scale = len(digits[2])
            precision = max(len(digits[1].lstrip("0")) + scale, scale, 1)
            cast = f"CAST('{second.text}' AS DECIMAL({precision},{scale}))"
            sql = f"{sql[: first.start]}{cast}{sql[second.end + 1 :]}"
    return sql


def _check_tokens(tokens: list[Token]) -> None:
    if tokens and tokens[0].token_type == TokenType.FROM:
        raise SyntaxProblem(
            "line 1:1: mismatched input 'FROM'. Expecting: 'SELECT', 'VALUES', 'WITH', <query>"
        )
    previous: Token | None = None
    depth, limits = 0, set()
    for token in tokens:
        kind = token.token_type
        place = f"line {token.line}:{token.col}"
        if kind in (TokenType.DCOLON, TokenType.L_BRACE, TokenType.CARET, TokenType.TILDE, TokenType.DOLLAR):
            raise SyntaxProblem(f"{place}: mismatched input '{token.text}'")
        if kind == TokenType.L_BRACKET and (previous is None or previous.token_type not in _BEFORE_SUBSCRIPT):
            raise SyntaxProblem(f"{place}: mismatched input '['. Expecting: <expression>")
        if (
            kind == TokenType.STRING
            and previous is not None
            and previous.token_type in (TokenType.FROM, TokenType.JOIN)
        ):
            raise SyntaxProblem(f"{place}: mismatched input '{token.text}'. Expecting: <identifier>")
        if previous is not None and (previous.token_type, kind) in (
            (TokenType.SLASH, TokenType.SLASH),
            (TokenType.STAR, TokenType.STAR),
        ):
            raise SyntaxProblem(f"{place}: mismatched input '{token.text}'")
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(kind, 0)
        if kind == TokenType.L_PAREN:
            limits.discard(depth)
        if kind == TokenType.LIMIT:
            limits.add(depth)
        if kind == TokenType.OFFSET and depth in limits:
            raise SyntaxProblem(f"{place}: mismatched input 'OFFSET': it comes before LIMIT")
        previous = token


def check(query: exp.Expr) -> None:
    """Raise NotTrino for the first construct that Trino does not have or that is not served."""
    for node in query.walk():
        if not isinstance(node, _ALLOWED):
            raise NotTrino(f"{type(node).__name__} ({node.sql(dialect='trino')[:60]})")
        for check_one in _CHECKS:
            problem = check_one(node)
            if problem:
                raise NotTrino(problem)


def _star(node: exp.Expr) -> str | None:
    if isinstance(node, exp.Star) and any(
        node.args.get(key) for key in ("except_", "except", "replace", "rename")
    ):
        return "SELECT * with EXCEPT, EXCLUDE or REPLACE"
    return None


def _distinct(node: exp.Expr) -> str | None:
    return "DISTINCT ON" if isinstance(node, exp.Distinct) and node.args.get("on") else None


def _group(node: exp.Expr) -> str | None:
    return "GROUP BY ALL" if isinstance(node, exp.Group) and node.args.get("all") else None


def _order(node: exp.Expr) -> str | None:
    if isinstance(node, exp.Order) and any(isinstance(one.this, exp.Var) for one in node.expressions):
        return "ORDER BY ALL"
    return None


def _join(node: exp.Expr) -> str | None:
    if isinstance(node, exp.Join):
        if (node.method or "").upper() not in ("", "NATURAL") or (node.kind or "").upper() not in (
            "",
            "INNER",
            "OUTER",
            "CROSS",
        ):
            return f"{node.method or node.kind} JOIN"
        if (node.method or "").upper() == "NATURAL":
            return "NATURAL JOIN"
    return None


def _table(node: exp.Expr) -> str | None:
    if isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
        return f"a table function ({node.sql(dialect='trino')[:60]})"
    return None


def _within_group(node: exp.Expr) -> str | None:
    inside = isinstance(node, exp.WithinGroup)
    if inside and not (isinstance(node.this, exp.Anonymous) and node.this.name.lower() == "listagg"):
        return f"{node.this.sql(dialect='trino')[:60]} WITHIN GROUP"
    alone = isinstance(node, exp.Anonymous) and node.name.lower() == "listagg"
    return (
        "listagg without WITHIN GROUP (ORDER BY …)"
        if alone and not isinstance(node.parent, exp.WithinGroup)
        else None
    )


def _limit(node: exp.Expr) -> str | None:
    if isinstance(node, exp.LimitOptions) and (node.args.get("percent") or node.args.get("with_ties")):
        return "FETCH FIRST … PERCENT or WITH TIES"
    return None


def _select(node: exp.Expr) -> str | None:
    if isinstance(node, exp.Select):
        for key in ("qualify", "pivots", "sample", "laterals", "windows", "kind", "into", "connect", "match"):
            if node.args.get(key):
                return f"SELECT … {key.upper()}"
    return None


_CHECKS = (_star, _distinct, _group, _order, _join, _table, _limit, _select, _within_group)
