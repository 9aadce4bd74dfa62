"""DROP TABLE, VIEW, MATERIALIZED VIEW and SCHEMA, with what depends on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local.engines.redshift import errors, privileges
from local.engines.redshift.dialect.reading import Statement, TokenReader
from local.engines.redshift.errors import DEPENDENT_OBJECTS, UNDEFINED_SCHEMA, UNDEFINED_TABLE, SqlError
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements.local_table import drop_relation
from local.engines.redshift.statements.targets import target
from local.engines.redshift.types import Type


def _drop(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("DROP")
    word = "MATERIALIZED VIEW" if reader.accept("MATERIALIZED", "VIEW") else reader.take().text.upper()
    if_exists = reader.accept("IF", "EXISTS")
    names = [reader.qualified_name()]
    while reader.accept(","):
        names.append(reader.qualified_name())
    cascade = reader.accept("CASCADE")
    cascade or reader.accept("RESTRICT")
    reader.expect_end()

    def run(parameters: Sequence[Any]) -> Result:
        for name in names:
            _drop_one(session, name, word, if_exists, cascade)
        return Result(f"DROP {word}")

    return Plan(run)


def _drop_one(session: Session, name: tuple[str, ...], word: str, if_exists: bool, cascade: bool) -> None:
    try:
        found = target(session, name)
    except SqlError as error:
        if error.sqlstate not in (UNDEFINED_TABLE, UNDEFINED_SCHEMA):
            raise
        if if_exists:
            session.notice(f'{word.capitalize()} "{name[-1]}" does not exist and will be skipped')
            return
        raise SqlError(UNDEFINED_TABLE, f'{word.capitalize()} "{name[-1]}" does not exist') from error
    found.drop(word, cascade=cascade)


def _drop_schema(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("DROP", "SCHEMA")
    if_exists = reader.accept("IF", "EXISTS")
    names = [reader.qualified_name()]
    while reader.accept(","):
        names.append(reader.qualified_name())
    if reader.accept("DROP", "EXTERNAL", "DATABASE"):
        raise errors.unsupported("DROP EXTERNAL DATABASE in the local Redshift")
    cascade = reader.accept("CASCADE")
    cascade or reader.accept("RESTRICT")
    reader.expect_end()

    def run(parameters: Sequence[Any]) -> Result:
        for name in names:
            _drop_one_schema(session, name[-1], if_exists, cascade)
        return Result("DROP SCHEMA")

    return Plan(run)


def _drop_one_schema(session: Session, name: str, if_exists: bool, cascade: bool) -> None:
    schema = session.catalog.schema(name)
    if schema is None:
        if if_exists:
            session.notice(f'Schema "{name}" does not exist and will be skipped')
            return
        raise SqlError(UNDEFINED_SCHEMA, f'schema "{name}" does not exist')
    privileges.require_owner(session, schema.owner, f"schema {name}")
    session.lock(("schema", name))
    content = session.catalog.relations(name)
    if content and not cascade:
        raise SqlError(
            DEPENDENT_OBJECTS,
            f"cannot drop schema {name} because other objects depend on it",
            hint="Use DROP ... CASCADE to drop the dependent objects too.",
        )
    for relation in content:
        if session.catalog.relation(relation.oid) is not None:
            drop_relation(session, relation, cascade=True)
    session.catalog.put(("schema", name), None)
    session.catalog.put(("grants", "schema", name), None)


PLANNERS: dict[str, StatementPlanner] = {
    "DROP TABLE": _drop,
    "DROP VIEW": _drop,
    "DROP MATERIALIZED VIEW": _drop,
    "DROP SCHEMA": _drop_schema,
}
