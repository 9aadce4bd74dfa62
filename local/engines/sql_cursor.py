"""A cursor over the tokens of one SQL statement, for statements that are not queries: DDL, COPY, UNLOAD and their like."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from sqlglot.tokenizer_core import Token, TokenType

_STRINGS = (TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.RAW_STRING)


class SqlCursor(ABC):
    """Reads a statement word by word. What does not find what must come raises the dialect's own syntax error.

    Words are compared without regard to case; several may be given as one text, apart by blanks.
    """

    # What a name without quotes may begin with besides a letter.
    NAME_OPENINGS = "_"

    def __init__(self, text: str, tokens: Sequence[Token]):
        """Begin at the first token; the tokens' positions count from the start of ``text``."""
        self._text = text
        self._tokens = tokens
        self._index = 0

    @abstractmethod
    def error(self, expected: str = "") -> Exception:
        """The syntax error at the next token; ``expected`` says what could have come."""

    @property
    def done(self) -> bool:
        """Whether every token was taken."""
        return self._index >= len(self._tokens)

    def peek(self, ahead: int = 0) -> Token | None:
        """The token ``ahead`` of the next one, or None past the end."""
        index = self._index + ahead
        return self._tokens[index] if index < len(self._tokens) else None

    def peek_word(self, ahead: int = 0) -> str:
        """The upper-case text of a token that is not a string or quoted name; empty otherwise."""
        return " ".join(self._words(ahead))

    def _words(self, ahead: int) -> list[str]:
        """The words of a token: sqlglot reads some pairs as one."""
        token = self.peek(ahead)
        if token is None or token.token_type in (TokenType.STRING, TokenType.IDENTIFIER):
            return []
        return token.text.upper().split()

    def take(self) -> Token:
        """The next token. Raises the syntax error at the end."""
        token = self.peek()
        if token is None:
            raise self.error()
        self._index += 1
        return token

    def _matching(self, words: Sequence[str]) -> int:
        """The number of tokens that make up these words, or 0 when others come."""
        tokens = 0
        remaining = " ".join(words).upper().split()
        while remaining:
            parts = self._words(tokens)
            if not parts or parts != remaining[: len(parts)]:
                return 0
            remaining = remaining[len(parts) :]
            tokens += 1
        return tokens

    def looks_like(self, *words: str) -> bool:
        """Whether these words come next; takes nothing."""
        return self._matching(words) > 0

    def accept(self, *words: str) -> bool:
        """Take these words if they come next, all or none."""
        tokens = self._matching(words)
        self._index += tokens
        return tokens > 0

    def expect(self, *words: str) -> None:
        """Take these words. Raises the syntax error when others come."""
        if not self.accept(*words):
            raise self.error(f"'{' '.join(words)}'")

    def expect_end(self) -> None:
        """Raise the syntax error unless every token was taken."""
        if not self.done:
            raise self.error("<EOF>")

    def source(self, token: Token) -> str:
        """The text of a token as it was written."""
        return self._text[token.start : token.end + 1]

    def identifier(self) -> str:
        """A name in lower case, quoted or not."""
        token = self.peek()
        if (
            token is None
            or token.token_type in (TokenType.STRING, TokenType.NUMBER)
            or not (
                token.token_type == TokenType.IDENTIFIER
                or token.text[:1].isalpha()
                or token.text[:1] in self.NAME_OPENINGS
            )
        ):
            raise self.error("<identifier>")
        self._index += 1
        return token.text.lower()

    def names(self) -> tuple[str, ...]:
        """A parenthesized list of names."""
        self.expect("(")
        found = [self.identifier()]
        while self.accept(","):
            found.append(self.identifier())
        self.expect(")")
        return tuple(found)

    def is_string(self) -> bool:
        """Whether a string literal comes next."""
        token = self.peek()
        return token is not None and token.token_type in _STRINGS

    def string(self) -> str:
        """The value of a string literal."""
        if not self.is_string():
            raise self.error("<string>")
        return self.take().text

    def number(self) -> int:
        """A whole number."""
        token = self.peek()
        if token is None or token.token_type != TokenType.NUMBER or not token.text.isdigit():
            raise self.error("<number>")
        return int(self.take().text)

    def rest(self) -> str:
        """The text from the next token to the end, maybe empty; takes it all."""
        token = self.peek()
        self._index = len(self._tokens)
        return self._text[token.start :] if token is not None else ""

    def parenthesized(self) -> str:
        """The text inside a pair of parentheses that starts here; takes both."""
        opening = self.peek()
        if opening is None or opening.token_type != TokenType.L_PAREN:
            raise self.error("'('")
        depth = 0
        while not self.done:
            token = self.take()
            depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
            if depth == 0:
                return self._text[opening.start + 1 : token.start]
        raise self.error("')'")


def split_at_commas(text: str, brackets: str = "()[]") -> list[str]:
    """Split at the commas that are in no bracket and no quotes; what is blank is left out.

    Args:
        brackets: pairs of an opening and a closing one.
    """
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
