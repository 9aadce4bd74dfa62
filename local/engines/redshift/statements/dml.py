"""UPDATE, DELETE and TRUNCATE of the cluster's own tables, and what all statements that write rows share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from local.engines.redshift import errors
from local.engines.redshift.catalog import Column, Relation
from local.engines.redshift.dialect import casts, joins, sources
from local.engines.redshift.dialect.expressions import check_arguments, condition, translate
from local.engines.redshift.dialect.queries import with_clause
from local.engines.redshift.dialect.reading import Statement, TokenReader, parse
from local.engines.redshift.dialect.scope import Compilation, Resolved, Scope, Source
from local.engines.redshift.dialect.typed import Typed, quote_name
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.external_scans import materialize_scans
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements import targets
from local.engines.redshift.statements.definitions import check_distinct
from local.engines.redshift.statements.table import default_value
from local.engines.redshift.translation import check_readable, new_compilation, used_parameters
from local.engines.redshift.types import Type

Assignments = list[tuple[str, Typed]]


def target_name(node: exp.Expression) -> tuple[tuple[str, ...], str]:
    """(qualified name, alias) of a statement's target."""
    if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
        raise errors.syntax_error(node.sql()[:40])
    check_arguments(node, {"this", "db", "catalog", "alias"})
    return tuple(part.name.lower() for part in node.parts), node.alias.lower()


def plan_on_table(
    session: Session,
    name: tuple[str, ...],
    local: Callable[[Resolved, Sequence[Any]], Result],
    external: Callable[[Resolved, Sequence[Any]], Result],
    prepare: Callable[[Resolved], object],
) -> Plan:
    """A plan that analyses now and again when it runs, on whichever kind of table the name means then."""
    prepare(targets.resolve(session, name))

    def run(parameters: Sequence[Any]) -> Result:
        resolved = targets.resolve(session, name)
        if resolved.kind == "external":
            return external(resolved, parameters)
        return local(resolved, parameters)

    return Plan(run)


def finish(session: Session, compilation: Compilation) -> None:
    """Check what a statement reads: nodes that go together, and privileges."""
    compilation.check_node()
    if compilation.system or compilation.leader_function:
        raise SqlError(
            errors.FEATURE_NOT_SUPPORTED,
            "Specified types or functions (one per INFO message) not supported on Redshift tables.",
        )
    for resolved in compilation.relations.values():
        check_readable(session, resolved)


def execute(session: Session, sql: str, compilation: Compilation, parameters: Sequence[Any]) -> int:
    """Run a translated DML statement; the number of rows it touched."""
    connection = session.engine
    sql = materialize_scans(session, sql, compilation)
    rows = connection.execute(sql, used_parameters(sql, parameters)).fetchall()
    return int(rows[0][0]) if rows else 0


def target_scope(
    compilation: Compilation, columns: Sequence[Column], name: tuple[str, ...], alias: str
) -> Scope:
    """A scope in which the target's columns can be named."""
    scope = Scope(compilation)
    scope.add(Source(alias or name[-1], {each.name: each.type for each in columns}, () if alias else name))
    return scope


def update_assignments(
    tree: exp.Expression, columns: Sequence[Column], scope: Scope, default: Callable[[Column], Typed]
) -> Assignments:
    """(column, value) pairs of SET.

    Raises:
        SqlError: 42703, 42701, 42804.
    """
    known = {each.name: each for each in columns}
    found: Assignments = []
    for each in tree.expressions:
        if not isinstance(each, exp.EQ) or not isinstance(each.this, exp.Column):
            raise unsupported("this form of SET")
        name = each.this.name.lower()
        column = known.get(name)
        if column is None:
            raise SqlError(errors.UNDEFINED_COLUMN, f'column "{name}" of relation does not exist')
        node = each.expression
        if isinstance(node, (exp.Var, exp.Column)) and node.name.upper() == "DEFAULT":
            value = default(column)
        else:
            value = casts.assign(translate(node, scope), column.type, name)
        found.append((name, value))
    check_distinct([name for name, _ in found])
    return found


