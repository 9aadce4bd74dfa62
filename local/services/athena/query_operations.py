"""Athena's operations on queries: start, stop, describe, list, page results."""

from __future__ import annotations

import json
import threading
from typing import Any

from moto.athena.responses import AthenaResponse

from local.gateway.identity import current_caller
from local.services.athena import results
from local.services.athena.errors import InvalidRequest
from local.services.athena.executions import Execution, backend, begin, description_of, run_to_end
from local.services.athena.results import QueryResult

MAXIMUM_PAGE = 1000


_tokens: dict[tuple[str, str], tuple[str, str]] = {}


_lock = threading.Lock()


def _executions() -> dict[str, Execution]:
    """The caller's account's queries. They lie where moto keeps its own: the gateway looks there for their workgroup."""
    executions: dict[str, Execution] = backend(current_caller().account).executions
    return executions


def _execution(identifier: str | None) -> Execution:
    found = _executions().get(identifier or "")
    if found is None:
        raise InvalidRequest(f"QueryExecution {identifier} was not found")
    return found


class QueryOperations(AthenaResponse):
    """Start, stop, describe, list queries and page their results."""

    def start_query_execution(self) -> str:
        caller, request = current_caller(), json.loads(self.body)
        execution = begin(caller, request)
        with _lock:
            known = _tokens.get((caller.account, execution.token)) if execution.token else None
            if known is not None:
                identifier, sql = known
                if sql != execution.sql:
                    raise InvalidRequest("Idempotent parameters do not match")
                return json.dumps({"QueryExecutionId": identifier})
            if execution.token:
                _tokens[caller.account, execution.token] = (execution.identifier, execution.sql)
            _executions()[execution.identifier] = execution
        threading.Thread(
            target=run_to_end, args=(execution,), name=f"athena {execution.identifier}", daemon=True
        ).start()
        return json.dumps({"QueryExecutionId": execution.identifier})

    def get_query_execution(self) -> str:
        return json.dumps({"QueryExecution": description_of(_execution(self._get_param("QueryExecutionId")))})

    def batch_get_query_execution(self) -> str:
        requested = self._get_param("QueryExecutionIds") or []
        known = _executions()
        found = [known[one] for one in requested if one in known]
        missing = [
            {
                "QueryExecutionId": one,
                "ErrorCode": "INVALID_QUERY_EXECUTION_ID",
                "ErrorMessage": "was not found",
            }
            for one in requested
            if one not in known
        ]
        return json.dumps(
            {
                "QueryExecutions": [description_of(one) for one in found],
                "UnprocessedQueryExecutionIds": missing,
            }
        )

    def list_query_executions(self) -> str:
        workgroup = self._get_param("WorkGroup") or "primary"
        found = [one for one in _executions().values() if one.workgroup == workgroup]
        found.sort(key=lambda one: one.submitted, reverse=True)
        start, size = int(self._get_param("NextToken") or 0), int(self._get_param("MaxResults") or 50)
        answer: dict[str, Any] = {
            "QueryExecutionIds": [one.identifier for one in found[start : start + size]]
        }
        if start + size < len(found):
            answer["NextToken"] = str(start + size)
        return json.dumps(answer)

    def stop_query_execution(self) -> str:
        execution = _execution(self._get_param("QueryExecutionId"))
        execution.stopping.set()
        with execution.lock:
            if execution.connection is not None:
                execution.connection.interrupt()
        return "{}"

    def get_query_results(self) -> str:
        execution = _execution(self._get_param("QueryExecutionId"))
        if execution.state != "SUCCEEDED" or execution.result is None:
            waiting = execution.state in ("QUEUED", "RUNNING")
            raise InvalidRequest(
                f"Query has not yet finished. Current state: {execution.state}"
                if waiting
                else f"Query did not finish successfully. Final query state: {execution.state}"
            )
        size = int(self._get_param("MaxResults") or MAXIMUM_PAGE)
        if not 1 <= size <= MAXIMUM_PAGE:
            raise InvalidRequest(f"MaxResults is more than maximum allowed length {MAXIMUM_PAGE}")
        try:
            start = int(self._get_param("NextToken") or 0)
        except ValueError as error:
            raise InvalidRequest("NextToken is invalid") from error
        described, following = results.page(execution.result, start, size)
        if following is not None:
            described["NextToken"] = str(following)
        return json.dumps(described)

    def get_query_runtime_statistics(self) -> str:
        execution = _execution(self._get_param("QueryExecutionId"))
        result = execution.result or QueryResult()
        shown = description_of(execution)["Statistics"]
        keys = (
            "QueryQueueTimeInMillis", "QueryPlanningTimeInMillis", "EngineExecutionTimeInMillis",
            "ServiceProcessingTimeInMillis", "TotalExecutionTimeInMillis",
        )  # fmt: skip
        rows = {"InputBytes": result.scanned, "OutputRows": len(result.rows)}
        return json.dumps(
            {"QueryRuntimeStatistics": {"Timeline": {key: shown[key] for key in keys}, "Rows": rows}}
        )

    def list_engine_versions(self) -> str:
        version = {
            "SelectedEngineVersion": "Athena engine version 3",
            "EffectiveEngineVersion": "Athena engine version 3",
        }
        return json.dumps({"EngineVersions": [version]})
