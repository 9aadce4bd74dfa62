"""INSERT, UPDATE, DELETE, MERGE and TRUNCATE."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from local.engines.redshift import errors
from local.engines.redshift.dialect.expressions import check_arguments
from local.engines.redshift.dialect.reading import Statement, TokenReader, parse
from local.engines.redshift.errors import unsupported
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements import relations
from local.engines.redshift.statements.row_changes import RowStatement, target_name
from local.engines.redshift.statements.target import RowChange, Target
from local.engines.redshift.statements.targets import target
from local.engines.redshift.types import Type


def _plan_change(
    session: Session, name: tuple[str, ...], tag: str, change: Callable[[Target], RowChange]
) -> Plan:
    """A plan that analyses now and again when it runs, on whichever kind of table the name means then."""
    change(target(session, name)).check()

    def run(parameters: Sequence[Any]) -> Result:
        count = change(target(session, name)).run(parameters)
        return Result(f"{tag} {count}", count=count)

    return Plan(run)


def _insert(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    tree = parse(statement.text)
    if not isinstance(tree, exp.Insert):
        raise errors.syntax_error("INSERT")
    name, alias = target_name(tree.this.this if isinstance(tree.this, exp.Schema) else tree.this)
    if alias:
        raise errors.syntax_error(alias)
    insert = RowStatement(tree, name, alias, parameter_types)
    return _plan_change(session, name, "INSERT 0", lambda table: table.insert(insert))


def _update(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    tree = parse(statement.text)
    if not isinstance(tree, exp.Update):
        raise errors.syntax_error("UPDATE")
    check_arguments(tree, {"this", "expressions", "from_", "where", "with_"})
    name, alias = target_name(tree.this)
    update = RowStatement(tree, name, alias, parameter_types)
    return _plan_change(session, name, "UPDATE", lambda table: table.update(update))


def _delete(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    tree = parse(statement.text)
    if not isinstance(tree, exp.Delete):
        raise errors.syntax_error("DELETE")
    check_arguments(tree, {"this", "using", "where", "with_"})
    name, alias = target_name(tree.this)
    delete = RowStatement(tree, name, alias, parameter_types)
    return _plan_change(session, name, "DELETE", lambda table: table.delete(delete))


def _merge(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    if statement.text.upper().split()[-2:] == ["REMOVE", "DUPLICATES"]:
        raise unsupported("MERGE … REMOVE DUPLICATES in the local Redshift")
    tree = parse(statement.text)
    if not isinstance(tree, exp.Merge):
        raise errors.syntax_error("MERGE")
    name, alias = target_name(tree.this)
    if alias:
        raise errors.syntax_error(alias)
    merge = RowStatement(tree, name, alias, parameter_types)
    return _plan_change(session, name, "MERGE", lambda table: table.merge(merge))


def _truncate(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    """TRUNCATE commits the transaction it is in ("TRUNCATE" in the Developer Guide)."""
    reader = TokenReader(statement)
    reader.expect("TRUNCATE")
    reader.accept("TABLE")
    name = reader.qualified_name()
    reader.expect_end()
    relations.resolve(session, name)

    def run(parameters: Sequence[Any]) -> Result:
        relation = relations.writable(session, relations.resolve(session, name), "truncate")
        session.engine.execute(f"DELETE FROM {relation.storage}")
        if session.explicit_transaction:
            session.commit()
        return Result("TRUNCATE TABLE")

    return Plan(run)


PLANNERS: dict[str, StatementPlanner] = {
    "INSERT": _insert,
    "UPDATE": _update,
    "DELETE": _delete,
    "MERGE": _merge,
    "TRUNCATE": _truncate,
}
