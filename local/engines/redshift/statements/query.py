"""SELECT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local.engines.redshift.dialect.reading import Statement
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.translation import cached_translation, run_translation
from local.engines.redshift.types import Type


def plan_select(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    """A query, ready to run.

    Raises:
        SqlError: what Redshift would raise when it analyses it.
    """
    translation = cached_translation(session, statement, parameter_types)
    version = session.catalog_version

    def run(parameters: Sequence[Any]) -> Result:
        current = translation
        if session.catalog_version != version or not translation.reusable:
            current = cached_translation(session, statement, parameter_types)
        rows = run_translation(session, current, parameters)
        return Result(
            f"SELECT {len(rows)}" if rows is not None else "SELECT", current.columns, rows, len(rows)
        )

    return Plan(run, translation.columns)


PLANNERS: dict[str, StatementPlanner] = {
    "SELECT": plan_select,
    "WITH": plan_select,
}
