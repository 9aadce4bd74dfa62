"""Athena's operations: queries run in threads of their own as the caller, results lie in S3 where the caller may write.

Facts from the Athena user guide and API reference: who decides the output location, the names of result files, the
shape of executions and results, idempotent requests.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import duckdb
from moto.athena.models import athena_backends
from moto.athena.responses import AthenaResponse

from local.aws.errors import AwsError
from local.aws.identity import Caller, current_caller
from local.lake import backends, catalog, objects, permissions
from local.lake.athena import results, statements
from local.lake.athena.binding import Session
from local.lake.athena.errors import SYSTEM_ERROR, USER_ERROR, Cancelled, InvalidRequest, SyntaxProblem
from local.lake.athena.results import QueryResult
from local.lake.athena.statements import Statement
from local.lake.errors import AccessDenied, EntityNotFound, QueryError

log = logging.getLogger(__name__)

MAXIMUM_PAGE = 1000
OPERATIONS = (
    *("StartQueryExecution", "StopQueryExecution", "GetQueryExecution", "BatchGetQueryExecution"),
    *("ListQueryExecutions", "GetQueryResults", "GetQueryRuntimeStatistics"),
    *("CreateWorkGroup", "GetWorkGroup", "ListWorkGroups", "DeleteWorkGroup"),
    *(
        "GetDataCatalog",
        "ListDataCatalogs",
        "ListDatabases",
        "GetDatabase",
        "GetTableMetadata",
        "ListTableMetadata",
    ),
    *("ListEngineVersions",),
)


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


_tokens: dict[tuple[str, str], tuple[str, str]] = {}
_lock = threading.Lock()


def _backend(account: str) -> Any:
    return athena_backends[account][backends.REGION]


def _executions() -> dict[str, Execution]:
    """The caller's account's queries. They lie where moto keeps its own: the door looks there for their workgroup."""
    executions: dict[str, Execution] = _backend(current_caller().account).executions
    return executions


def _execution(identifier: str | None) -> Execution:
    found = _executions().get(identifier or "")
    if found is None:
        raise InvalidRequest(f"QueryExecution {identifier} was not found")
    return found


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


def _start(caller: Caller, request: dict[str, Any]) -> Execution:
    """Check a StartQueryExecution request and record the execution. Raises InvalidRequest."""
    sql = request.get("QueryString") or ""
    context = request.get("QueryExecutionContext") or {}
    catalog_name = context.get("Catalog") or "AwsDataCatalog"
    if catalog_name.lower() != "awsdatacatalog":
        raise InvalidRequest(f"Catalog {catalog_name} is not served: only AwsDataCatalog is")
    name = request.get("WorkGroup") or "primary"
    workgroup = _backend(caller.account).work_groups.get(name)
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


def _run(execution: Execution) -> None:
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


def _shown(execution: Execution) -> dict[str, Any]:
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


class QueryOperations(AthenaResponse):
    """Start, stop, describe, list queries and page their results."""

    def start_query_execution(self) -> str:
        caller, request = current_caller(), json.loads(self.body)
        execution = _start(caller, request)
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
            target=_run, args=(execution,), name=f"athena {execution.identifier}", daemon=True
        ).start()
        return json.dumps({"QueryExecutionId": execution.identifier})

    def get_query_execution(self) -> str:
        return json.dumps({"QueryExecution": _shown(_execution(self._get_param("QueryExecutionId")))})

    def batch_get_query_execution(self) -> str:
        wanted = self._get_param("QueryExecutionIds") or []
        known = _executions()
        found = [known[one] for one in wanted if one in known]
        missing = [
            {
                "QueryExecutionId": one,
                "ErrorCode": "INVALID_QUERY_EXECUTION_ID",
                "ErrorMessage": "was not found",
            }
            for one in wanted
            if one not in known
        ]
        return json.dumps(
            {"QueryExecutions": [_shown(one) for one in found], "UnprocessedQueryExecutionIds": missing}
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
        shown = _shown(execution)["Statistics"]
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


class MetadataOperations(AthenaResponse):
    """The Data Catalog as Athena's own operations show it, to clients that list tables."""

    def get_data_catalog(self) -> str:
        _check_catalog(self._get_param("Name"))
        account = current_caller().account
        return json.dumps(
            {"DataCatalog": {"Name": "AwsDataCatalog", "Type": "GLUE", "Parameters": {"catalog-id": account}}}
        )

    def list_data_catalogs(self) -> str:
        return json.dumps({"DataCatalogsSummary": [{"CatalogName": "AwsDataCatalog", "Type": "GLUE"}]})

    def get_database(self) -> str:
        _check_catalog(self._get_param("CatalogName"))
        account, name = current_caller().account, (self._get_param("DatabaseName") or "").lower()
        _metadata(
            lambda: permissions.require_on_database(account, name, current_caller().principal_arn, "DESCRIBE")
        )
        return json.dumps({"Database": _database(account, name)})

    def list_databases(self) -> str:
        _check_catalog(self._get_param("CatalogName"))
        account, role = current_caller().account, current_caller().principal_arn
        names = [
            name
            for name in sorted(backends.glue(account).databases)
            if permissions.may_on_database(account, name, role, "DESCRIBE")
        ]
        return json.dumps({"DatabaseList": [_database(account, name) for name in names]})

    def get_table_metadata(self) -> str:
        _check_catalog(self._get_param("CatalogName"))
        caller = current_caller()
        found = _metadata(
            lambda: catalog.find_table(
                caller.account, self._get_param("DatabaseName") or "", self._get_param("TableName") or ""
            )
        )
        return json.dumps({"TableMetadata": _metadata(lambda: _table(found, caller.principal_arn))})

    def list_table_metadata(self) -> str:
        _check_catalog(self._get_param("CatalogName"))
        caller, name = current_caller(), (self._get_param("DatabaseName") or "").lower()
        account, database, _ = _metadata(lambda: catalog.find_database(caller.account, name))
        _metadata(
            lambda: permissions.require_on_database(account, database, caller.principal_arn, "DESCRIBE")
        )
        shown = []
        for table in sorted(backends.glue(account).databases[database].tables):
            try:
                shown.append(_table(catalog.find_table(account, database, table), caller.principal_arn))
            except (AccessDenied, QueryError, EntityNotFound):
                continue  # the list has what the caller may see
        return json.dumps({"TableMetadataList": shown})


