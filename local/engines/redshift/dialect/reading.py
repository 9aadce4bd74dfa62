"""Reading Redshift SQL: tokens, statements of one text, and syntax trees.

sqlglot parses more than Redshift does; what it accepts beyond Redshift's grammar is refused where a tree is compiled
(``expressions``, ``queries``): only node classes and arguments listed there pass.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import ParseError, TokenError
from sqlglot.parsers.redshift import RedshiftParser
from sqlglot.tokenizer_core import Token, TokenType

from local.engines.redshift.errors import SYNTAX_ERROR, SqlError, syntax_error
from local.engines.sql_cursor import SqlCursor

_SPECIAL_CALLS = ("CAST", "TRY_CAST", "SUBSTRING", "TRIM", "POSITION", "EXTRACT")


class RedshiftSql(Redshift):
    """sqlglot's Redshift, with every function call kept under the name that was written."""

    class Tokenizer(Redshift.Tokenizer):
        """Tokens, with no command taken as opaque text."""

        # sqlglot would take the rest of a SHOW or CALL for one opaque string.
        COMMANDS = set()

    class Parser(RedshiftParser):
        """Trees, with calls under their own names."""

        FUNCTIONS: ClassVar[dict[str, Callable[..., exp.Expr]]] = {}
        FUNCTION_PARSERS = {
            name: parser for name, parser in RedshiftParser.FUNCTION_PARSERS.items() if name in _SPECIAL_CALLS
        }
        NO_PAREN_FUNCTION_PARSERS = {
            **{
                name: parser
                for name, parser in RedshiftParser.NO_PAREN_FUNCTION_PARSERS.items()
                if name in ("ANY", "CASE", "SYSDATE")
            },
            "APPROXIMATE": lambda self: self._parse_approximate(),
        }

        def _parse_type(
            self, parse_interval: bool = True, fallback_to_identifier: bool = False
        ) -> exp.Expr | None:
            # sqlglot reads DATE '2024-01-01'::int as DATE ('2024-01-01'::int); the literal comes first.
            token = self._curr
            if token is not None and token.token_type in self.TYPE_TOKENS:
                index = self._index
                kind = self._parse_types(check_func=True, allow_identifiers=False)
                if (
                    isinstance(kind, exp.DataType)
                    and self._curr
                    and self._curr.token_type == TokenType.STRING
                ):
                    return self._parse_column_ops(exp.Cast(this=self._parse_primary(), to=kind))
                self._retreat(index)
            return super()._parse_type(parse_interval, fallback_to_identifier)

        def _parse_approximate(self) -> exp.Expr | None:
            call = self._parse_function()
            if isinstance(call, exp.Anonymous):
                call.set("this", f"approximate_{call.name.lower()}")
            return call


_DIALECT = RedshiftSql()

PARAMETER_PREFIX = "interline_parameter_"
_PARAMETERS = re.compile(
    r"""'(?:[^']|'')*'          # a string
      | "(?:[^"]|"")*"          # a quoted name
      | --[^\n]*
      | /\*.*?\*/
      | \$(?P<tag>(?:[A-Za-z_]\w*)?)\$.*?\$(?P=tag)\$
      | (?<![\w$])\$(?P<number>\d+)\b""",
    re.DOTALL | re.VERBOSE,
)


_PARAMETER_NAME = re.compile(rf"{PARAMETER_PREFIX}(\d+)")


def as_written(text: str) -> str:
    """A text in which parameters are $1, $2, … again."""
    return _PARAMETER_NAME.sub(r"$\1", text)


def _name_parameters(sql: str) -> str:
    """Write $1 as a name: sqlglot takes the text between two parameters for a dollar-quoted string."""
    if "$" not in sql:
        return sql
    return _PARAMETERS.sub(
        lambda found: f"{PARAMETER_PREFIX}{found['number']}" if found["number"] else found[0], sql
    )


@dataclass(frozen=True)
class Statement:
    """One statement of a text.

    Attributes:
        text: the statement without its semicolon.
        tokens: its tokens; positions count from the start of ``text``.
    """

    text: str
    tokens: tuple[Token, ...]

    @property
    def verb(self) -> str:
        """The first word in upper case, or an empty string."""
        for token in self.tokens:
            if token.token_type != TokenType.L_PAREN:
                return token.text.upper()
        return ""


def tokenize(sql: str) -> list[Token]:
    """The tokens of a text.

    Raises:
        SqlError: 42601, for example for a string that does not end.
    """
    try:
        return _DIALECT.tokenize(sql)
    except TokenError as error:
        raise SqlError(SYNTAX_ERROR, f"syntax error: {str(error).splitlines()[0]}") from error


@functools.lru_cache(maxsize=2048)
def statements(sql: str) -> tuple[Statement, ...]:
    """The statements of a text, split at semicolons; empty ones are left out."""
    sql = _name_parameters(sql)
    tokens = tokenize(sql)
    found: list[Statement] = []
    current: list[Token] = []
    for token in [*tokens, None]:
        if token is not None and token.token_type != TokenType.SEMICOLON:
            current.append(token)
            continue
        if current:
            start, end = current[0].start, current[-1].end + 1
            text = sql[start:end]
            found.append(Statement(text, tuple(tokenize(text)) if start else tuple(current)))
            current = []
    return tuple(found)


@functools.lru_cache(maxsize=2048)
def parse(sql: str) -> exp.Expr:
    """The syntax tree of a query or DML statement. Never change the tree: it is shared.

    Raises:
        SqlError: 42601.
    """
    try:
        tree = _DIALECT.parse(sql)
    except ParseError as error:
        details = error.errors[0] if error.errors else {}
        near = details.get("highlight") or ""
        raise syntax_error(as_written(near)) from error
    except TokenError as error:
        raise SqlError(SYNTAX_ERROR, f"syntax error: {str(error).splitlines()[0]}") from error
    except RecursionError as error:
        raise SqlError("54001", "stack depth limit exceeded") from error
    if len(tree) != 1 or tree[0] is None:
        raise syntax_error(sql[:20])
    return tree[0]


@functools.lru_cache(maxsize=512)
def parse_expression(sql: str) -> exp.Expr:
    """The tree of one scalar expression, for example a column's default."""
    select = parse(f"SELECT {sql}")
    if not isinstance(select, exp.Select) or len(select.expressions) != 1:
        raise syntax_error(sql[:20])
    expression: exp.Expr = select.expressions[0]
    return expression


class TokenReader(SqlCursor):
    """Reads a statement of Redshift word by word; every syntax error is a SqlError 42601."""

    NAME_OPENINGS = "_#"

    def __init__(self, statement: Statement):
        super().__init__(statement.text, statement.tokens)

    def error(self, expected: str = "") -> SqlError:
        """The syntax error at the next token, in Redshift's words, which do not say what was expected."""
        token = self.peek()
        return syntax_error(as_written(self.source(token)) if token else "")

    def identifier(self) -> str:
        """A name in lower case, quoted or not; a parameter is none."""
        if self.peek_word().startswith(PARAMETER_PREFIX.upper()):
            raise self.error()
        return super().identifier()

    def qualified_name(self, longest: int = 3) -> tuple[str, ...]:
        """A name of one part, or up to `longest`."""
        if self.peek_word() == "#":
            self.take()
            return ("#" + self.identifier(),)
        parts = [self.identifier()]
        while self.accept("."):
            parts.append(self.identifier())
        if len(parts) > longest:
            raise syntax_error(".".join(parts))
        return tuple(parts)

    def rest(self) -> str:
        """The text from the next token to the end; takes it all. There must be some."""
        if self.done:
            raise self.error()
        return super().rest()
