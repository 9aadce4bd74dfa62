"""What INSERT, UPDATE, DELETE and MERGE say, translated for a target with given columns, whatever stores its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlglot import exp

from local.engines.redshift import errors
from local.engines.redshift.catalog import Column
from local.engines.redshift.dialect import casts, sources
from local.engines.redshift.dialect.expressions import check_arguments, condition, translate
from local.engines.redshift.dialect.queries import compile_query, with_clause
from local.engines.redshift.dialect.reading import PARAMETER_PREFIX, as_written
from local.engines.redshift.dialect.scope import Compilation, Scope, Source
from local.engines.redshift.dialect.typed import Typed
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.session import Session
from local.engines.redshift.statements.definitions import check_distinct
from local.engines.redshift.statements.storage import default_value
from local.engines.redshift.translation import check_readable
from local.engines.redshift.types import Type

Assignments = list[tuple[str, Typed]]
MULTIPLE_MATCHES = "Found multiple matches to update the same tuple."
Tree = TypeVar("Tree", bound=exp.Expr)


@dataclass(frozen=True)
class RowStatement(Generic[Tree]):
    """A statement that changes rows of one table.

    Attributes:
        name: the table's, as it was written, in lower case.
        alias: of the table, or empty.
        parameter_types: of bound parameters, in order.
    """

    tree: Tree
    name: tuple[str, ...]
    alias: str
    parameter_types: tuple[Type, ...]


def target_name(node: exp.Expr) -> tuple[tuple[str, ...], str]:
    """(qualified name, alias) of a statement's target."""
    if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
        raise errors.syntax_error(node.sql()[:40])
    check_arguments(node, {"this", "db", "catalog", "alias"})
    if any(part.name.startswith(PARAMETER_PREFIX) for part in node.parts):
        raise errors.syntax_error(as_written(node.sql()))
    return tuple(part.name.lower() for part in node.parts), node.alias.lower()


def check_reads(session: Session, compilation: Compilation) -> None:
    """Check what a statement reads: nodes that go together, and privileges."""
    compilation.check_node()
    if compilation.must_run_on_leader:
        raise SqlError(
            errors.FEATURE_NOT_SUPPORTED,
            "Specified types or functions (one per INFO message) not supported on Redshift tables.",
        )
    for resolved in compilation.relations.values():
        check_readable(session, resolved)


def target_scope(
    compilation: Compilation, columns: Sequence[Column], name: tuple[str, ...], alias: str
) -> Scope:
    """A scope in which the target's columns can be named."""
    scope = Scope(compilation)
    scope.add(Source(alias or name[-1], {each.name: each.type for each in columns}, () if alias else name))
    return scope


def update_assignments(
    tree: exp.Expr, columns: Sequence[Column], scope: Scope, default: Callable[[Column], Typed]
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


def insert_columns(node: exp.Insert, columns: Sequence[Column], display: str) -> list[Column]:
    """The columns that an INSERT names, or all.

    Raises:
        SqlError: 42703, 42701.
    """
    if not isinstance(node.this, exp.Schema):
        return list(columns)
    known = {each.name: each for each in columns}
    names = [each.name.lower() for each in node.this.expressions]
    check_distinct(names)
    for name in names:
        if name not in known:
            raise SqlError(errors.UNDEFINED_COLUMN, f'column "{name}" of relation "{display}" does not exist')
    return [known[name] for name in names]


def insert_source(
    node: exp.Insert,
    target_columns: list[Column],
    compilation: Compilation,
    default: Callable[[Column], Typed],
) -> tuple[str, list[Typed]]:
    """The rows of an INSERT: DuckDB SQL of a query, and the values in terms of its columns c0, c1, …

    Raises:
        SqlError: 42601 when the numbers of columns differ.
    """
    check_arguments(node, {"this", "expression", "default", "with_"})
    source = node.expression
    if isinstance(source, exp.Values):
        return _values(source, target_columns, compilation, default)
    scope = Scope(compilation)
    prefix = with_clause(node, scope)
    query = compile_query(source, compilation, scope.only_ctes() if prefix else None)
    _check_width(len(query.outputs), len(target_columns))
    values = [Typed(f"c{position}", each.type) for position, each in enumerate(query.outputs)]
    return prefix + query.sql, values


def _check_width(given: int, target_columns: int) -> None:
    if given > target_columns:
        raise SqlError(errors.SYNTAX_ERROR, "INSERT has more expressions than target columns")
    if given < target_columns:
        raise SqlError(errors.SYNTAX_ERROR, "INSERT has more target columns than expressions")


def _values(
    node: exp.Values,
    target_columns: list[Column],
    compilation: Compilation,
    default: Callable[[Column], Typed],
) -> tuple[str, list[Typed]]:
    """VALUES rows: each cell is brought to its column's type at once."""
    scope = Scope(compilation)
    rows = []
    for row in node.expressions:
        cells = row.expressions if isinstance(row, exp.Tuple) else [row]
        _check_width(len(cells), len(target_columns))
        parts = []
        for cell, column in zip(cells, target_columns, strict=True):
            if (isinstance(cell, exp.Var) and cell.name.upper() == "DEFAULT") or (
                isinstance(cell, exp.Column) and cell.name.upper() == "DEFAULT"
            ):
                parts.append(default(column).sql)
            else:
                parts.append(casts.assign(translate(cell, scope), column.type, column.name).sql)
        rows.append(f"({', '.join(parts)})")
    names = ", ".join(f"c{position}" for position in range(len(target_columns)))
    sql = f"SELECT * FROM (VALUES {', '.join(rows)}) AS given({names})"
    return sql, [Typed(f"c{position}", column.type) for position, column in enumerate(target_columns)]


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


def translate_merge(
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
    check_reads(session, compilation)
    return Merge(source, on, update, insert, compilation)


def _insert_parts(node: exp.Expr) -> tuple[list[str], list[exp.Expr]]:
    """Column names (maybe none) and values of INSERT [(…)] VALUES (…)."""
    if isinstance(node, exp.Insert):
        if isinstance(node.expression, exp.Tuple) and isinstance(node.this, exp.Tuple):
            return [each.name.lower() for each in node.this.expressions], list(node.expression.expressions)
        # Without a list of columns sqlglot takes VALUES (…) for a function call.
        inner = node.this.expressions if isinstance(node.this, exp.Tuple) else []
        if len(inner) == 1 and isinstance(inner[0], exp.Anonymous) and inner[0].name.upper() == "VALUES":
            return [], list(inner[0].expressions)
    raise unsupported("WHEN NOT MATCHED other than INSERT … VALUES")
