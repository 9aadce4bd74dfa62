"""From a statement's first words to the module that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from local.engines.redshift.dialect.reading import Statement, TokenReader
from local.engines.redshift.errors import unsupported
from local.engines.redshift.session import Plan, Session
from local.engines.redshift.types import Type

if TYPE_CHECKING:
    Planner = Callable[[Session, Statement, tuple[Type, ...]], Plan]

# The first words of Redshift's commands ("SQL commands"): what is none of them is a syntax error.
_COMMANDS = frozenset((
    "ABORT", "ALTER", "ANALYZE", "ATTACH", "BEGIN", "CALL", "CANCEL", "CLOSE", "COMMENT",
    "COMMIT", "COPY", "CREATE", "DEALLOCATE", "DECLARE", "DELETE", "DESC", "DETACH", "DROP",
    "END", "EXECUTE", "EXPLAIN", "FETCH", "GRANT", "INSERT", "LOCK", "MERGE", "PREPARE",
    "REFRESH", "RELEASE", "RESET", "REVOKE", "ROLLBACK", "SAVEPOINT", "SELECT", "SET", "SHOW",
    "START", "TRUNCATE", "UNLOAD", "UPDATE", "USE", "VACUUM", "VALUES",
))  # fmt: skip
_PLANNERS: list[tuple[tuple[str, ...], Planner]] = []


def plans(*openings: str) -> Callable[[Planner], Planner]:
    """Register the planner of statements that begin with these words."""

    def register(planner: Planner) -> Planner:
        _PLANNERS.extend((tuple(opening.split()), planner) for opening in openings)
        _PLANNERS.sort(key=lambda each: -len(each[0]))
        return planner

    return register


def plan(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    """Make a statement ready to run.

    Raises:
        SqlError: 0A000 naming the statement when there is none like it here.
    """
    # Importing the package's statements registers them; they import this module.
    from local.engines.redshift.statements import all_statements  # noqa: F401

    if statement.text.startswith("("):
        opening: tuple[str, ...] = ("SELECT",)
    else:
        reader = TokenReader(statement)
        words: list[str] = []
        for ahead in range(5):
            words.extend(reader.peek_word(ahead).split() or [""])
        opening = tuple(words)
    for known, planner in _PLANNERS:
        if opening[: len(known)] == known:
            return planner(session, statement, parameter_types)
    if opening[0] not in _COMMANDS:
        raise TokenReader(statement).error()
    raise unsupported("statement " + " ".join(word for word in opening[:2] if word.isidentifier()))