def _check_catalog(name: str | None) -> None:
    if (name or "AwsDataCatalog").lower() != "awsdatacatalog":
        raise InvalidRequest(f"Data catalog {name} is not found: only AwsDataCatalog is served")


class MetadataProblem(AwsError):
    """What the catalog answered to an operation on metadata."""

    def __init__(self, cause: AwsError) -> None:
        super().__init__(
            "MetadataException", f"{cause.message} (Service: AmazonDataCatalog; Error Code: {cause.code})"
        )


def _metadata(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except (EntityNotFound, AccessDenied) as error:
        raise MetadataProblem(error) from error


def _database(account: str, name: str) -> dict[str, Any]:
    found = backends.glue(account).databases.get(name)
    if found is None:
        raise MetadataProblem(EntityNotFound(f"Database {name} not found."))
    described = {
        "Name": name,
        "Description": found.input.get("Description"),
        "Parameters": found.input.get("Parameters"),
    }
    return {key: value for key, value in described.items() if value is not None}


def _table(found: catalog.CatalogTable, role_arn: str) -> dict[str, Any]:
    held = permissions.table_permissions(found.account, found.database, found.name, role_arn)
    if held or permissions.is_administrator(role_arn, found.account):
        visible = {column.name for column in found.all_columns}
    else:
        visible = set(permissions.granted_columns(found, role_arn))
    if not visible:
        raise AccessDenied(f"Insufficient Lake Formation permission(s): Required Describe on {found.name}")

    def columns(chosen: tuple[catalog.Column, ...]) -> list[dict[str, str]]:
        return [
            {"Name": one.name, "Type": one.glue_type, **({"Comment": one.comment} if one.comment else {})}
            for one in chosen
            if one.name in visible
        ]

    return {
        "Name": found.name,
        "CreateTime": catalog.stored_table(
            found.account, found.database, found.name
        ).created_time.timestamp(),
        "TableType": "EXTERNAL_TABLE",
        "Columns": columns(found.columns),
        "PartitionKeys": columns(found.partition_keys),
        "Parameters": {
            **found.parameters,
            "location": found.location,
            "serde.serialization.lib": found.serde,
        },
    }
