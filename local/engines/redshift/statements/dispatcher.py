"""From a statement's first words to the module that does it; every kind of statement is listed here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from local.engines.redshift.dialect.reading import Statement, TokenReader
from local.engines.redshift.errors import unsupported
from local.engines.redshift.session import Plan, Session, StatementPlanner
from local.engines.redshift.statements import (
    access,
    alter,
    copy,
    create_table,
    cursor,
    dml,
    drop,
    explain,
    function,
    query,
    schema,
    session,
    unload,
    user,
    view,
)
from local.engines.redshift.types import Type

# The first words of Redshift's commands ("SQL commands"): what is none of them is a syntax error.
_COMMANDS = frozenset((
    "ABORT", "ALTER", "ANALYZE", "ATTACH", "BEGIN", "CALL", "CANCEL", "CLOSE", "COMMENT",
    "COMMIT", "COPY", "CREATE", "DEALLOCATE", "DECLARE", "DELETE", "DESC", "DETACH", "DROP",
    "END", "EXECUTE", "EXPLAIN", "FETCH", "GRANT", "INSERT", "LOCK", "MERGE", "PREPARE",
    "REFRESH", "RELEASE", "RESET", "REVOKE", "ROLLBACK", "SAVEPOINT", "SELECT", "SET", "SHOW",
    "START", "TRUNCATE", "UNLOAD", "UPDATE", "USE", "VACUUM", "VALUES",
))  # fmt: skip


class Dispatcher:
    """Finds the planner of a statement by the longest opening words that some planner is registered for."""

    def __init__(self, planners: Iterable[Mapping[str, StatementPlanner]]):
        self._planners: dict[tuple[str, ...], StatementPlanner] = {}
        for each in planners:
            for opening, planner in each.items():
                words = tuple(opening.split())
                if words in self._planners:
                    raise AssertionError(f"two planners for {opening}")
                self._planners[words] = planner
        self._longest = max(len(words) for words in self._planners)

    def __call__(self, session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
        """Make a statement ready to run.

        Raises:
            SqlError: 0A000 naming the statement when there is none like it here; what is wrong with it.
        """
        opening = self._opening(statement)
        for length in range(self._longest, 0, -1):
            planner = self._planners.get(opening[:length])
            if planner is not None:
                return planner(session, statement, parameter_types)
        if opening[0] not in _COMMANDS:
            raise TokenReader(statement).error()
        raise unsupported("statement " + " ".join(word for word in opening[:2] if word.isidentifier()))

    def _opening(self, statement: Statement) -> tuple[str, ...]:
        if statement.text.startswith("("):
            return ("SELECT",)
        reader = TokenReader(statement)
        words: list[str] = []
        for ahead in range(self._longest):
            words.extend(reader.peek_word(ahead).split() or [""])
        return tuple(words)


plan_statement = Dispatcher(
    (
        access.PLANNERS,
        alter.PLANNERS,
        copy.PLANNERS,
        create_table.PLANNERS,
        cursor.PLANNERS,
        dml.PLANNERS,
        drop.PLANNERS,
        explain.PLANNERS,
        function.PLANNERS,
        query.PLANNERS,
        schema.PLANNERS,
        session.PLANNERS,
        unload.PLANNERS,
        user.PLANNERS,
        view.PLANNERS,
    )
)
