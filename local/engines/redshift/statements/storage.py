"""The rows of the cluster's own tables: their storage in DuckDB, column defaults and IDENTITY sequences."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from local.engines.redshift import errors
from local.engines.redshift.catalog import TABLE, Column, Relation
from local.engines.redshift.dialect import casts
from local.engines.redshift.dialect.expressions import translate
from local.engines.redshift.dialect.reading import parse_expression
from local.engines.redshift.dialect.scope import Scope
from local.engines.redshift.dialect.typed import Output, Typed, quote_name
from local.engines.redshift.errors import SqlError
from local.engines.redshift.external_scans import materialize_scans
from local.engines.redshift.session import Session
from local.engines.redshift.statements import definitions, relations
from local.engines.redshift.statements.definitions import Definition
from local.engines.redshift.translation import Translation, new_compilation, used_parameters


def new_relation(
    session: Session, schema: str, name: str, definition: Definition, temporary: bool = False
) -> Relation:
    """A table with a new object identifier."""
    return Relation(
        oid=session.cluster.next_oid(),
        schema=schema,
        name=name,
        kind=TABLE,
        columns=tuple(replace(each, sequence=number) for number, each in enumerate(definition.columns)),
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
    _create_storage(session, relation, relation.storage)
    relations.put(session, relation)


def _create_storage(session: Session, relation: Relation, name: str) -> None:
    columns = ", ".join(
        f"{quote_name(each.name)} {each.type.duckdb}{'' if each.nullable and each.identity is None else ' NOT NULL'}"
        for each in relation.columns
    )
    kind = "TEMP TABLE" if relation.temporary else "TABLE"
    session.engine.execute(f"CREATE {kind} {name} ({columns})")


def rewrite(session: Session, relation: Relation, new_values: Mapping[str, str]) -> None:
    """Store a table's rows anew with the columns that ``relation`` has now.

    DuckDB takes no ADD or DROP COLUMN in a transaction that changed rows of the table; Redshift does.

    Args:
        new_values: DuckDB SQL for the columns that are not stored yet.
    """
    draft = relation.storage.removesuffix('"') + '_rewritten"'
    _create_storage(session, relation, draft)
    items = ", ".join(new_values.get(each.name) or quote_name(each.name) for each in relation.columns)
    session.engine.execute(f"INSERT INTO {draft} SELECT {items} FROM {relation.storage}")
    session.engine.execute(f"DROP TABLE {relation.storage}")
    session.engine.execute(f"ALTER TABLE {draft} RENAME TO {quote_name(f'r{relation.oid}')}")


def sequence(relation: Relation, column: Column) -> str:
    """The DuckDB sequence of an IDENTITY column."""
    return quote_name(f"s{relation.oid}_{column.sequence}")


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
    if translation.compilation.must_run_on_leader:
        raise SqlError(
            errors.FEATURE_NOT_SUPPORTED,
            "Specified types or functions (one per INFO message) not supported on Redshift tables.",
        )
    session.statement_writes[relation.oid] = relation.name
    connection = session.engine
    query = materialize_scans(session, translation.sql, translation.compilation)
    sql = f"CREATE {kind} {relation.storage} AS SELECT {items} FROM ({query}) AS rows_({', '.join(places)})"
    found = connection.execute(sql, used_parameters(sql, parameters)).fetchall()
    return int(found[0][0]) if found else 0


def casts_to(place: str, output: Output, column: Column) -> str:
    """A query's column as the column of a table of the same Redshift type."""
    del output
    return f"CAST({place} AS {column.type.duckdb})"
