"""Reading external tables in a query: each scan becomes DuckDB SQL when the statement runs.

Only the columns that are used are read, of the permitted rows and the partitions that can match.
"""

from __future__ import annotations

from sqlglot import exp

from local.engines import reading
from local.engines.lake_permissions import selecting
from local.engines.redshift import types
from local.engines.redshift.dialect.scope import Compilation, Scan
from local.engines.redshift.dialect.typed import quote_name
from local.engines.redshift.external_schemas import ExternalTable, lake_errors
from local.engines.redshift.session import Session


def materialize_scans(session: Session, sql: str, compilation: Compilation) -> str:
    """Put the reads of external tables in their places."""
    for scan in compilation.scans:
        sql = sql.replace(scan.marker, read(session, scan))
    return sql


def read(session: Session, scan: Scan) -> str:
    """DuckDB SQL of a scan: the columns that are used, of the permitted rows and the partitions that can match.

    Raises:
        SqlError: when an object does not hold what the catalog says.
    """
    external: ExternalTable = scan.subject
    names = [each.name for each in external.table.all_columns if each.name in scan.used]
    with lake_errors():
        filters = external.selection.conditions(names)
        stored_names = names + sorted(selecting.columns_of(filters) - set(names))
        work = session.transaction.iceberg
        if work is not None and work.external.key == external.key:
            relation = work.changes.relation(stored_names)
        else:
            relation = reading.relation(session.engine, external.table, stored_names, _condition(scan))
        if filters:
            relation = selecting.filtered(relation, names, filters)
    if not names:
        return f"SELECT 1 AS one FROM {relation}"
    items = []
    for name in names:
        column = external.table.column(name)
        kind = types.from_glue(column.glue_type)
        same = kind.name in ("struct", "array") or kind.duckdb == column.duckdb_type
        items.append(
            quote_name(name) if same else f"CAST({quote_name(name)} AS {kind.duckdb}) AS {quote_name(name)}"
        )
    return f"SELECT {', '.join(items)} FROM {relation} AS stored"


_PRUNING = (
    exp.Column, exp.Identifier, exp.Literal, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In, exp.Between,
    exp.Paren, exp.Cast, exp.DataType, exp.DataTypeParam, exp.And, exp.Or, exp.Not, exp.Is, exp.Null, exp.Boolean,
)  # fmt: skip


def _condition(scan: Scan) -> exp.Expr | None:
    """The scan's conditions that mean the same to DuckDB; the others prune nothing."""
    plain = [each for each in scan.conditions if all(isinstance(node, _PRUNING) for node in each.walk())]
    return exp.and_(*plain) if plain else None
