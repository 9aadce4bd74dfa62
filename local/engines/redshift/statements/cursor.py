"""DECLARE, FETCH and CLOSE ("DECLARE" and "FETCH" in the Developer Guide)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local.engines.redshift import errors
from local.engines.redshift.dialect.reading import Statement, TokenReader, statements
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.session import OpenCursor, Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements import query
from local.engines.redshift.types import Type


def _declare(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("DECLARE")
    name = reader.identifier()
    reader.accept("NO", "SCROLL")
    for word in ("BINARY", "INSENSITIVE", "SCROLL"):
        if reader.accept(word):
            raise unsupported(f"{word} of DECLARE")
    reader.expect("CURSOR")
    if reader.accept("WITH", "HOLD"):
        raise unsupported("WITH HOLD of DECLARE")
    reader.accept("WITHOUT", "HOLD")
    reader.expect("FOR")
    (inner,) = statements(reader.rest())
    if inner.verb not in ("SELECT", "WITH"):
        raise errors.syntax_error(inner.verb)
    plan = query.plan_select(session, inner, parameter_types)

    def run(parameters: Sequence[Any]) -> Result:
        if not session.explicit_transaction:
            raise SqlError("25P01", "DECLARE CURSOR may only be used in transaction blocks")
        if name in session.cursors:
            raise SqlError("42P03", f'cursor "{name}" already exists')
        if session.cursors:
            raise unsupported("more than one open cursor in a session")
        session.cursors[name] = OpenCursor(plan.columns or (), lambda: plan.run(parameters).rows)
        return Result("DECLARE CURSOR")

    return Plan(run)


def find(session: Session, name: str) -> OpenCursor:
    """An open cursor.

    Raises:
        SqlError: 34000 when there is none of the name.
    """
    found = session.cursors.get(name)
    if found is None:
        raise SqlError("34000", f'cursor "{name}" does not exist')
    return found


def _fetch(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("FETCH")
    for word in ("PRIOR", "FIRST", "LAST", "ABSOLUTE", "RELATIVE", "BACKWARD"):
        if reader.looks_like(word):
            raise unsupported(f"FETCH {word}")
    forward = reader.accept("FORWARD")
    count: int | None = 1
    token = reader.peek()
    if reader.accept("ALL"):
        count = None
    elif token is not None and token.text.isdigit():
        count = reader.number()
    elif not forward:
        reader.accept("NEXT")
    reader.accept("FROM") or reader.accept("IN")
    name = reader.identifier()
    reader.expect_end()
    columns = find(session, name).columns

    def run(parameters: Sequence[Any]) -> Result:
        rows = find(session, name).fetch(count)
        return Result(f"FETCH {len(rows)}", columns, rows, len(rows))

    return Plan(run, columns)


def _close(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("CLOSE")
    every = reader.accept("ALL")
    name = "" if every else reader.identifier()
    reader.expect_end()

    def run(parameters: Sequence[Any]) -> Result:
        if every:
            session.cursors.clear()
        else:
            find(session, name)
            del session.cursors[name]
        return Result("CLOSE CURSOR")

    return Plan(run)


PLANNERS: dict[str, StatementPlanner] = {
    "DECLARE": _declare,
    "FETCH": _fetch,
    "CLOSE": _close,
}
