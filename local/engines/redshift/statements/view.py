"""Views: bound, late-binding and materialized."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from local.engines.redshift import catalog as objects
from local.engines.redshift import errors, privileges
from local.engines.redshift.catalog import Column, Relation
from local.engines.redshift.dialect.reading import Statement, TokenReader, parse, tokenize
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements import definitions, relations
from local.engines.redshift.statements.definitions import Definition
from local.engines.redshift.statements.storage import columns_of, store_query
from local.engines.redshift.translation import Translation, translate_query
from local.engines.redshift.types import Type

_LATE = ("WITH", "NO", "SCHEMA", "BINDING")


def _query_text(reader: TokenReader) -> tuple[str, bool]:
    """The view's query, and whether WITH NO SCHEMA BINDING follows it."""
    text = reader.rest().rstrip()
    words = text.upper().split()
    late = tuple(words[-4:]) == _LATE
    if late:
        for word in reversed(_LATE):
            text = text.rstrip()[: -len(word)]
        text = text.rstrip()
    while text.startswith("(") and text.endswith(")") and _wraps(text):
        text = text[1:-1].strip()
    return text, late


def _wraps(text: str) -> bool:
    """Whether the first parenthesis is closed by the last."""
    depth = 0
    tokens = tokenize(text)
    for position, token in enumerate(tokens):
        depth += (token.text == "(" and token.token_type.name == "L_PAREN") - (
            token.token_type.name == "R_PAREN"
        )
        if depth == 0 and position < len(tokens) - 1:
            return False
    return True


