"""Reading statements word by word: what wraps a query (CTAS, INSERT, UNLOAD) and Athena's DDL, which is Hive's."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.dialects.hive import Hive
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

from local.lake.athena.errors import SyntaxProblem
from local.lake.athena.grammar import PlainTrino, tokens_of


class Reader:
    """A cursor over the tokens of a statement; every method that does not find what it wants raises SyntaxProblem."""

    def __init__(self, sql: str, *, hive: bool = False) -> None:
        self._sql = sql
        if hive:
            try:
                self._tokens = Hive().tokenize(sql)
            except SqlglotError as error:
                raise SyntaxProblem(str(error).splitlines()[0]) from error
        else:
            self._tokens = tokens_of(sql)
        self._position = 0

    @property
    def done(self) -> bool:
        """Whether everything was read."""
        return self._position >= len(self._tokens)

    def _peek(self, ahead: int = 0) -> Token | None:
        position = self._position + ahead
        return self._tokens[position] if position < len(self._tokens) else None

    def looks_like(self, *words: str) -> bool:
        """Whether the next tokens are these words."""
        for number, word in enumerate(words):
            token = self._peek(number)
            if (
                token is None
                or token.text.upper() != word
                or token.token_type in (TokenType.STRING, TokenType.IDENTIFIER)
            ):
                return False
        return True

    def accept(self, words: str) -> bool:
        """Read these words (apart by blanks) if they come next."""
        parts = words.split()
        if not self.looks_like(*parts):
            return False
        self._position += len(parts)
        return True

    def expect(self, words: str) -> None:
        """Read these words."""
        if not self.accept(words):
            raise self.problem(f"Expecting: '{words}'")

    def problem(self, wanted: str) -> SyntaxProblem:
        """What is wrong at the next token."""
        token = self._peek()
        if token is None:
            return SyntaxProblem(f"mismatched input '<EOF>'. {wanted}")
        return SyntaxProblem(f"line {token.line}:{token.col}: mismatched input '{token.text}'. {wanted}")

    def finish(self) -> None:
        """Nothing may follow."""
        self.accept(";")
        if not self.done:
            raise self.problem("Expecting: <EOF>")

    def name(self) -> str:
        """An identifier, in lower case."""
        token = self._peek()
        if token is None or not (
            token.text
            and (token.text[0].isalpha() or token.text[0] == "_" or token.token_type == TokenType.IDENTIFIER)
        ):
            raise self.problem("Expecting: <identifier>")
        self._position += 1
        return token.text.lower()

    def table(self) -> exp.Table:
        """A table name of up to three parts."""
        parts = [self.name()]
        while self.accept("."):
            parts.append(self.name())
        if len(parts) > 3:
            raise self.problem("Expecting: a table name")
        identifiers = [exp.to_identifier(part, quoted=True) for part in reversed(parts)]
        named = dict(zip(("this", "db", "catalog"), identifiers, strict=False))
        return exp.Table(**named)

    def string(self) -> str:
        """A text literal."""
        token = self._peek()
        if token is None or token.token_type != TokenType.STRING:
            raise self.problem("Expecting: <string>")
        self._position += 1
        return token.text

    def is_string(self) -> bool:
        """Whether a text literal comes next."""
        token = self._peek()
        return token is not None and token.token_type == TokenType.STRING

    def parenthesised(self) -> str:
        """The text between a parenthesis that comes next and the one that closes it."""
        opening = self._peek()
        if opening is None or opening.token_type != TokenType.L_PAREN:
            raise self.problem("Expecting: '('")
        depth = 0
        while (token := self._peek()) is not None:
            self._position += 1
            depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
            if depth == 0:
                return self._sql[opening.end + 1 : token.start]
        raise self.problem("Expecting: ')'")

    def rest(self) -> str:
        """Everything that was not read."""
        token = self._peek()
        self._position = len(self._tokens)
        return self._sql[token.start :].rstrip().rstrip(";") if token is not None else ""

    def type_text(self) -> str:
        """A column type up to the next comma, COMMENT, closing parenthesis or end, brackets respected."""
        depth, pieces = 0, []
        while (token := self._peek()) is not None:
            kind = token.token_type
            if depth == 0 and (
                kind in (TokenType.COMMA, TokenType.R_PAREN) or token.text.upper() in ("COMMENT", "NOT")
            ):
                break
            depth += (
                token.text.count("<") + token.text.count("(") - token.text.count(">") - token.text.count(")")
            )
            pieces.append(token.text)
            self._position += 1
        if not pieces:
            raise self.problem("Expecting: <type>")
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


def options(text: str) -> dict[str, exp.Expression]:
    """`name = expression, …` of a WITH clause."""
    found: dict[str, exp.Expression] = {}
    for part in split_top(text):
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


def split_top(text: str) -> list[str]:
    """Split at the commas that are in no bracket and no quotes."""
    parts, depth, quoted, start = [], 0, "", 0
    for position, character in enumerate(text):
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in "'\"`":
            quoted = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and not depth:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]
