"""EXPLAIN: that a statement is right is checked; the plan says that it is not Redshift's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local.engines.redshift import types
from local.engines.redshift.dialect.reading import Statement, TokenReader, statements
from local.engines.redshift.dialect.typed import Output
from local.engines.redshift.errors import unsupported
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.types import Type

_EXPLAINED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "CREATE")
_COLUMNS = (Output("QUERY PLAN", types.TEXT),)
_PLAN = (
    "XN Local Redshift: the statement is valid, DuckDB runs it",
    "  -> no steps, costs or distribution are known here",
)


def _explain(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("EXPLAIN")
    reader.accept("VERBOSE")
    (inner,) = statements(reader.rest())
    if inner.verb not in _EXPLAINED:
        raise unsupported(f"EXPLAIN {inner.verb}")
    session.prepare(inner, parameter_types)

    def run(parameters: Sequence[Any]) -> Result:
        return Result("EXPLAIN", _COLUMNS, [(line,) for line in _PLAN], len(_PLAN))

    return Plan(run, _COLUMNS)


PLANNERS: dict[str, StatementPlanner] = {"EXPLAIN": _explain}
