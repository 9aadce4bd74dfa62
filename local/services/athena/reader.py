"""Reading statements word by word: what wraps a query (CTAS, INSERT, UNLOAD) and Athena's DDL, which is Hive's."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import SqlglotError

from local.engines.sql_cursor import SqlCursor, split_at_commas
from local.services.athena.errors import SyntaxProblem
from local.services.athena.grammar import PlainTrino


class _Hive(Trino):
    """Tokens of Athena's DDL: names stand in backticks or in double quotes."""

    class Tokenizer(Trino.Tokenizer):
        IDENTIFIERS = ['"', "`"]
        # sqlglot would take the rest of a SHOW for one opaque string.
        COMMANDS = set()


_HIVE = _Hive()


class StatementReader(SqlCursor):
    """A cursor over the words of a statement; what does not find what must come raises SyntaxProblem."""

    def __init__(self, sql: str) -> None:
        try:
            tokens = _HIVE.tokenize(sql)
        except SqlglotError as error:
            raise SyntaxProblem(str(error).splitlines()[0]) from error
        super().__init__(sql, tokens)

    def error(self, expected: str = "") -> SyntaxProblem:
        """What is wrong at the next token, in Trino's words."""
        expecting = f". Expecting: {expected}" if expected else ""
        token = self.peek()
        if token is None:
            return SyntaxProblem(f"mismatched input '<EOF>'{expecting}")
        before = self._text[: token.start]
        place = f"line {before.count(chr(10)) + 1}:{token.start - (before.rfind(chr(10)) + 1) + 1}"
        return SyntaxProblem(f"{place}: mismatched input '{token.text}'{expecting}")

    def expect_end(self) -> None:
        """Nothing but a semicolon may follow."""
        self.accept(";")
        super().expect_end()

    def rest(self) -> str:
        """Everything that was not read, without the semicolon at its end."""
        return super().rest().rstrip().rstrip(";")

    def table(self) -> exp.Table:
        """A table name of up to three parts."""
        parts = [self.identifier()]
        while self.accept("."):
            parts.append(self.identifier())
        if len(parts) > 3:
            raise self.error("a table name")
        identifiers = [exp.to_identifier(part, quoted=True) for part in reversed(parts)]
        named = dict(zip(("this", "db", "catalog"), identifiers, strict=False))
        return exp.Table(**named)

    def type_text(self) -> str:
        """A column type up to COMMENT, NOT NULL or the end."""
        pieces = []
        while (token := self.peek()) is not None and self.peek_word() not in ("COMMENT", "NOT"):
            pieces.append(token.text)
            self.take()
        if not pieces:
            raise self.error("<type>")
        return "".join(pieces)

    def properties(self) -> dict[str, str]:
        """`('name'='value', …)`."""
        self.expect("(")
        found: dict[str, str] = {}
        while True:
            key = self.string()
            self.expect("=")
            found[key] = self.string()
            if not self.accept(","):
                break
        self.expect(")")
        return found


def options(text: str) -> dict[str, exp.Expr]:
    """`name = expression, …` of a WITH clause."""
    found: dict[str, exp.Expr] = {}
    for part in split_at_commas(text):
        name, equals, value = part.partition("=")
        if not equals:
            raise SyntaxProblem(f"mismatched input '{part.strip()}'. Expecting: <property> = <value>")
        try:
            parsed = PlainTrino().parse(value)[0]
        except SqlglotError as error:
            raise SyntaxProblem(str(error).splitlines()[0]) from error
        if parsed is None:
            raise SyntaxProblem(f"property {name.strip()} has no value")
        if isinstance(parsed, exp.Boolean):
            parsed = exp.Literal.string(str(parsed.this).lower())
        found[name.strip().strip('"').lower()] = parsed
    return found
