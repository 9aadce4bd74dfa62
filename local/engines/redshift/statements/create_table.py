"""CREATE TABLE in its three forms: columns, LIKE and AS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from local.engines.redshift import errors
from local.engines.redshift.catalog import Relation
from local.engines.redshift.dialect.reading import Statement, TokenReader, parse
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements import create_iceberg_table, definitions, relations
from local.engines.redshift.statements.definitions import Definition
from local.engines.redshift.statements.storage import columns_of, create_relation, new_relation, store_query
from local.engines.redshift.translation import translate_query
from local.engines.redshift.types import Type


@dataclass
class _Request:
    name: tuple[str, ...]
    if_not_exists: bool
    temporary: bool
    definition: Definition
    query: str | None


def _create_table(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("CREATE")
    reader.accept("LOCAL")
    temporary = reader.accept("TEMPORARY") or reader.accept("TEMP")
    reader.expect("TABLE")
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    name = reader.qualified_name()
    definition = Definition()
    if reader.peek_word() == "(" and not _opens_query(reader):
        definitions.read_columns(reader, definition)
    definitions.read_attributes(reader, definition)
    if reader.accept("USING"):
        return create_iceberg_table.plan_create(
            session, reader, name, if_not_exists, definition, parameter_types
        )
    query = None
    if reader.accept("AS"):
        query = reader.rest()
    reader.expect_end()
    request = _Request(name, if_not_exists, temporary or name[-1].startswith("#"), definition, query)
    if query is None:
        if not definition.columns and definition.like is None:
            raise errors.syntax_error("")
        return Plan(lambda parameters: _create(session, request))
    if definition.columns or definition.like:
        raise SqlError(errors.SYNTAX_ERROR, "CREATE TABLE AS takes column names without types")
    # Analysed now, so that mistakes show when the statement is prepared.
    translate_query(session, parse(query), parameter_types)
    return Plan(lambda parameters: _create_as(session, request, parameters, parameter_types))


def _opens_query(reader: TokenReader) -> bool:
    return reader.peek_word(1) in ("SELECT", "WITH")


def _exists(session: Session, request: _Request, schema: str, name: str) -> bool:
    """Whether the table is there already; with IF NOT EXISTS that is only a notice."""
    if relations.existing(session, schema, name) is None:
        return False
    if not request.if_not_exists:
        raise SqlError(errors.DUPLICATE_TABLE, f'Relation "{name}" already exists')
    session.notice(f'Relation "{name}" already exists and will be skipped')
    return True


def _create(session: Session, request: _Request) -> Result:
    schema, name = relations.new_name(session, request.name, temporary=request.temporary)
    if _exists(session, request, schema, name):
        return Result("CREATE TABLE")
    definition = request.definition
    if definition.like is not None:
        _copy_columns(session, definition)
    for key, columns in definition.keys:
        if key == "PRIMARY KEY":
            definition.columns = [
                replace(each, nullable=False) if each.name in columns else each for each in definition.columns
            ]
    definitions.check_keys(definition)
    _refuse_external(session, schema)
    create_relation(session, new_relation(session, schema, name, definition, request.temporary))
    return Result("CREATE TABLE")


def _refuse_external(session: Session, schema: str) -> None:
    found = session.catalog.schema(schema)
    if found is not None and found.external is not None:
        raise unsupported(f"CREATE TABLE in external schema {schema} without USING ICEBERG")


def _copy_columns(session: Session, definition: Definition) -> None:
    assert definition.like is not None  # noqa: S101  (the caller asked)
    source, defaults = definition.like
    resolved = relations.resolve(session, source)
    if not isinstance(resolved.subject, Relation) or not resolved.subject.stores_rows:
        raise SqlError(errors.WRONG_OBJECT_TYPE, f'"{source[-1]}" is not a table')
    like = resolved.subject
    definition.columns = [
        each if defaults else replace(each, default=None, identity=None) for each in like.columns
    ]
    definition.dist_style, definition.dist_key, definition.sort_keys = (
        like.dist_style,
        like.dist_key,
        like.sort_keys,
    )


def _create_as(
    session: Session, request: _Request, parameters: Sequence[Any], parameter_types: tuple[Type, ...]
) -> Result:
    assert request.query is not None  # noqa: S101  (the caller asked)
    schema, name = relations.new_name(session, request.name, temporary=request.temporary)
    if _exists(session, request, schema, name):
        return Result("CREATE TABLE AS")
    _refuse_external(session, schema)
    translation = translate_query(session, parse(request.query), parameter_types)
    columns = columns_of(translation, request.definition.names_only)
    definition = replace(request.definition, columns=list(columns))
    definitions.check_keys(definition)
    relation = new_relation(session, schema, name, definition, request.temporary)
    count = store_query(session, relation, translation, parameters)
    relations.put(session, relation)
    return Result("SELECT", count=count)


PLANNERS: dict[str, StatementPlanner] = {
    "CREATE TABLE": _create_table,
    "CREATE TEMP TABLE": _create_table,
    "CREATE TEMPORARY TABLE": _create_table,
    "CREATE LOCAL TEMP TABLE": _create_table,
    "CREATE LOCAL TEMPORARY TABLE": _create_table,
}
