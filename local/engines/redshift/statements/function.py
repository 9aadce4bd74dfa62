"""CREATE and DROP FUNCTION: scalar functions in SQL ("CREATE FUNCTION" in the Developer Guide)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local.engines.redshift import errors, privileges
from local.engines.redshift.catalog import Function
from local.engines.redshift.dialect.reading import Statement, TokenReader, parse
from local.engines.redshift.environment import body_of, search_path
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements import definitions
from local.engines.redshift.translation import translate_query
from local.engines.redshift.types import Type

_MOST_ARGUMENTS = 32


def _create(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    # Other languages name their arguments, so the language is looked at first.
    words = [token.text.lower() for token in statement.tokens]
    language = words[words.index("language") + 1] if "language" in words[:-1] else ""
    if language not in ("", "sql"):
        raise unsupported(f"CREATE FUNCTION in {language} in the local Redshift")
    reader.expect("CREATE")
    replaces = reader.accept("OR", "REPLACE")
    reader.expect("FUNCTION")
    name = reader.qualified_name()
    arguments = _argument_types(reader)
    reader.expect("RETURNS")
    returns = definitions.read_type(reader)
    volatility = next((word for word in ("VOLATILE", "STABLE", "IMMUTABLE") if reader.accept(word)), None)
    reader.expect("AS")
    body = reader.string()
    reader.expect("LANGUAGE")
    reader.identifier()
    reader.expect_end()
    if volatility is None:
        raise errors.syntax_error("as")
    if len(arguments) > _MOST_ARGUMENTS:
        raise SqlError("54023", f"functions cannot have more than {_MOST_ARGUMENTS} arguments")
    body_of(body)

    def run(parameters: Sequence[Any]) -> Result:
        schema, own = _place(session, name)
        existing = session.catalog.function(schema, own, arguments)
        if existing is not None:
            if not replaces:
                raise SqlError("42723", f'function "{own}" already exists with same argument types')
            privileges.require_owner(session, existing.owner, f"function {own}")
        made = Function(
            oid=existing.oid if existing else session.cluster.next_oid(), schema=schema, name=own,
            arguments=arguments, returns=returns, body=body, volatility=volatility, owner=session.user,
        )  # fmt: skip
        session.catalog.put(("function", schema, own, tuple(each.name for each in arguments)), made)
        # What the body says must be right now; it is compiled again wherever it is called.
        nulls = ", ".join(f"cast(null as {kind.display})" for kind in arguments)
        translate_query(session, parse(f'select "{schema}"."{own}"({nulls})'))
        return Result("CREATE FUNCTION")

    return Plan(run)


def _argument_types(reader: TokenReader) -> tuple[Type, ...]:
    reader.expect("(")
    found: list[Type] = []
    while not reader.accept(")"):
        if found:
            reader.expect(",")
        found.append(definitions.read_type(reader))
    return tuple(found)


def _place(session: Session, name: tuple[str, ...]) -> tuple[str, str]:
    """Schema and name of a function that is about to be made, or dropped."""
    path = name[-2:-1] or tuple(search_path(session)[:1])
    schema = session.catalog.schema(path[0]) if path else None
    if schema is None:
        raise SqlError(errors.UNDEFINED_SCHEMA, f'schema "{path[0] if path else ""}" does not exist')
    privileges.require_schema(session, schema.name, "create")
    return schema.name, name[-1]


def _drop(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("DROP", "FUNCTION")
    if_exists = reader.accept("IF", "EXISTS")
    name = reader.qualified_name()
    arguments = _argument_types(reader)
    any(reader.accept(word) for word in ("CASCADE", "RESTRICT"))
    reader.expect_end()

    def run(parameters: Sequence[Any]) -> Result:
        schema = name[-2] if len(name) > 1 else _place(session, name)[0]
        found = session.catalog.function(schema, name[-1], arguments)
        if found is None:
            shown = ", ".join(kind.family for kind in arguments)
            if not if_exists:
                raise SqlError(errors.UNDEFINED_FUNCTION, f"function {name[-1]}({shown}) does not exist")
            session.notice(f"function {name[-1]}({shown}) does not exist and will be skipped")
            return Result("DROP FUNCTION")
        privileges.require_owner(session, found.owner, f"function {name[-1]}")
        session.catalog.put(("function", schema, name[-1], tuple(each.name for each in arguments)), None)
        return Result("DROP FUNCTION")

    return Plan(run)


PLANNERS: dict[str, StatementPlanner] = {
    "CREATE FUNCTION": _create,
    "CREATE OR REPLACE FUNCTION": _create,
    "DROP FUNCTION": _drop,
}
