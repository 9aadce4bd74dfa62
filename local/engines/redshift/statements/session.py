"""Statements about the session: transactions, settings, cursors that are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from local.engines.redshift import errors, privileges, types
from local.engines.redshift.dialect.reading import Statement, TokenReader
from local.engines.redshift.dialect.typed import Output
from local.engines.redshift.environment import SessionEnvironment
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.session import DEFAULT_SETTINGS, IDLE, Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements import show
from local.engines.redshift.types import Type


def _control(tag: str, action: Callable[[], str | None]) -> Plan:
    def run(parameters: Sequence[Any]) -> Result:
        return Result(action() or tag)

    return Plan(run, controls_transaction=True)


def _begin(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    opening = "START TRANSACTION" if reader.accept("START", "TRANSACTION") else "BEGIN"
    if opening == "BEGIN":
        reader.take()
        reader.accept("TRANSACTION") or reader.accept("WORK")
    while not reader.done:
        if reader.accept("ISOLATION", "LEVEL"):
            known = (
                ("SERIALIZABLE",),
                ("READ", "COMMITTED"),
                ("READ", "UNCOMMITTED"),
                ("REPEATABLE", "READ"),
            )
            if not any(reader.accept(*words) for words in known):
                raise reader.error()
        elif not (reader.accept("READ", "WRITE") or reader.accept(",")):
            if reader.accept("READ", "ONLY"):
                raise unsupported("READ ONLY transaction in the local Redshift")
            raise reader.error()
    return _control(opening, session.begin)


def _commit(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    _only(statement, "TRANSACTION", "WORK")

    def commit() -> str:
        if session.state == IDLE:
            session.notice("there is no transaction in progress")
            return "COMMIT"
        return "COMMIT" if session.commit() else "ROLLBACK"

    return _control("COMMIT", commit)


def _rollback(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    _only(statement, "TRANSACTION", "WORK")
    return _control("ROLLBACK", session.rollback)


def _only(statement: Statement, *words: str) -> None:
    reader = TokenReader(statement)
    reader.take()
    any(reader.accept(word) for word in words)
    if reader.accept("TO"):
        raise unsupported("savepoint")
    reader.expect_end()


def _set(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("SET")
    if reader.accept("SESSION", "AUTHORIZATION"):
        return _set_authorization(session, reader)
    reader.accept("LOCAL") or reader.accept("SESSION")
    if reader.accept("SESSION", "CHARACTERISTICS") or reader.accept("TRANSACTION"):
        raise unsupported("SET TRANSACTION")
    if reader.peek_word() == "ROLE":
        raise unsupported("statement SET ROLE")
    name = ".".join(reader.qualified_name())
    if name == "time" and reader.accept("ZONE"):
        name = "timezone"
    elif not (reader.accept("TO") or reader.accept("=")):
        raise reader.error()
    value = _setting_value(reader)
    return Plan(lambda parameters: _apply_setting(session, name, value))


def _setting_value(reader: TokenReader) -> str:
    parts = []
    while not reader.done:
        token = reader.take()
        parts.append(token.text if token.text != "," else ", ")
    return "".join(parts)


def _apply_setting(session: Session, name: str, value: str) -> Result:
    if name not in DEFAULT_SETTINGS:
        raise SqlError(errors.UNDEFINED_OBJECT, f'unrecognized configuration parameter "{name}"')
    if name.startswith("enable_case_sensitive") and value.lower() in ("true", "on", "1"):
        raise unsupported(f"{name} = true in the local Redshift")
    if name == "timezone" and value.upper() not in ("UTC", "GMT", "DEFAULT"):
        raise unsupported("time zone other than UTC in the local Redshift")
    if name == "statement_timeout" and value.upper() != "DEFAULT" and not value.isdigit():
        raise SqlError(
            errors.INVALID_PARAMETER, f'parameter "statement_timeout" requires milliseconds, not "{value}"'
        )
    session.settings[name] = DEFAULT_SETTINGS[name] if value.upper() == "DEFAULT" else value
    session.change_count += 1
    return Result("SET")


def _set_authorization(session: Session, reader: TokenReader) -> Plan:
    name = reader.string() if reader.is_string() else reader.identifier()

    def run(parameters: Sequence[Any]) -> Result:
        privileges.require_superuser(session, "set session authorization")
        if session.catalog.user(name) is None:
            raise SqlError(errors.UNDEFINED_OBJECT, f'user "{name}" does not exist')
        session.user = name
        session.change_count += 1
        return Result("SET")

    return Plan(run)


def _reset(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("RESET")
    name = ".".join(reader.qualified_name())

    def run(parameters: Sequence[Any]) -> Result:
        if name == "all":
            session.settings.update(DEFAULT_SETTINGS)
        elif name in DEFAULT_SETTINGS:
            session.settings[name] = DEFAULT_SETTINGS[name]
        elif name != "use":
            raise SqlError(errors.UNDEFINED_OBJECT, f'unrecognized configuration parameter "{name}"')
        session.change_count += 1
        return Result("RESET")

    return Plan(run)


def _show(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("SHOW")
    special = show.plan_show(session, reader)
    if special is not None:
        return special
    if reader.accept("TRANSACTION", "ISOLATION", "LEVEL"):
        name, setting = "transaction_isolation", "default_transaction_isolation"
    else:
        name = setting = ".".join(reader.qualified_name())
    reader.expect_end()
    if setting not in DEFAULT_SETTINGS:
        raise SqlError(errors.UNDEFINED_OBJECT, f'unrecognized configuration parameter "{name}"')
    columns = (Output(name, types.TEXT),)
    return Plan(lambda parameters: Result("SHOW", columns, [(session.settings[setting],)], 1), columns)


def _use(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("USE")
    name = reader.identifier()
    if name != session.cluster.database:
        raise unsupported("USE of another database in the local Redshift")
    return Plan(lambda parameters: Result("USE"))


def _maintenance(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    """Statistics and storage are DuckDB's own affair; the table must exist."""
    reader = TokenReader(statement)
    verb = reader.take().text.upper()
    if verb == "ANALYZE" and reader.accept("COMPRESSION"):
        raise unsupported("statement ANALYZE COMPRESSION")
    any(
        reader.accept(*words.split())
        for words in ("FULL", "SORT ONLY", "DELETE ONLY", "REINDEX", "RECLUSTER", "VERBOSE")
    )
    name = reader.qualified_name() if not reader.done else None

    def run(parameters: Sequence[Any]) -> Result:
        if verb == "VACUUM" and session.explicit_transaction:
            raise SqlError(errors.ACTIVE_TRANSACTION, "VACUUM cannot run inside a transaction block")
        if name is not None:
            SessionEnvironment(session).resolve(name)
        return Result(verb)

    return Plan(run)


def _lock(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("LOCK")
    reader.accept("TABLE")
    names = [reader.qualified_name()]
    while reader.accept(","):
        names.append(reader.qualified_name())
    reader.expect_end()

    def run(parameters: Sequence[Any]) -> Result:
        for name in names:
            resolved = SessionEnvironment(session).resolve(name)
            if resolved.kind != "table":
                raise SqlError(errors.WRONG_OBJECT_TYPE, f'"{name[-1]}" is not a table')
            session.lock(("relation", resolved.subject.oid))
        return Result("LOCK TABLE")

    return Plan(run)


PLANNERS: dict[str, StatementPlanner] = {
    "BEGIN": _begin,
    "START TRANSACTION": _begin,
    "COMMIT": _commit,
    "END": _commit,
    "ROLLBACK": _rollback,
    "ABORT": _rollback,
    "SET": _set,
    "RESET": _reset,
    "SHOW": _show,
    "USE": _use,
    "ANALYZE": _maintenance,
    "VACUUM": _maintenance,
    "LOCK": _lock,
}
