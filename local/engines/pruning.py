"""Which partitions a condition can touch: the parts of it that speak of nothing but partition columns decide."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import duckdb
from sqlglot import exp

from local.engines import duckdb_engine

log = logging.getLogger(__name__)


def conjuncts_over(condition: exp.Expr | None, names: Sequence[str]) -> list[exp.Expr]:
    """The terms of a conjunction that mention only the named columns, at least one of them, and no subquery."""
    if condition is None:
        return []
    known = {name.lower() for name in names}
    chosen = []
    for term in condition.flatten() if isinstance(condition, exp.And) else [condition]:
        term = term.unnest()
        if isinstance(term, exp.And):
            chosen.extend(conjuncts_over(term, names))
            continue
        mentioned = {column.name.lower() for column in term.find_all(exp.Column)}
        if (
            mentioned
            and mentioned <= known
            and not term.find(exp.Query, exp.Placeholder, exp.Parameter, exp.AggFunc)
        ):
            chosen.append(term)
    return chosen


def matching(
    condition: exp.Expr | None,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[tuple[str | None, ...]],
    *,
    strict: bool = False,
) -> list[int]:
    """The positions of the rows (partition values as text) that the condition does not rule out.

    `columns` are (name, DuckDB type). A term that DuckDB cannot evaluate rules nothing out, because the engine that
    applies the condition reports it; with `strict` it raises `duckdb.Error`.
    """
    terms = conjuncts_over(condition, [name for name, _ in columns])
    if not terms or not rows:
        return list(range(len(rows)))
    casts = ", ".join(
        f"CAST({duckdb_engine.quote(f'v{number}')} AS {kind}) AS {duckdb_engine.quote(name)}"
        for number, (name, kind) in enumerate(columns)
    )
    names = ", ".join(duckdb_engine.quote(f"v{number}") for number in range(len(columns)))
    values = ", ".join(
        f"({position}, {', '.join('NULL' if value is None else duckdb_engine.literal(value) for value in row)})"
        for position, row in enumerate(rows)
    )
    wheres = " AND ".join(f"({_bare(term)})" for term in terms)
    connection = duckdb_engine.connect()
    try:
        found = connection.execute(
            f"SELECT position FROM (SELECT position, {casts} FROM (VALUES {values}) AS t(position, {names})) "
            f"WHERE {wheres} ORDER BY position"
        ).fetchall()
    except duckdb.Error as error:
        if strict:
            raise
        log.debug("no pruning by %s: %s", wheres, error)
        return list(range(len(rows)))
    finally:
        connection.close()
    return [position for (position,) in found]


def _bare(term: exp.Expr) -> str:
    """The term in DuckDB's SQL with unqualified, lower-case column names."""

    def strip(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column):
            return exp.column(exp.to_identifier(node.name.lower(), quoted=True))
        return node

    return term.copy().transform(strip).sql(dialect="duckdb")
