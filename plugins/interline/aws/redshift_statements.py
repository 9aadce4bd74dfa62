"""Statements on a domain's Redshift through the Data API, with their rows and with errors a person can read."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from airflow.providers.amazon.aws.hooks.redshift_data import FAILURE_STATES, FINISHED_STATE, RedshiftDataHook

DATABASE_USER = "interline"
"""The user by which every task of a domain works in the domain's cluster."""
LARGEST_BATCH = 40
"""Statements in one transaction (BatchExecuteStatement, Amazon Redshift Data API reference)."""
_FIRST_WAIT = 0.05
_LONGEST_WAIT = 1.0

Value = str | int | float | bool | None


class RedshiftStatementError(RuntimeError):
    """A statement that Redshift refused: the statement and what Redshift said."""

    def __init__(self, sql: str, reason: str) -> None:
        super().__init__(f"Redshift refused: {reason}\n{sql}")
        self.sql = sql
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rows:
    """What a statement gave: column names with their Redshift types, and rows."""

    columns: dict[str, str]
    rows: tuple[tuple[Value, ...], ...]


class RedshiftStatementsHook(RedshiftDataHook):
    """The provider's Data API hook, with results.

    :param cluster: cluster identifier
    :param database: database name
    """

    def __init__(self, *args: Any, cluster: str, database: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cluster = cluster
        self.database = database
        self.running: str | None = None

    def run(self, sql: str | Sequence[str]) -> list[Rows]:
        """Run one statement, or several in one transaction, and return the rows of each.

        Raises:
            RedshiftStatementError: a statement failed; in a transaction nothing of it remains.
        """
        statements = [sql] if isinstance(sql, str) else list(sql)
        self.running = self.execute_query(
            sql=sql if isinstance(sql, str) else statements,
            database=self.database,
            cluster_identifier=self.cluster,
            db_user=DATABASE_USER,
            wait_for_completion=False,
        ).statement_id
        description = self._wait(self.running)
        identifiers = [part["Id"] for part in description.get("SubStatements", [])] or [self.running]
        described = description.get("SubStatements") or [description]
        if description["Status"] in FAILURE_STATES:
            raise _failure(description, statements)
        self.running = None
        return [
            self._rows(identifier) if part.get("HasResultSet") else Rows({}, ())
            for identifier, part in zip(identifiers, described, strict=True)
        ]

    def cancel(self) -> None:
        """Cancel the statement that runs, if one does."""
        if self.running is not None:
            self.conn.cancel_statement(Id=self.running)
            self.running = None

    def _wait(self, identifier: str) -> dict[str, Any]:
        pause = _FIRST_WAIT
        while True:
            description: dict[str, Any] = dict(self.conn.describe_statement(Id=identifier))
            if description["Status"] == FINISHED_STATE or description["Status"] in FAILURE_STATES:
                return description
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_WAIT)

    def _rows(self, identifier: str) -> Rows:
        columns: dict[str, str] = {}
        rows: list[tuple[Value, ...]] = []
        token: dict[str, str] = {}
        while True:
            page = self.conn.get_statement_result(Id=identifier, **token)
            columns = columns or {column["name"]: _type_of(column) for column in page["ColumnMetadata"]}
            rows += [tuple(_value_of(field) for field in record) for record in page["Records"]]
            if not page.get("NextToken"):
                return Rows(columns, tuple(rows))
            token = {"NextToken": page["NextToken"]}


def _failure(description: dict[str, Any], statements: Sequence[str]) -> RedshiftStatementError:
    for part in description.get("SubStatements", []):
        if part["Status"] in FAILURE_STATES:
            position = int(part["Id"].rpartition(":")[2] or 1) - 1 if ":" in part["Id"] else 0
            sql = part.get("QueryString") or statements[min(position, len(statements) - 1)]
            return RedshiftStatementError(
                sql, part.get("Error") or description.get("Error") or part["Status"]
            )
    reason = description.get("Error") or f"the statement is {description['Status']}"
    return RedshiftStatementError(";\n".join(statements), reason)


def _value_of(field: dict[str, Any]) -> Value:
    if field.get("isNull"):
        return None
    for value in field.values():
        if isinstance(value, (str, int, float, bool)):
            return value
    return None


def _type_of(column: dict[str, Any]) -> str:
    """Return a column's Redshift type as contracts write it, from the Data API's metadata."""
    name = str(column.get("typeName", "")).lower()
    if name in ("varchar", "bpchar", "char"):
        return f"{name}({column.get('precision') or column.get('length')})"
    if name in ("numeric", "decimal"):
        return f"decimal({column.get('precision')},{column.get('scale')})"
    return name
