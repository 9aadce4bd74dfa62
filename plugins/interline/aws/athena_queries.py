"""Queries in Athena with their rows: small results, of queries that look after the lake itself."""

from __future__ import annotations

import time
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

_FIRST_WAIT = 0.05
_LONGEST_WAIT = 1.0


class AthenaQueryError(RuntimeError):
    """A query that Athena refused or did not finish: the query and what Athena said."""

    def __init__(self, sql: str, state: str, reason: str) -> None:
        super().__init__(f"Athena's query is {state}: {reason}\n{sql}")
        self.sql = sql
        self.reason = reason


class AthenaQueriesHook(AwsBaseHook):
    """Athena, in one workgroup, whose settings say where results go.

    :param workgroup: the workgroup's name
    """

    def __init__(self, *, workgroup: str, **kwargs: Any) -> None:
        super().__init__(client_type="athena", **kwargs)
        self.workgroup = workgroup
        self.running: str | None = None

    def rows(self, sql: str) -> list[tuple[str | None, ...]]:
        """Run a SELECT to its end and return its rows, every value as text.

        Raises:
            AthenaQueryError: it failed or was cancelled.
        """
        self.running = self.conn.start_query_execution(QueryString=sql, WorkGroup=self.workgroup)[
            "QueryExecutionId"
        ]
        wait = _FIRST_WAIT
        while True:
            status = self.conn.get_query_execution(QueryExecutionId=self.running)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)
        if status["State"] != "SUCCEEDED":
            raise AthenaQueryError(sql, status["State"], status.get("StateChangeReason") or "no reason")
        pages = self.conn.get_paginator("get_query_results").paginate(QueryExecutionId=self.running)
        found = [
            tuple(field.get("VarCharValue") for field in row["Data"])
            for page in pages
            for row in page["ResultSet"]["Rows"]
        ]
        self.running = None
        # the first row of a SELECT's result holds the names of its columns (GetQueryResults)
        return found[1:]

    def cancel(self) -> None:
        """Stop the query that runs, if one does."""
        if self.running is not None:
            self.conn.stop_query_execution(QueryExecutionId=self.running)
