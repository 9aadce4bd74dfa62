"""SQL that people write in contracts, parsed: bounded in size and depth, one statement, no comment, nothing but a question.

sqlglot descends one Python frame after another for what is nested, so how deep a text nests is counted over its tokens
before it is parsed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.parsers.redshift import RedshiftParser
from sqlglot.tokenizer_core import Token, TokenType

DEEPEST = 20
"""Parentheses, CASEs and prefixes (NOT, -, +) in each other."""
MOST_TOKENS = 2_000
"""Words, numbers and signs of one text."""
_LONGEST = 20_000
_SHOWN = 60
_SQLGLOT = logging.getLogger("sqlglot")
_PREFIXES = (TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE)
_OPENING = (TokenType.L_PAREN, TokenType.L_BRACE, TokenType.L_BRACKET, TokenType.CASE)
_CLOSING = (TokenType.R_PAREN, TokenType.R_BRACE, TokenType.R_BRACKET, TokenType.END)
_WRITING = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Into, exp.Command)
_SPECIAL_CALLS = ("CAST", "EXTRACT", "TRIM", "SUBSTRING", "POSITION")


class SqlMistake(ValueError):
    """SQL of a contract that can't be used; ``line`` is a line of the text from 1, 0 for the whole."""

    def __init__(self, message: str, hint: str = "", line: int = 0) -> None:
        super().__init__(message + (f" ({hint})" if hint else ""))
        self.line = line


class _ContractSql(Redshift):
    """sqlglot's Redshift, with every function call kept under the name that was written."""

    class Tokenizer(Redshift.Tokenizer):
        """Tokens, with no command taken as opaque text."""

        COMMANDS = set()

    class Parser(RedshiftParser):
        """Trees, with calls under their own names."""

        FUNCTIONS: ClassVar[dict[str, Callable[..., exp.Expr]]] = {}
        FUNCTION_PARSERS = {
            name: parser for name, parser in RedshiftParser.FUNCTION_PARSERS.items() if name in _SPECIAL_CALLS
        }


_DIALECT = _ContractSql()


def shown(text: str) -> str:
    """Return a text in quotes as a message has it: long ones cut off."""
    plain = " ".join(text.split())
    return repr(plain if len(plain) <= _SHOWN else plain[: _SHOWN - 1] + "…")


def parse_sql(sql: str, text: str) -> exp.Expr:
    """Return the tree of the one statement in ``sql``; messages show ``text``, which a person wrote.

    Raises:
        SqlMistake: it is no SQL, too long, nested too deeply, more than one statement, or does more than ask.
    """
    _bound(sql, text)
    level = _SQLGLOT.level
    try:
        # what it thinks of a statement that is no query is reported below
        _SQLGLOT.setLevel(logging.CRITICAL)
        statements = [tree for tree in _DIALECT.parse(sql) if tree is not None]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        reason = str(first.get("description") or "").partition("<class")[0].rstrip(". ") or "it can't be read"
        raise SqlMistake(f"{shown(text)} is no SQL: {reason}", line=int(first.get("line") or 0)) from None
    except SqlglotError as error:
        raise SqlMistake(f"{shown(text)} is no SQL: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise _too_deep(text) from None
    finally:
        _SQLGLOT.setLevel(level)
    if len(statements) != 1:
        raise SqlMistake(f"{shown(text)} is {len(statements)} statements; expected one")
    statement = statements[0]
    _bound_tree(statement, text)
    if any(node.comments for node in statement.walk()):
        raise SqlMistake(f"{shown(text)} has a comment; say it in `description`")
    if statement.find(*_WRITING):
        raise SqlMistake(f"{shown(text)} does more than ask")
    return statement


@contextmanager
def refusing_deep_trees(text: str) -> Iterator[None]:
    """Say that a text is nested too deeply where that only shows while its tree is walked."""
    try:
        yield
    except RecursionError:
        raise _too_deep(text) from None


def line_of(node: exp.Expr) -> int:
    """Return the line of the first word of a tree that has one, 0 if none has."""
    for inner in node.walk(bfs=False):
        line = inner.meta.get("line")
        if line:
            return int(line)
    return 0


def _bound(sql: str, text: str) -> None:
    if len(sql) > _LONGEST:
        raise SqlMistake(f"{shown(text)} has {len(sql):,} characters; at most {_LONGEST:,} are read")
    try:
        tokens = _DIALECT.tokenize(sql)
    except SqlglotError as error:
        raise SqlMistake(f"{shown(text)} is no SQL: {str(error).splitlines()[0]}") from None
    if len(tokens) > MOST_TOKENS:
        raise SqlMistake(
            f"{shown(text)} has {len(tokens):,} words and signs; at most {MOST_TOKENS:,} are read",
            "make several rules of it, or compute it in the model",
        )
    if _depth(tokens) > DEEPEST:
        raise _too_deep(text)


def _depth(tokens: list[Token]) -> int:
    deepest = depth = prefixes = 0
    for token in tokens:
        kind = token.token_type
        prefixes = prefixes + 1 if kind in _PREFIXES else 0
        if kind in _OPENING:
            depth += 1
        elif kind in _CLOSING:
            depth -= 1
        deepest = max(deepest, depth + prefixes)
    return deepest


def _bound_tree(tree: exp.Expr, text: str) -> None:
    """Bound what nests without a sign of it, as casts of casts do; a chain of operators is no nesting."""
    waiting = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > 8 * DEEPEST:
            raise _too_deep(text)
        for key, value in node.args.items():
            for child in value if isinstance(value, list) else (value,):
                if isinstance(child, exp.Expr):
                    is_chain = isinstance(node, exp.Binary) and key == "this"
                    waiting.append((child, depth if is_chain else depth + 1))


def _too_deep(text: str) -> SqlMistake:
    return SqlMistake(
        f"{shown(text)} is nested too deeply: more than {DEEPEST} levels", "compute parts of it in the model"
    )
