"""The local Redshift in this process: the platform's hook on it without a server, each call a transaction of its own.

What the Data API would put around a statement is kept: values and types come in its form, and its limits hold. Only the way
there is missing, which takes longer than most statements.
"""

from __future__ import annotations

from collections.abc import Sequence

from interline.aws.redshift_statements import (
    RedshiftStatementError,
    RedshiftStatementsHook,
    Rows,
    Value,
    _type_of,
    _value_of,
)
from local.engines.redshift import types
from local.engines.redshift.cluster import Cluster
from local.engines.redshift.dialect.reading import statements as read_statements
from local.engines.redshift.errors import SqlError
from local.engines.redshift.session import Session
from local.services.redshift_data.operations import LARGEST_BATCH, LONGEST_STATEMENT
from local.services.redshift_data.results import metadata, page
from local.services.redshift_data.runner import message_of


class InProcessHook(RedshiftStatementsHook):
    """Runs statements in sessions of a cluster of this process."""

    def __init__(self, domain: str) -> None:
        self.redshift = Cluster("222222222222", domain, domain, "interline")
        super().__init__(aws_conn_id=None, cluster=domain, database=domain)

    def run(self, sql: str | Sequence[str]) -> list[Rows]:
        """Run one statement, or several in one transaction."""
        listed = [sql] if isinstance(sql, str) else list(sql)
        assert len(listed) <= LARGEST_BATCH
        session = self.redshift.session("interline")
        try:
            session.begin()
            found = [self._one(session, statement) for statement in listed]
            session.commit()
            return found
        finally:
            session.close()

    def _one(self, session: Session, sql: str) -> Rows:
        assert len(sql.encode()) <= LONGEST_STATEMENT, "too long for the Data API"
        parsed = read_statements(sql)
        assert len(parsed) == 1, "one statement at a time"
        try:
            result = session.run(session.prepare(parsed[0], [types.UNKNOWN][:0]))
        except SqlError as error:
            session.rollback()
            raise RedshiftStatementError(sql, message_of(error)) from error
        if result.columns is None:
            return Rows({}, ())
        rows: list[tuple[Value, ...]] = []
        position = 0
        while position < len(result.rows):
            records, position = page(result.columns, result.rows, position)
            rows += [tuple(_value_of(field) for field in record) for record in records]
        described = [metadata(column) for column in result.columns]
        return Rows({column["name"]: _type_of(column) for column in described}, tuple(rows))

    def sql(self, *statements: str) -> tuple[tuple[Value, ...], ...]:
        """Run statements, each by itself; return the rows of the last."""
        for statement in statements:
            result = self.run(statement)[0]
        return result.rows
