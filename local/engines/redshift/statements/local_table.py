"""A relation of the cluster's own as the target of statements that change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from local.engines.redshift import catalog as objects
from local.engines.redshift import errors, privileges
from local.engines.redshift.catalog import Column, Relation
from local.engines.redshift.dialect import casts, joins, sources
from local.engines.redshift.dialect.expressions import condition
from local.engines.redshift.dialect.queries import with_clause
from local.engines.redshift.dialect.scope import Compilation
from local.engines.redshift.dialect.typed import Typed, quote_name
from local.engines.redshift.errors import SqlError
from local.engines.redshift.external_scans import materialize_scans
from local.engines.redshift.session import Session
from local.engines.redshift.statements import relations
from local.engines.redshift.statements.row_changes import (
    MULTIPLE_MATCHES,
    Merge,
    RowStatement,
    check_reads,
    insert_columns,
    insert_source,
    target_scope,
    translate_merge,
    update_assignments,
)
from local.engines.redshift.statements.storage import default_value, sequence
from local.engines.redshift.statements.target import Alteration, RowChange
from local.engines.redshift.translation import new_compilation, used_parameters
from local.engines.redshift.types import Type

_KINDS = {
    "TABLE": (objects.TABLE,),
    "VIEW": (objects.VIEW, objects.LATE_BINDING_VIEW),
    "MATERIALIZED VIEW": (objects.MATERIALIZED_VIEW,),
}


class LocalTable:
    """A table or view of the cluster. Statements that change rows refuse a view when they run."""

    def __init__(self, session: Session, relation: Relation):
        self._session = session
        self._relation = relation

    def insert(self, statement: RowStatement[exp.Insert]) -> RowChange:
        """INSERT."""
        return self._change(
            "insert",
            lambda relation: _insert_sql(self._session, statement.tree, relation, statement.parameter_types),
        )

    def update(self, statement: RowStatement[exp.Update]) -> RowChange:
        """UPDATE."""
        return self._change("update", lambda relation: _update_sql(self._session, statement, relation))

    def delete(self, statement: RowStatement[exp.Delete]) -> RowChange:
        """DELETE."""
        return self._change("delete", lambda relation: _delete_sql(self._session, statement, relation))

    def merge(self, statement: RowStatement[exp.Merge]) -> RowChange:
        """MERGE."""
        session, name = self._session, statement.name

        def translated(relation: Relation) -> Merge:
            compilation = new_compilation(session, statement.parameter_types)
            return translate_merge(session, statement.tree, relation.columns, name, compilation)

        def check() -> None:
            if self._relation.stores_rows:
                translated(self._relation)

        def run(parameters: Sequence[Any]) -> int:
            relations.begin_writing(session, self._relation, "update")
            return _merge(session, self._relation, name[-1], translated(self._relation), parameters)

        return RowChange(check, run)

    def _change(self, privilege: str, build: Callable[[Relation], tuple[str, Compilation]]) -> RowChange:
        """A change that is one statement of DuckDB, which ``build`` makes."""

        def check() -> None:
            if self._relation.stores_rows:
                build(self._relation)

        def run(parameters: Sequence[Any]) -> int:
            relations.begin_writing(self._session, self._relation, privilege)
            sql, compilation = build(self._relation)
            return _execute(self._session, sql, compilation, parameters)

        return RowChange(check, run)

    def alter(self, alteration: Alteration) -> None:
        """ALTER TABLE or VIEW, by its owner."""
        relation = self._relation
        if not relation.temporary:
            privileges.require_owner(self._session, relation.owner, f"relation {relation.name}")
            self._session.lock(("relation", relation.oid))
        alteration.change(self._session, relation)

    def drop(self, word: str, *, cascade: bool) -> None:
        """DROP."""
        session, relation = self._session, self._relation
        if relation.kind not in _KINDS[word]:
            raise SqlError(
                errors.WRONG_OBJECT_TYPE,
                f'"{relation.name}" is not a {word.lower()}',
                hint=f"Use DROP {'TABLE' if relation.kind == objects.TABLE else 'VIEW'} to remove it.",
            )
        if not relation.temporary and not privileges.has(
            session.catalog, session.user, "relation", relation.oid, relation.owner, "drop"
        ):
            raise SqlError(errors.INSUFFICIENT_PRIVILEGE, f"must be owner of relation {relation.name}")
        drop_relation(session, relation, cascade=cascade, what=word.lower())


def _execute(session: Session, sql: str, compilation: Compilation, parameters: Sequence[Any]) -> int:
    """Run a translated DML statement; the number of rows it touched."""
    connection = session.engine
    sql = materialize_scans(session, sql, compilation)
    rows = connection.execute(sql, used_parameters(sql, parameters)).fetchall()
    return int(rows[0][0]) if rows else 0


def _insert_sql(
    session: Session, tree: exp.Insert, relation: Relation, parameter_types: tuple[Type, ...]
) -> tuple[str, Compilation]:
    compilation = new_compilation(session, parameter_types)

    def default(column: Column) -> Typed:
        if column.identity is not None:
            return Typed(f"nextval('{sequence(relation, column).strip(chr(34))}')", column.type)
        return default_value(session, column)

    target_columns = insert_columns(tree, relation.columns, relation.name)
    if tree.args.get("default"):
        defaults = ", ".join(default(each).sql for each in relation.columns)
        return f"INSERT INTO {relation.storage} VALUES ({defaults})", compilation
    for column in target_columns:
        if (
            column.identity is not None
            and not column.identity_by_default
            and isinstance(tree.this, exp.Schema)
        ):
            raise SqlError(
                errors.INVALID_TABLE_DEFINITION, f'cannot set an identity column "{column.name}" to a value'
            )
    if not isinstance(tree.this, exp.Schema):
        target_columns = [
            each for each in target_columns if each.identity is None or each.identity_by_default
        ]
        target_columns = _fewer(tree, target_columns)
    source, values = insert_source(tree, target_columns, compilation, default)
    check_reads(session, compilation)
    given = {
        column.name: casts.assign(value, column.type, column.name).sql
        for column, value in zip(target_columns, values, strict=True)
    }
    items = ", ".join(given.get(each.name) or default(each).sql for each in relation.columns)
    names = ", ".join(f"c{position}" for position in range(len(values)))
    return f"INSERT INTO {relation.storage} SELECT {items} FROM ({source}) AS rows_({names})", compilation


def _fewer(tree: exp.Insert, target_columns: list[Column]) -> list[Column]:
    """Without a column list, VALUES rows may be shorter than the table: the last columns take their defaults."""
    if isinstance(tree.expression, exp.Values) and tree.expression.expressions:
        first = tree.expression.expressions[0]
        width = len(first.expressions) if isinstance(first, exp.Tuple) else 1
        return target_columns[:width] if width < len(target_columns) else target_columns
    if isinstance(tree.expression, exp.Select) and not any(
        each.find(exp.Star) for each in tree.expression.expressions
    ):
        width = len(tree.expression.expressions)
        return target_columns[:width] if width < len(target_columns) else target_columns
    return target_columns


def _update_sql(
    session: Session, statement: RowStatement[exp.Update], relation: Relation
) -> tuple[str, Compilation]:
    tree, target = statement.tree, statement.alias or statement.name[-1]
    compilation = new_compilation(session, statement.parameter_types)
    scope = target_scope(compilation, relation.columns, statement.name, statement.alias)
    prefix = with_clause(tree, scope)
    from_clause = tree.args.get("from_")
    from_sql = ""
    if from_clause is not None:
        from_sql = " FROM " + sources.item(from_clause.this, scope)
        for join in from_clause.this.args.get("joins") or []:
            from_sql += joins.join_clause(join, scope)
    changes = update_assignments(tree, relation.columns, scope, lambda column: default_value(session, column))
    where = tree.args.get("where")
    where_sql = f" WHERE {condition(where.this, scope, 'WHERE')}" if where is not None else ""
    check_reads(session, compilation)
    shown = ", ".join(f"{quote_name(column)} = {value.sql}" for column, value in changes)
    return (
        f"{prefix}UPDATE {relation.storage} AS {quote_name(target)} SET {shown}{from_sql}{where_sql}",
        compilation,
    )


def _delete_sql(
    session: Session, statement: RowStatement[exp.Delete], relation: Relation
) -> tuple[str, Compilation]:
    tree, target = statement.tree, statement.alias or statement.name[-1]
    compilation = new_compilation(session, statement.parameter_types)
    scope = target_scope(compilation, relation.columns, statement.name, statement.alias)
    prefix = with_clause(tree, scope)
    using = [sources.item(each, scope) for each in tree.args.get("using") or ()]
    where = tree.args.get("where")
    where_sql = f" WHERE {condition(where.this, scope, 'WHERE')}" if where is not None else ""
    check_reads(session, compilation)
    using_sql = f" USING {', '.join(using)}" if using else ""
    return (
        f"{prefix}DELETE FROM {relation.storage} AS {quote_name(target)}{using_sql}{where_sql}",
        compilation,
    )


def _merge(session: Session, relation: Relation, alias: str, merge: Merge, parameters: Sequence[Any]) -> int:
    target = f"{relation.storage} AS {quote_name(alias)}"
    if merge.update is not None:
        check = f"SELECT 1 FROM {target} JOIN {merge.source} ON {merge.on} GROUP BY {quote_name(alias)}.rowid HAVING count(*) > 1 LIMIT 1"
        sql = materialize_scans(session, check, merge.compilation)
        if session.engine.execute(sql, used_parameters(sql, parameters)).fetchone():
            raise SqlError(errors.INTERNAL_ERROR, MULTIPLE_MATCHES)
        matched = "UPDATE SET " + ", ".join(
            f"{quote_name(column)} = {value.sql}" for column, value in merge.update
        )
    else:
        matched = "DELETE"
    columns = ", ".join(quote_name(each) for each in merge.insert)
    values = ", ".join(each.sql for each in merge.insert.values())
    sql = (
        f"MERGE INTO {target} USING {merge.source} ON {merge.on} WHEN MATCHED THEN {matched} "
        f"WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values})"
    )
    return _execute(session, sql, merge.compilation, parameters)


def drop_relation(session: Session, relation: Relation, *, cascade: bool, what: str = "table") -> None:
    """Drop a relation, and with CASCADE the views that are bound to it.

    Raises:
        SqlError: 2BP01 when a view depends on it and CASCADE was not said.
    """
    dependents = session.catalog.dependents(relation.oid)
    if dependents and not cascade:
        raise SqlError(
            errors.DEPENDENT_OBJECTS,
            f"cannot drop {what} {relation.name} because other objects depend on it",
            detail=f"view {dependents[0].name} depends on {what} {relation.name}",
            hint="Use DROP ... CASCADE to drop the dependent objects too.",
        )
    for view in dependents:
        # A view on two of the dropped relations is gone after the first.
        if session.catalog.relation(view.oid) is not None:
            session.notice(f"drop cascades to view {view.name}")
            drop_relation(session, view, cascade=True, what="view")
    if not relation.temporary:
        session.lock(("name", relation.schema, relation.name))
        session.lock(("relation", relation.oid))
    if relation.stores_rows:
        session.engine.execute(f"DROP TABLE {relation.storage}")
    relations.remove(session, relation)
