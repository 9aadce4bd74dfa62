"""A query's life: who decides where its result goes, the thread it runs in, how it ends, how it is described.

Facts from the Athena user guide and API reference: the output location, the names of result files, the shape of
executions and their statistics.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import duckdb
from moto.athena.models import athena_backends

from local.engines import backends, objects
from local.engines.errors import AccessDenied, EntityNotFound, QueryError
from local.gateway.errors import AwsError
from local.gateway.identity import Caller
from local.services.athena import results, statements
from local.services.athena.binding import Session
from local.services.athena.errors import SYSTEM_ERROR, USER_ERROR, Cancelled, InvalidRequest, SyntaxProblem
from local.services.athena.results import QueryResult
from local.services.athena.statements import Statement

log = logging.getLogger(__name__)


@dataclass
class Execution:
    """A query and all that became of it."""

    identifier: str
    sql: str
    parameters: list[str] | None
    statement: Statement
    session: Session
    catalog_name: str
    workgroup: str
    output: str
    token: str
    state: str = "QUEUED"
    reason: str = ""
    error_category: int = USER_ERROR
    submitted: float = field(default_factory=time.time)
    completed: float | None = None
    started: float | None = None
    result: QueryResult | None = None
    connection: duckdb.DuckDBPyConnection | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_query(self) -> bool:
        """Whether the result is a table in a CSV file."""
        return self.statement.substatement == "SELECT"

    @property
    def result_location(self) -> str:
        """Where the result lies in S3."""
        if self.statement.substatement in ("CREATE_TABLE_AS_SELECT", "INSERT"):
            return f"{self.output}tables/{self.identifier}"
        if self.statement.substatement == "UNLOAD":
            return f"{self.output}{self.identifier}"
        return f"{self.output}{self.identifier}{'.csv' if self.is_query else '.txt'}"


def backend(account: str) -> Any:
    return athena_backends[account][backends.REGION]


def _output_location(workgroup: Any, given: dict[str, Any]) -> str:
    """Where results go: the workgroup's location if it enforces its settings, else the request's, else its own.

    Raises InvalidRequest.
    """
    own = (workgroup.configuration.get("ResultConfiguration") or {}).get("OutputLocation")
    enforced = workgroup.configuration.get("EnforceWorkGroupConfiguration")
    location = own if enforced and own else given.get("OutputLocation") or own
    if not location:
        raise InvalidRequest(
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input."
        )
    if not str(location).startswith("s3://") or len(str(location)) < 6:
        raise InvalidRequest(f"outputLocation is not a valid S3 path: {location}")
    if (given.get("EncryptionConfiguration") or {}).get("EncryptionOption") not in (None, "SSE_S3"):
        raise InvalidRequest("the local Athena does not encrypt results with KMS keys")
    return str(location).rstrip("/") + "/"


def begin(caller: Caller, request: dict[str, Any]) -> Execution:
    """Check a StartQueryExecution request and record the execution. Raises InvalidRequest."""
    sql = request.get("QueryString") or ""
    context = request.get("QueryExecutionContext") or {}
    catalog_name = context.get("Catalog") or "AwsDataCatalog"
    if catalog_name.lower() != "awsdatacatalog":
        raise InvalidRequest(f"Catalog {catalog_name} is not served: only AwsDataCatalog is")
    name = request.get("WorkGroup") or "primary"
    workgroup = backend(caller.account).work_groups.get(name)
    if workgroup is None:
        raise InvalidRequest(f"WorkGroup {name} is not found.")
    output = _output_location(workgroup, request.get("ResultConfiguration") or {})
    try:
        statement = statements.read(statements.fill(sql, request.get("ExecutionParameters")))
    except SyntaxProblem as problem:
        raise InvalidRequest(problem.message, "MALFORMED_QUERY") from problem
    except QueryError:
        # understood as SQL, but not what Athena does: the query exists and fails
        statement = Statement("DML", "SELECT", sql)
    return Execution(
        identifier=str(uuid.uuid4()),
        sql=sql,
        parameters=request.get("ExecutionParameters"),
        statement=statement,
        session=Session(caller, caller.account, (context.get("Database") or "default").lower()),
        catalog_name=catalog_name,
        workgroup=name,
        output=output,
        token=request.get("ClientRequestToken") or "",
    )


def run_to_end(execution: Execution) -> None:
    """Run a query to its end; whatever happens, it ends in a final state."""
    execution.started = time.time()
    execution.state = "RUNNING"
    state, reason = "SUCCEEDED", ""
    try:
        _require_output(execution)
        # what was refused when it was read is refused in the query's own words
        if execution.statement.query is None and execution.is_query:
            execution.statement = statements.read(statements.fill(execution.sql, execution.parameters))
        execution.result = statements.run(
            execution.statement, execution.session, _watch(execution), f"{execution.output}tables/"
        )
        if execution.stopping.is_set():
            raise Cancelled
        _store(execution, execution.result)
    except (Cancelled, duckdb.InterruptException):
        state, reason = "CANCELLED", "Query cancelled by user"
    except QueryError as error:
        state, reason = "FAILED", str(error)
    except AccessDenied as error:
        state, reason = "FAILED", error.message
    except AwsError as error:
        state, reason = "FAILED", f"{error.code}: {error.message}"
    except Exception as error:
        log.exception("query %s failed inside the local AWS", execution.identifier)
        state, reason = "FAILED", f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}"
        execution.error_category = SYSTEM_ERROR
    with execution.lock:
        execution.connection = None
        if execution.stopping.is_set():
            state, reason = "CANCELLED", "Query cancelled by user"
        if state != "SUCCEEDED":
            execution.result = None
        execution.completed = time.time()
        execution.reason = reason
        execution.state = state


def _watch(execution: Execution) -> Callable[[duckdb.DuckDBPyConnection], None]:
    def watch(connection: duckdb.DuckDBPyConnection) -> None:
        with execution.lock:
            execution.connection = connection
        if execution.stopping.is_set():
            raise Cancelled

    return watch


def _require_output(execution: Execution) -> None:
    try:
        backends.find_bucket(objects.split_uri(execution.output)[0])
        objects.require_write(execution.session.caller, execution.result_location)
    except EntityNotFound as missing:
        raise QueryError(
            "INVALID_OUTPUT_LOCATION",
            f"The S3 location provided to save your query results is invalid: {execution.output}",
        ) from missing
    except AccessDenied as denied:
        raise AccessDenied(
            f"Access denied when writing output to url: {execution.result_location} . Please ensure you are allowed "
            f"to access the S3 bucket. ({denied.message})"
        ) from denied


def _store(execution: Execution, result: QueryResult) -> None:
    location = execution.result_location
    if execution.is_query:
        objects.put(location, results.as_csv(result.columns, result.rows))
        objects.put(f"{location}.metadata", results.metadata(result.columns))
    elif result.manifest or execution.statement.substatement in (
        "CREATE_TABLE_AS_SELECT",
        "INSERT",
        "UNLOAD",
    ):
        listing = "".join(f"{uri}\n" for uri in result.manifest).encode()
        objects.put(f"{execution.output}{execution.identifier}-manifest.csv", listing)
        objects.put(f"{execution.output}{execution.identifier}.metadata", results.metadata(result.columns))
    else:
        objects.put(location, results.as_text(result.rows))
        objects.put(f"{location}.metadata", results.metadata(result.columns))


def description_of(execution: Execution) -> dict[str, Any]:
    ended = execution.completed or time.time()
    started = execution.started or execution.submitted
    total = int((ended - execution.submitted) * 1000)
    status: dict[str, Any] = {"State": execution.state, "SubmissionDateTime": execution.submitted}
    if execution.completed:
        status["CompletionDateTime"] = execution.completed
    if execution.reason:
        status["StateChangeReason"] = execution.reason
    if execution.state == "FAILED":
        status["AthenaError"] = {
            "ErrorCategory": execution.error_category,
            "ErrorType": 1 if execution.error_category == SYSTEM_ERROR else 1006,
            "Retryable": False,
            "ErrorMessage": execution.reason,
        }
    result = execution.result or QueryResult()
    statistics: dict[str, Any] = {
        "EngineExecutionTimeInMillis": int((ended - started) * 1000),
        "DataScannedInBytes": result.scanned,
        "TotalExecutionTimeInMillis": total,
        "QueryQueueTimeInMillis": int((started - execution.submitted) * 1000),
        "ServicePreProcessingTimeInMillis": 0,
        "QueryPlanningTimeInMillis": 0,
        "ServiceProcessingTimeInMillis": 0,
        "ResultReuseInformation": {"ReusedPreviousResult": False},
    }
    if (
        execution.statement.substatement in ("CREATE_TABLE_AS_SELECT", "INSERT", "UNLOAD")
        and execution.result
    ):
        statistics["DataManifestLocation"] = f"{execution.output}{execution.identifier}-manifest.csv"
    shown: dict[str, Any] = {
        "QueryExecutionId": execution.identifier,
        "Query": execution.sql,
        "StatementType": execution.statement.kind,
        "SubstatementType": execution.statement.substatement,
        "ResultConfiguration": {"OutputLocation": execution.result_location},
        "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
        "QueryExecutionContext": {"Database": execution.session.database, "Catalog": execution.catalog_name},
        "Status": status,
        "Statistics": statistics,
        "WorkGroup": execution.workgroup,
        "EngineVersion": {
            "SelectedEngineVersion": "Athena engine version 3",
            "EffectiveEngineVersion": "Athena engine version 3",
        },
    }
    if execution.parameters:
        shown["ExecutionParameters"] = execution.parameters
    return shown
