"""Reading statements word by word: what wraps a query (CTAS, INSERT, UNLOAD) and Athena's DDL, which is Hive's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import SqlglotError

from local.services.athena.errors import SyntaxProblem
from local.services.athena.grammar import PlainTrino

_WORDS = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)"""
    r"""|(?P<string>'(?:[^']|'')*')"""
    r"""|(?P<quoted>`[^`]+`|"(?:[^"]|"")+")"""
    r"""|(?P<word>[A-Za-z_][\w$]*)"""
    r"""|(?P<number>\d+(?:\.\d+)?)"""
    r"""|(?P<symbol>.)""",
    re.DOTALL,
)


@dataclass(frozen=True)
class Word:
    """A token: `kind` is string, quoted, word, number or symbol; `text` is without quotes."""

    kind: str
    text: str
    start: int
    end: int


def _words(sql: str) -> list[Word]:
    found = []
    for match in _WORDS.finditer(sql):
        kind, text = match.lastgroup or "", match[0]
        if kind == "space":
            continue
        if kind == "string":
            text = text[1:-1].replace("''", "'")
        elif kind == "quoted":
            text = text[1:-1].replace('""', '"')
        found.append(Word(kind, text, match.start(), match.end()))
    return found


class Reader:
    """A cursor over the words of a statement; every method that does not find what it wants raises SyntaxProblem."""

    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._tokens = _words(sql)
        self._position = 0

    @property
    def done(self) -> bool:
        """Whether everything was read."""
        return self._position >= len(self._tokens)

    def _peek(self, ahead: int = 0) -> Word | None:
        position = self._position + ahead
        return self._tokens[position] if position < len(self._tokens) else None

    def looks_like(self, *words: str) -> bool:
        """Whether the next tokens are these words."""
        for number, word in enumerate(words):
            token = self._peek(number)
            if token is None or token.kind in ("string", "quoted") or token.text.upper() != word:
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
        before = self._sql[: token.start]
        place = f"line {before.count(chr(10)) + 1}:{token.start - (before.rfind(chr(10)) + 1) + 1}"
        return SyntaxProblem(f"{place}: mismatched input '{token.text}'. {wanted}")

    def finish(self) -> None:
        """Nothing may follow."""
        self.accept(";")
        if not self.done:
            raise self.problem("Expecting: <EOF>")

    def name(self) -> str:
        """An identifier, in lower case."""
        token = self._peek()
        if token is None or token.kind not in ("word", "quoted"):
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
        if token is None or token.kind != "string":
            raise self.problem("Expecting: <string>")
        self._position += 1
        return token.text

    def is_string(self) -> bool:
        """Whether a text literal comes next."""
        token = self._peek()
        return token is not None and token.kind == "string"

    def parenthesised(self) -> str:
        """The text between a parenthesis that comes next and the one that closes it."""
        opening = self._peek()
        if opening is None or (opening.kind, opening.text) != ("symbol", "("):
            raise self.problem("Expecting: '('")
        depth = 0
        while (token := self._peek()) is not None:
            self._position += 1
            if token.kind == "symbol":
                depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth == 0:
                return self._sql[opening.end : token.start]
        raise self.problem("Expecting: ')'")

    def rest(self) -> str:
        """Everything that was not read."""
        token = self._peek()
        self._position = len(self._tokens)
        return self._sql[token.start :].rstrip().rstrip(";") if token is not None else ""

    def type_text(self) -> str:
        """A column type up to COMMENT, NOT NULL or the end."""
        pieces = []
        while (token := self._peek()) is not None:
            if token.kind == "word" and token.text.upper() in ("COMMENT", "NOT"):
                break
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


def split_top(text: str, brackets: str = "()[]") -> list[str]:
    """Split at the commas that are in no bracket and no quotes; `brackets` are pairs of an opening and a closing one."""
    parts, depth, quoted, start = [], 0, "", 0
    for position, character in enumerate(text):
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in "'\"`":
            quoted = character
        elif character in brackets[::2]:
            depth += 1
        elif character in brackets[1::2]:
            depth -= 1
        elif character == "," and not depth:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]