def _create_view(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("CREATE")
    replacing = reader.accept("OR", "REPLACE")
    reader.expect("VIEW")
    name = reader.qualified_name()
    names = reader.names() if reader.peek_word() == "(" else ()
    reader.expect("AS")
    text, late = _query_text(reader)
    if not late:
        translate_query(session, parse(text))

    def run(parameters: Sequence[Any]) -> Result:
        return _create(session, name, names, text, late, replacing)

    return Plan(run)


def _create(
    session: Session, name: tuple[str, ...], names: tuple[str, ...], text: str, late: bool, replacing: bool
) -> Result:
    schema, own = relations.new_name(session, name)
    tree = parse(text)
    if late:
        _check_qualified(text)
        columns: tuple[Column, ...] = ()
        bindings: tuple[tuple[tuple[str, ...], int], ...] = ()
        if names:
            raise unsupported("column names of a late-binding view in the local Redshift")
        kind = objects.LATE_BINDING_VIEW
    else:
        translation = translate_query(session, tree)
        columns = _view_columns(translation, names)
        bindings = _bindings(translation)
        kind = objects.VIEW
    existing = session.catalog.find(schema, own)
    oid = session.cluster.next_oid()
    if existing is not None:
        if not replacing:
            raise SqlError(errors.DUPLICATE_TABLE, f'Relation "{own}" already exists')
        if existing.kind not in (objects.VIEW, objects.LATE_BINDING_VIEW):
            raise SqlError(errors.WRONG_OBJECT_TYPE, f'"{own}" is not a view')
        privileges.require_owner(session, existing.owner, f"relation {own}")
        if (
            existing.kind == objects.VIEW
            and kind == objects.VIEW
            and session.catalog.dependents(existing.oid)
        ):
            _check_replaceable(existing, columns)
        oid = existing.oid
    view = Relation(
        oid=oid, schema=schema, name=own, kind=kind, columns=columns, owner=session.user, definition=text, bindings=bindings,
        created=datetime.datetime.now(datetime.UTC).replace(tzinfo=None),
    )  # fmt: skip
    relations.put(session, view)
    return Result("CREATE VIEW")


def _check_qualified(text: str) -> None:
    """Every table of a late-binding view must be named with its schema."""
    tree = parse(text)
    names = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if (
            isinstance(table.this, exp.Identifier)
            and len(table.parts) == 1
            and table.name.lower() not in names
        ):
            raise SqlError(
                errors.INVALID_TABLE_DEFINITION,
                f'all the relation names inside should be qualified when creating views with no schema binding: "{table.name.lower()}"',
            )


def _check_replaceable(existing: Relation, columns: tuple[Column, ...]) -> None:
    before = [(each.name, each.type) for each in existing.columns]
    if [(each.name, each.type) for each in columns][: len(before)] != before:
        raise SqlError(
            errors.INVALID_TABLE_DEFINITION, "cannot change the columns of a view that other views depend on"
        )


def _view_columns(translation: Translation, names: tuple[str, ...]) -> tuple[Column, ...]:
    outputs = translation.columns
    if len(names) > len(outputs):
        raise SqlError(errors.SYNTAX_ERROR, "CREATE VIEW specifies more column names than columns")
    found = tuple(
        Column(names[position] if position < len(names) else each.name, each.type)
        for position, each in enumerate(outputs)
    )
    definitions.check_distinct([each.name for each in found])
    return found


def _bindings(translation: Translation) -> tuple[tuple[tuple[str, ...], int], ...]:
    """What each name in the query means.

    Raises:
        SqlError: for external tables, which only late-binding views may use; and for temporary ones.
    """
    found = []
    for parts, resolved in translation.compilation.names.items():
        if resolved.kind == "external":
            raise SqlError(
                errors.FEATURE_NOT_SUPPORTED,
                "External tables are not supported in views",
                hint="Use WITH NO SCHEMA BINDING clause for views that reference external tables.",
            )
        if isinstance(resolved.subject, Relation):
            if resolved.subject.temporary:
                raise unsupported("view of a temporary table")
            found.append((parts, resolved.subject.oid))
    return tuple(found)


# -- materialized views -----------------------------------------------------------------------------------------


def _create_materialized(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("CREATE", "MATERIALIZED", "VIEW")
    name = reader.qualified_name()
    definition = Definition()
    definition.dist_style = "EVEN"
    automatic = False
    while True:
        before = reader.peek()
        definitions.read_attributes(reader, definition)
        if reader.accept("AUTO", "REFRESH"):
            automatic = reader.accept("YES")
            if not automatic:
                reader.expect("NO")
        if reader.peek() is before:
            break
    reader.expect("AS")
    text, _ = _query_text(reader)
    translate_query(session, parse(text))

    def run(parameters: Sequence[Any]) -> Result:
        schema, own = relations.new_name(session, name)
        if session.catalog.find(schema, own) is not None:
            raise SqlError(errors.DUPLICATE_TABLE, f'Relation "{own}" already exists')
        translation = translate_query(session, parse(text))
        if translation.compilation.scans:
            raise unsupported("materialized view of an external table in the local Redshift")
        columns = columns_of(translation)
        checked = replace(definition, columns=list(columns))
        definitions.check_keys(checked)
        view = Relation(
            oid=session.cluster.next_oid(), schema=schema, name=own, kind=objects.MATERIALIZED_VIEW, columns=columns,
            owner=session.user, definition=text, bindings=_bindings(translation), dist_style=definition.dist_style,
            dist_key=definition.dist_key, sort_keys=definition.sort_keys, auto_refresh=automatic,
        )  # fmt: skip
        view = replace(view, fresh_as_of=_row_changes(session, view))
        store_query(session, view, translation, ())
        relations.put(session, view)
        return Result("CREATE MATERIALIZED VIEW")

    return Plan(run)


def _row_changes(session: Session, view: Relation) -> tuple[tuple[int, int], ...]:
    """How often the rows of each relation that a view reads have changed; what this transaction changed counts too."""
    written = session.transaction.written
    return tuple((oid, session.cluster.row_changes[oid] + (oid in written)) for _, oid in view.bindings)


def _refresh(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    """Computed again in full, in one step."""
    reader = TokenReader(statement)
    reader.expect("REFRESH", "MATERIALIZED", "VIEW")
    name = reader.qualified_name()
    any(reader.accept(word) for word in ("CASCADE", "RESTRICT"))
    reader.expect_end()

    def run(parameters: Sequence[Any]) -> Result:
        view = relations.resolve(session, name).subject
        if not isinstance(view, Relation) or view.kind != objects.MATERIALIZED_VIEW:
            raise SqlError(errors.WRONG_OBJECT_TYPE, f'"{name[-1]}" is not a materialized view')
        privileges.require_owner(session, view.owner, f"relation {view.name}")
        session.lock(("relation", view.oid))
        translation = translate_query(session, parse(view.definition))
        session.engine.execute(f"DROP TABLE {view.storage}")
        store_query(session, view, translation, ())
        relations.put(session, replace(view, fresh_as_of=_row_changes(session, view)))
        return Result("REFRESH MATERIALIZED VIEW")

    return Plan(run)


def _alter_materialized(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("ALTER", "MATERIALIZED", "VIEW")
    name = reader.qualified_name()
    if not reader.accept("AUTO", "REFRESH"):
        raise unsupported("this form of ALTER MATERIALIZED VIEW")
    automatic = reader.accept("YES")
    if not automatic:
        reader.expect("NO")
    reader.expect_end()

    def run(parameters: Sequence[Any]) -> Result:
        view = relations.resolve(session, name).subject
        if not isinstance(view, Relation) or view.kind != objects.MATERIALIZED_VIEW:
            raise SqlError(errors.WRONG_OBJECT_TYPE, f'"{name[-1]}" is not a materialized view')
        relations.put(session, replace(view, auto_refresh=automatic))
        return Result("ALTER MATERIALIZED VIEW")

    return Plan(run)


PLANNERS: dict[str, StatementPlanner] = {
    "CREATE VIEW": _create_view,
    "CREATE OR REPLACE VIEW": _create_view,
    "CREATE MATERIALIZED VIEW": _create_materialized,
    "REFRESH MATERIALIZED VIEW": _refresh,
    "ALTER MATERIALIZED VIEW": _alter_materialized,
}