def _update(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    tree = parse(statement.text)
    if not isinstance(tree, exp.Update):
        raise errors.syntax_error("UPDATE")
    check_arguments(tree, {"this", "expressions", "from_", "where", "with_"})
    name, alias = target_name(tree.this)

    def build(relation: Relation) -> tuple[str, Compilation]:
        compilation = new_compilation(session, parameter_types)
        scope = target_scope(compilation, relation.columns, name, alias)
        prefix = with_clause(tree, scope)
        from_clause = tree.args.get("from_")
        from_sql = ""
        if from_clause is not None:
            from_sql = " FROM " + sources.item(from_clause.this, scope)
            for join in from_clause.this.args.get("joins") or []:
                from_sql += joins.join_clause(join, scope)
        changes = update_assignments(
            tree, relation.columns, scope, lambda column: default_value(session, column)
        )
        where = tree.args.get("where")
        where_sql = f" WHERE {condition(where.this, scope, 'WHERE')}" if where is not None else ""
        finish(session, compilation)
        shown = ", ".join(f"{quote_name(column)} = {value.sql}" for column, value in changes)
        return (
            f"{prefix}UPDATE {relation.storage} AS {quote_name(alias or name[-1])} SET {shown}{from_sql}{where_sql}",
            compilation,
        )

    def local(resolved: Resolved, parameters: Sequence[Any]) -> Result:
        relation = targets.writable(session, resolved, "update")
        sql, compilation = build(relation)
        count = execute(session, sql, compilation, parameters)
        return Result(f"UPDATE {count}", count=count)

    def external(resolved: Resolved, parameters: Sequence[Any]) -> Result:
        from local.engines.redshift.statements import iceberg_dml

        return iceberg_dml.update(session, resolved, tree, name, alias, parameters, parameter_types)

    def prepare(resolved: Resolved) -> None:
        if isinstance(resolved.subject, Relation) and resolved.subject.stores_rows:
            build(resolved.subject)

    return plan_on_table(session, name, local, external, prepare)


def _delete(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    tree = parse(statement.text)
    if not isinstance(tree, exp.Delete):
        raise errors.syntax_error("DELETE")
    check_arguments(tree, {"this", "using", "where", "with_"})
    name, alias = target_name(tree.this)

    def build(relation: Relation) -> tuple[str, Compilation]:
        compilation = new_compilation(session, parameter_types)
        scope = target_scope(compilation, relation.columns, name, alias)
        prefix = with_clause(tree, scope)
        using = [sources.item(each, scope) for each in tree.args.get("using") or ()]
        where = tree.args.get("where")
        where_sql = f" WHERE {condition(where.this, scope, 'WHERE')}" if where is not None else ""
        finish(session, compilation)
        using_sql = f" USING {', '.join(using)}" if using else ""
        return (
            f"{prefix}DELETE FROM {relation.storage} AS {quote_name(alias or name[-1])}{using_sql}{where_sql}",
            compilation,
        )

    def local(resolved: Resolved, parameters: Sequence[Any]) -> Result:
        relation = targets.writable(session, resolved, "delete")
        sql, compilation = build(relation)
        count = execute(session, sql, compilation, parameters)
        return Result(f"DELETE {count}", count=count)

    def external(resolved: Resolved, parameters: Sequence[Any]) -> Result:
        from local.engines.redshift.statements import iceberg_dml

        return iceberg_dml.delete(session, resolved, tree, name, alias, parameters, parameter_types)

    def prepare(resolved: Resolved) -> None:
        if isinstance(resolved.subject, Relation) and resolved.subject.stores_rows:
            build(resolved.subject)

    return plan_on_table(session, name, local, external, prepare)


def _truncate(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    """TRUNCATE commits the transaction it is in ("TRUNCATE" in the Developer Guide)."""
    reader = TokenReader(statement)
    reader.expect("TRUNCATE")
    reader.accept("TABLE")
    name = reader.qualified_name()
    reader.expect_end()
    targets.resolve(session, name)

    def run(parameters: Sequence[Any]) -> Result:
        relation = targets.writable(session, targets.resolve(session, name), "truncate")
        session.engine.execute(f"DELETE FROM {relation.storage}")
        if session.explicit_transaction:
            session.commit()
        return Result("TRUNCATE TABLE")

    return Plan(run)


PLANNERS: dict[str, StatementPlanner] = {
    "UPDATE": _update,
    "DELETE": _delete,
    "TRUNCATE": _truncate,
}
