"""The local Redshift that is checked."""

from __future__ import annotations

from dataclasses import dataclass

from local.engines.redshift.cluster import Cluster
from local.engines.redshift.dialect.reading import statements
from local.engines.redshift.errors import SqlError
from local.engines.redshift.protocol.values import text_of

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Answer:
    """What a query answered: types and rows as text, or the SQLSTATE of its error."""

    types: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    sqlstate: str = ""
    message: str = ""


class Engine:
    """One session of a cluster of its own."""

    def __init__(self) -> None:
        self._cluster = Cluster("222222222222", "bookings", "bookings", "interline")
        self._session = self._cluster.session("interline")

    def answer(self, sql: str) -> Answer:
        """Run one query."""
        (statement,) = statements(sql)
        try:
            result = self._session.run(self._session.prepare(statement))
        except SqlError as error:
            return Answer(sqlstate=error.sqlstate, message=error.message)
        columns = result.columns or ()
        rows = tuple(
            tuple(
                None if value is None else text_of(column.type, value)
                for value, column in zip(row, columns, strict=True)
            )
            for row in result.rows
        )
        return Answer(tuple(each.type.display for each in columns), rows)

    def close(self) -> None:
        """Close the cluster."""
        self._cluster.close()
