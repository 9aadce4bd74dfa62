"""CREATE TABLE in its three forms: columns, LIKE and AS."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from local.engines.redshift import errors
from local.engines.redshift.catalog import TABLE, Column, Relation
from local.engines.redshift.dialect import casts
from local.engines.redshift.dialect.expressions import translate
from local.engines.redshift.dialect.reading import Statement, TokenReader, parse, parse_expression
from local.engines.redshift.dialect.scope import Scope
from local.engines.redshift.dialect.typed import Output, Typed, quote_name
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.external_scans import materialize_scans
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements import definitions, targets
from local.engines.redshift.statements.definitions import Definition
from local.engines.redshift.translation import Translation, new_compilation, translate_query, used_parameters
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
        from local.engines.redshift.statements import iceberg_tables

        return iceberg_tables.plan_create(session, reader, name, if_not_exists, definition, parameter_types)
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
    if targets.existing(session, schema, name) is None:
        return False
    if not request.if_not_exists:
        raise SqlError(errors.DUPLICATE_TABLE, f'Relation "{name}" already exists')
    session.notice(f'Relation "{name}" already exists and will be skipped')
    return True


def _create(session: Session, request: _Request) -> Result:
    schema, name = targets.new_name(session, request.name, temporary=request.temporary)
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
    resolved = targets.resolve(session, source)
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


def new_relation(
    session: Session, schema: str, name: str, definition: Definition, temporary: bool = False
) -> Relation:
    """A table with a new object identifier."""
    return Relation(
        oid=session.cluster.next_oid(),
        schema=schema,
        name=name,
        kind=TABLE,
        columns=tuple(definition.columns),
        owner=session.user,
        dist_style=definition.dist_style,
        dist_key=definition.dist_key,
        sort_keys=definition.sort_keys,
        keys=tuple(definition.keys),
        temporary=temporary,
        created=datetime.datetime.now(datetime.UTC).replace(tzinfo=None),
    )


def create_relation(session: Session, relation: Relation) -> None:
    """Make the storage of a table and record it."""
    for column in relation.columns:
        if column.default is not None:
            default_value(session, column)
        if column.identity is not None:
            seed, step = column.identity
            session.engine.execute(
                f"CREATE SEQUENCE {sequence(relation, column)} START {seed} INCREMENT {step} MINVALUE {min(seed, -(2**62))}"
            )
    columns = ", ".join(
        f"{quote_name(each.name)} {each.type.duckdb}{'' if each.nullable and each.identity is None else ' NOT NULL'}"
        for each in relation.columns
    )
    kind = "TEMP TABLE" if relation.temporary else "TABLE"
    session.engine.execute(f"CREATE {kind} {relation.storage} ({columns})")
    targets.put(session, relation)


def sequence(relation: Relation, column: Column) -> str:
    """The DuckDB sequence of an IDENTITY column."""
    return quote_name(f"s{relation.oid}_{relation.columns.index(column)}")


def default_value(session: Session, column: Column) -> Typed:
    """A column's default, as a value of its type; null when it has none.

    Raises:
        SqlError: when the default does not fit the column.
    """
    if column.default is None:
        return Typed(f"CAST(NULL AS {column.type.duckdb})", column.type)
    compilation = new_compilation(session, ())
    value = translate(parse_expression(column.default), Scope(compilation))
    return casts.assign(value, column.type, column.name)


def _create_as(
    session: Session, request: _Request, parameters: Sequence[Any], parameter_types: tuple[Type, ...]
) -> Result:
    assert request.query is not None  # noqa: S101  (the caller asked)
    schema, name = targets.new_name(session, request.name, temporary=request.temporary)
    if _exists(session, request, schema, name):
        return Result("CREATE TABLE AS")
    _refuse_external(session, schema)
    translation = translate_query(session, parse(request.query), parameter_types)
    columns = columns_of(translation, request.definition.names_only)
    definition = replace(request.definition, columns=list(columns))
    definitions.check_keys(definition)
    relation = new_relation(session, schema, name, definition, request.temporary)
    count = store_query(session, relation, translation, parameters)
    targets.put(session, relation)
    return Result("SELECT", count=count)


def columns_of(translation: Translation, names: tuple[str, ...] = ()) -> tuple[Column, ...]:
    """The columns of a table made from a query.

    Raises:
        SqlError: 42701 for a name that is there twice, 42601 for too many names.
    """
    outputs = translation.columns
    if len(names) > len(outputs):
        raise SqlError(errors.SYNTAX_ERROR, "CREATE TABLE AS specifies too many column names")
    found = [
        Column(names[position] if position < len(names) else each.name, each.type)
        for position, each in enumerate(outputs)
    ]
    for each in found:
        if each.type.name in ("interval", "name", "oid"):
            raise SqlError(
                errors.INVALID_TABLE_DEFINITION,
                f'column "{each.name}" has unsupported type "{each.type.family}"',
            )
    definitions.check_distinct([each.name for each in found])
    return tuple(found)


def store_query(
    session: Session, relation: Relation, translation: Translation, parameters: Sequence[Any]
) -> int:
    """Make a table's storage out of a query's rows.

    Returns:
        The number of rows.
    """
    places = [f"c{position}" for position in range(len(relation.columns))]
    items = ", ".join(
        f"{casts_to(place, output, column)} AS {quote_name(column.name)}"
        for place, output, column in zip(places, translation.columns, relation.columns, strict=True)
    )
    kind = "TEMP TABLE" if relation.temporary else "TABLE"
    if translation.compilation.system or translation.compilation.leader_function:
        raise SqlError(
            errors.FEATURE_NOT_SUPPORTED,
            "Specified types or functions (one per INFO message) not supported on Redshift tables.",
        )
    connection = session.engine
    query = materialize_scans(session, translation.sql, translation.compilation)
    sql = f"CREATE {kind} {relation.storage} AS SELECT {items} FROM ({query}) AS rows_({', '.join(places)})"
    found = connection.execute(sql, used_parameters(sql, parameters)).fetchall()
    return int(found[0][0]) if found else 0


def casts_to(place: str, output: Output, column: Column) -> str:
    """A query's column as the column of a table of the same Redshift type."""
    del output
    return f"CAST({place} AS {column.type.duckdb})"


PLANNERS: dict[str, StatementPlanner] = {
    "CREATE TABLE": _create_table,
    "CREATE TEMP TABLE": _create_table,
    "CREATE TEMPORARY TABLE": _create_table,
    "CREATE LOCAL TEMP TABLE": _create_table,
    "CREATE LOCAL TEMPORARY TABLE": _create_table,
}
