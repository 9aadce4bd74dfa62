"""MERGE, under Redshift's rules ("MERGE" in the Developer Guide)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from local.engines.redshift import errors
from local.engines.redshift.catalog import Column, Relation
from local.engines.redshift.dialect import casts, sources
from local.engines.redshift.dialect.expressions import check_arguments, condition, translate
from local.engines.redshift.dialect.reading import Statement, parse
from local.engines.redshift.dialect.scope import Compilation, Resolved, Scope
from local.engines.redshift.dialect.typed import Typed, quote_name
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.external_scans import materialize_scans
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements import targets
from local.engines.redshift.statements.dml import (
    Assignments,
    execute,
    finish,
    plan_on_table,
    target_name,
    target_scope,
    update_assignments,
)
from local.engines.redshift.statements.table import default_value
from local.engines.redshift.translation import new_compilation, used_parameters
from local.engines.redshift.types import Type

MULTIPLE_MATCHES = "Found multiple matches to update the same tuple."


@dataclass
class Merge:
    """A MERGE in DuckDB's terms.

    Attributes:
        source: DuckDB item of FROM, with its alias.
        on: the condition.
        update: SET of the matched rows, or None when they are deleted.
        insert: values by column for the rows that match nothing.
    """

    source: str
    on: str
    update: Assignments | None
    insert: dict[str, Typed]
    compilation: Compilation


def analyse(
    session: Session,
    tree: exp.Merge,
    columns: Sequence[Column],
    name: tuple[str, ...],
    compilation: Compilation,
) -> Merge:
    """Translate the clauses of a MERGE.

    Raises:
        SqlError: 42601 and 0A000 for what Redshift's MERGE does not have.
    """
    check_arguments(tree, {"this", "using", "on", "whens"})
    scope = target_scope(compilation, columns, name, "")
    source = sources.item(tree.args["using"], scope)
    source_scope = Scope(compilation)
    source_scope.sources = scope.sources[1:]
    if any(resolved.display == ".".join(name[-2:]) for resolved in compilation.relations.values()):
        raise SqlError(errors.FEATURE_NOT_SUPPORTED, "MERGE source and target cannot be the same table")
    on = condition(tree.args["on"], scope, "MERGE ON")
    whens = tree.args["whens"].expressions
    if len(whens) != 2 or not whens[0].args.get("matched") or whens[1].args.get("matched"):
        raise SqlError(
            errors.SYNTAX_ERROR, "MERGE needs WHEN MATCHED THEN … followed by WHEN NOT MATCHED THEN INSERT"
        )
    for when in whens:
        check_arguments(when, {"matched", "then"})
    matched, unmatched = whens[0].args["then"], whens[1].args["then"]
    update: Assignments | None = None
    if isinstance(matched, exp.Update):
        if not matched.expressions:
            raise unsupported("MERGE … UPDATE without SET")
        update = update_assignments(matched, columns, scope, lambda column: default_value(session, column))
    elif not (isinstance(matched, exp.Var) and matched.name.upper() == "DELETE"):
        raise unsupported("WHEN MATCHED other than UPDATE or DELETE")
    listed, given = _insert_parts(unmatched)
    known = {each.name: each for each in columns}
    names = listed or [each.name for each in columns]
    if len(names) != len(given):
        raise SqlError(errors.SYNTAX_ERROR, "INSERT has a different number of columns and expressions")
    insert: dict[str, Typed] = {}
    for column_name, node in zip(names, given, strict=True):
        if column_name not in known:
            raise SqlError(
                errors.UNDEFINED_COLUMN, f'column "{column_name}" of relation "{name[-1]}" does not exist'
            )
        insert[column_name] = casts.assign(
            translate(node, source_scope), known[column_name].type, column_name
        )
    for column in columns:
        insert.setdefault(column.name, default_value(session, column))
    finish(session, compilation)
    return Merge(source, on, update, insert, compilation)


def _insert_parts(node: exp.Expression) -> tuple[list[str], list[exp.Expression]]:
    """Column names (maybe none) and values of INSERT [(…)] VALUES (…)."""
    if isinstance(node, exp.Insert):
        if isinstance(node.expression, exp.Tuple) and isinstance(node.this, exp.Tuple):
            return [each.name.lower() for each in node.this.expressions], list(node.expression.expressions)
        # Without a list of columns sqlglot takes VALUES (…) for a function call.
        inner = node.this.expressions if isinstance(node.this, exp.Tuple) else []
        if len(inner) == 1 and isinstance(inner[0], exp.Anonymous) and inner[0].name.upper() == "VALUES":
            return [], list(inner[0].expressions)
    raise unsupported("WHEN NOT MATCHED other than INSERT … VALUES")


def _merge(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    if statement.text.upper().split()[-2:] == ["REMOVE", "DUPLICATES"]:
        raise unsupported("MERGE … REMOVE DUPLICATES in the local Redshift")
    tree = parse(statement.text)
    if not isinstance(tree, exp.Merge):
        raise errors.syntax_error("MERGE")
    name, alias = target_name(tree.this)
    if alias:
        raise errors.syntax_error(alias)

    def local(resolved: Resolved, parameters: Sequence[Any]) -> Result:
        relation = targets.writable(session, resolved, "update")
        merge = analyse(session, tree, relation.columns, name, new_compilation(session, parameter_types))
        count = _run(session, relation, name[-1], merge, parameters)
        return Result(f"MERGE {count}", count=count)

    def external(resolved: Resolved, parameters: Sequence[Any]) -> Result:
        from local.engines.redshift.statements import iceberg_dml

        return iceberg_dml.merge(session, resolved, tree, name, parameters, parameter_types)

    def prepare(resolved: Resolved) -> None:
        if isinstance(resolved.subject, Relation) and resolved.subject.stores_rows:
            analyse(session, tree, resolved.subject.columns, name, new_compilation(session, parameter_types))

    return plan_on_table(session, name, local, external, prepare)


def _run(session: Session, relation: Relation, alias: str, merge: Merge, parameters: Sequence[Any]) -> int:
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
    return execute(session, sql, merge.compilation, parameters)


PLANNERS: dict[str, StatementPlanner] = {
    "MERGE": _merge,
}
