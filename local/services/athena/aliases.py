"""Where an output column's name may be used: Trino knows it in ORDER BY only, DuckDB in WHERE, GROUP BY and beside it too."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from local.engines.errors import QueryError


def check_aliases(scope: Scope, names: dict[int, set[str] | None]) -> None:
    """Raise QueryError when a SELECT uses the name of one of its own output columns outside ORDER BY.

    `names` holds the column names of the tables by the identity of their nodes; the names that a scope gives are
    added to it under the identity of its expression, None when they cannot be told.
    """
    select = scope.expression
    names[id(select)] = _outputs(scope, names)
    if not isinstance(select, exp.Select):
        return
    given = {one.alias.lower() for one in select.expressions if isinstance(one, exp.Alias)}
    available = _available(scope, names)
    _check_no_table_as_value(scope, select, available, given, names)
    if not given or available is None:
        return
    parts = [*select.expressions, *(select.args.get(key) for key in ("where", "group", "having"))]
    for part in parts:
        for column in _own_columns(part):
            name = column.name.lower()
            if (
                not column.table
                and name in given
                and name not in available
                and not _is_outer(scope, name, names)
            ):
                raise QueryError("COLUMN_NOT_FOUND", f"Column '{name}' cannot be resolved")


def _check_no_table_as_value(
    scope: Scope,
    select: exp.Select,
    available: set[str] | None,
    given: set[str],
    names: dict[int, set[str] | None],
) -> None:
    """Raise QueryError where a table's name stands for a value: a row to DuckDB, no column to Trino."""
    if available is None:
        return
    tables = {alias.lower() for alias in scope.sources} - available
    parts = [*select.expressions, *(select.args.get(key) for key in ("where", "group", "having", "order"))]
    for part in parts if tables else ():
        for column in _own_columns(part):
            name = column.name.lower()
            if not column.table and name in tables - given and not _is_outer(scope, name, names):
                raise QueryError("COLUMN_NOT_FOUND", f"Column '{name}' cannot be resolved")


def _own_columns(node: exp.Expr | None) -> Iterator[exp.Column]:
    """The columns of a part of a SELECT, those of queries inside it left out."""
    if node is None or isinstance(node, exp.Query):
        return
    if isinstance(node, exp.Lambda):
        return
    if isinstance(node, exp.Column):
        yield node
    for child in node.iter_expressions():
        yield from _own_columns(child)


def _available(scope: Scope, names: dict[int, set[str] | None]) -> set[str] | None:
    """The names of the columns that a scope selects from; None when they cannot be told."""
    found: set[str] = set()
    for source in scope.sources.values():
        key = source.expression if isinstance(source, Scope) else source
        known = names.get(id(key))
        if isinstance(source, Scope) and isinstance(key, (exp.Unnest, exp.Values)):
            known = None
        if known is None:
            return None
        found |= known
    return found


def _outputs(scope: Scope, names: dict[int, set[str] | None]) -> set[str] | None:
    """The names that a query gives; None when they cannot be told."""
    select = scope.expression
    while isinstance(select, exp.SetOperation):
        select = select.this
    if not isinstance(select, exp.Select):
        return None
    if select is not scope.expression:
        return names.get(id(select))
    found: set[str] = set()
    for one in select.expressions:
        if isinstance(one, exp.Star) or (isinstance(one, exp.Column) and isinstance(one.this, exp.Star)):
            available = _available(scope, names)
            if available is None:
                return None
            found |= available
        else:
            found.add(one.alias_or_name.lower())
    return found


def _is_outer(scope: Scope, name: str, names: dict[int, set[str] | None]) -> bool:
    """Whether a name may come from a query around this one."""
    while scope.parent is not None and not scope.is_derived_table and not scope.is_cte:
        available = _available(scope.parent, names)
        if available is None or name in available:
            return True
        scope = scope.parent
    return False
