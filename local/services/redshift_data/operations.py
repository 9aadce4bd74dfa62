"""The operations of redshift-data, as methods of moto's response class."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from moto.redshiftdata.responses import RedshiftDataAPIServiceResponse

from local.engines.redshift import cluster as clusters
from local.engines.redshift.cluster import Cluster
from local.engines.redshift.credentials import user_of_role
from local.gateway import identity, moto_operations
from local.gateway.errors import AwsError, NotServed
from local.gateway.iam import authorization
from local.services.redshift_data import executions as states
from local.services.redshift_data import parameters, results
from local.services.redshift_data.executions import ACTIVE_LIMIT, Execution, Submission
from local.services.redshift_data.runner import runner

# Bytes and number of statements ("Considerations when calling the Amazon Redshift Data API").
LONGEST_STATEMENT = 100 * 1024
LARGEST_BATCH = 40
LONGEST_WAIT = 30

_STATEMENT_ID = re.compile(r"([a-z0-9]{8}(?:-[a-z0-9]{4}){3}-[a-z0-9]{12})(?::(\d+))?")
_REFUSED_PARAMETERS = {
    "SecretArn": "there is no Secrets Manager; give DbUser, or neither to be let in by IAM",
    "WorkgroupName": "there is no Redshift Serverless; give ClusterIdentifier",
    "SessionId": "sessions are not kept between statements",
    "SessionKeepAliveSeconds": "sessions are not kept between statements",
    "WithEvent": "there is no EventBridge to tell",
}

Answer = tuple[int, dict[str, str], str]


class DataOperations:
    """What the Data API does; `self` is moto's response object."""

    def execute_statement(self: Any) -> Answer:
        """ExecuteStatement."""
        request = _request(self)
        sql = _required(request, "Sql")
        bound, values = parameters.bind(sql, parameters.read(request.get("Parameters")))
        return _submit(self, "ExecuteStatement", request, [Execution(sql, bound, values)], batch=False)

    def batch_execute_statement(self: Any) -> Answer:
        """BatchExecuteStatement: one transaction, unless ExecutionMode says AUTO_COMMIT."""
        request = _request(self)
        texts = request.get("Sqls") or []
        if not 1 <= len(texts) <= LARGEST_BATCH:
            raise _invalid(f"Sqls must hold 1 to {LARGEST_BATCH} statements, not {len(texts)}")
        if request.get("Parameters"):
            raise NotServed(
                "redshift-data", "BatchExecuteStatement", "Parameters of a batch are not bound here"
            )
        mode = request.get("ExecutionMode") or "TRANSACTION"
        if mode not in ("TRANSACTION", "AUTO_COMMIT"):
            raise _invalid(f"ExecutionMode must be TRANSACTION or AUTO_COMMIT, not {mode}")
        statements = [Execution(sql, sql) for sql in texts]
        return _submit(
            self,
            "BatchExecuteStatement",
            request,
            statements,
            batch=True,
            one_transaction=mode == "TRANSACTION",
        )

    def describe_statement(self: Any) -> Answer:
        """DescribeStatement, of a submission or of one statement of a batch."""
        request = _request(self)
        submission, number = _find(request)
        submission.ended.wait(_wait(request))
        if number is not None:
            return _answer(_describe_one(submission, number))
        return _answer(_describe(submission))

    def get_statement_result(self: Any) -> Answer:
        """GetStatementResult: one page."""
        request = _request(self)
        submission, number = _find(request)
        submission.ended.wait(_wait(request))
        execution = submission.executions[number or 0]
        if submission.batch and number is None:
            raise AwsError(
                "ValidationException",
                "The id is that of a batch; a statement of it has its own id, as in SubStatements of DescribeStatement.",
            )
        if execution.rows is None or submission.status != states.FINISHED:
            raise AwsError(
                "ResourceNotFoundException",
                "Query does not have result. Please check query status with DescribeStatement.",
            )
        rows = execution.rows
        start = _position(request.get("NextToken"), len(rows))
        records, end = results.page(execution.columns, rows, start)
        answer = {
            "ColumnMetadata": [results.metadata(column) for column in execution.columns],
            "Records": records,
            "TotalNumRows": len(rows),
        }
        if end < len(rows):
            answer["NextToken"] = _token(end)
        return _answer(answer)

    def list_statements(self: Any) -> Answer:
        """ListStatements: the caller's own; finished ones unless another status is asked for."""
        request = _request(self)
        caller = identity.current_caller()
        limit = int(request.get("MaxResults") or 100)
        if not 0 < limit <= 100:
            raise _invalid("MaxResults must be between 1 and 100")
        status = request.get("Status") or states.FINISHED
        found = [
            each
            for each in runner.submissions.of(caller)
            if status in ("ALL", each.status)
            and (request.get("RoleLevel", True) or each.owner_session == caller.session)
            and each.name == (request.get("StatementName") or each.name)
            and each.database == (request.get("Database") or each.database)
            and each.cluster.identifier == (request.get("ClusterIdentifier") or each.cluster.identifier)
        ]
        start = _position(request.get("NextToken"), len(found))
        answer: dict[str, Any] = {"Statements": [_listed(each) for each in found[start : start + limit]]}
        if start + limit < len(found):
            answer["NextToken"] = _token(start + limit)
        return _answer(answer)

    def cancel_statement(self: Any) -> Answer:
        """CancelStatement."""
        request = _request(self)
        submission, number = _find(request)
        if number is not None:
            raise _invalid("A statement of a batch cannot be cancelled by itself; cancel the batch")
        if submission.ended.is_set():
            raise _invalid(
                f"Could not cancel a query that is already in {submission.status} state with ID: {submission.id}"
            )
        runner.cancel(submission)
        return _answer({"Status": True})


def _submit(
    response: Any,
    operation: str,
    request: dict[str, Any],
    statements: list[Execution],
    *,
    batch: bool,
    one_transaction: bool = False,
) -> Answer:
    for name, reason in _REFUSED_PARAMETERS.items():
        if request.get(name):
            raise NotServed("redshift-data", operation, f"{name}: {reason}")
    if request.get("ResultFormat") not in (None, "JSON"):
        raise NotServed("redshift-data", operation, "results come as JSON only")
    for statement in statements:
        if len(statement.text.encode()) > LONGEST_STATEMENT:
            raise _invalid(f"A statement is longer than {LONGEST_STATEMENT} bytes")
    caller = identity.current_caller()
    cluster = clusters.cluster_for(response.current_account, _required(request, "ClusterIdentifier"))
    if cluster is None:
        raise _invalid("Redshift endpoint doesn't exist in this region.")
    database = _required(request, "Database")
    submission = Submission(
        cluster=cluster,
        database=database,
        user=_database_user(caller, cluster, database, request.get("DbUser")),
        owner=caller.principal_arn,
        owner_session=caller.session or "",
        executions=statements,
        batch=batch,
        one_transaction=one_transaction,
        parameters=request.get("Parameters") or [],
        name=request.get("StatementName"),
    )
    if runner.submissions.active(cluster) >= ACTIVE_LIMIT:
        raise AwsError(
            "ActiveStatementsExceededException", "The number of active statements exceeds the limit."
        )
    submission = runner.submit(submission, request.get("ClientToken"))
    answer: dict[str, Any] = {
        "Id": submission.id,
        "CreatedAt": submission.created,
        "ClusterIdentifier": cluster.identifier,
        "Database": submission.database,
        "DbUser": submission.user,
        "DbGroups": [],
    }
    if request.get("WaitTimeSeconds"):
        submission.ended.wait(_wait(request))
        answer |= {
            "Status": submission.status,
            "RedshiftPid": submission.pid,
            "HasResultSet": submission.has_result,
        }
    return _answer(answer)


def _database_user(caller: identity.Caller, cluster: Cluster, database: str, request: str | None) -> str:
    """The database user of a statement, if the caller may become it.

    Raises:
        AccessDenied: when IAM does not let the caller become the user.
    """
    resource = f"arn:aws:redshift:{cluster.region}:{cluster.account}"
    database_arn = f"{resource}:dbname:{cluster.identifier}/{database}"
    if request:
        action = "redshift:GetClusterCredentials"
        authorization.authorize(caller, action, f"{resource}:dbuser:{cluster.identifier}/{request}")
        authorization.authorize(caller, action, database_arn)
        return request.lower()
    authorization.authorize(caller, "redshift:GetClusterCredentialsWithIAM", database_arn)
    return cluster.create_user(user_of_role(caller)).name


def _describe(submission: Submission) -> dict[str, Any]:
    only = submission.executions[0]
    answer: dict[str, Any] = {
        "Id": submission.id,
        "ClusterIdentifier": submission.cluster.identifier,
        "Database": submission.database,
        "DbUser": submission.user,
        "Status": submission.status,
        "CreatedAt": submission.created,
        "UpdatedAt": submission.updated,
        "Duration": sum(each.nanoseconds for each in submission.executions),
        "HasResultSet": submission.has_result,
        "RedshiftPid": submission.pid,
        "ResultFormat": "JSON",
    }
    if submission.error:
        answer["Error"] = submission.error
    if submission.batch:
        answer["RedshiftQueryId"] = 0
        answer["ResultRows"] = -1
        answer["ResultSize"] = -1
        answer["SubStatements"] = [
            _describe_one(submission, number) for number in range(len(submission.executions))
        ]
    else:
        answer["QueryString"] = only.text
        answer["RedshiftQueryId"] = only.query_id
        answer["ResultRows"] = only.count
        answer["ResultSize"] = only.size
    if submission.parameters:
        answer["QueryParameters"] = submission.parameters
    return answer


def _describe_one(submission: Submission, number: int) -> dict[str, Any]:
    execution = submission.executions[number]
    answer: dict[str, Any] = {
        "Id": f"{submission.id}:{number + 1}",
        "Status": execution.status,
        "CreatedAt": execution.created,
        "UpdatedAt": execution.updated,
        "Duration": execution.nanoseconds,
        "HasResultSet": execution.rows is not None,
        "QueryString": execution.text,
        "RedshiftQueryId": execution.query_id,
        "ResultRows": execution.count,
        "ResultSize": execution.size,
    }
    if execution.error:
        answer["Error"] = execution.error
    return answer


def _listed(submission: Submission) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "Id": submission.id,
        "Status": submission.status,
        "CreatedAt": submission.created,
        "UpdatedAt": submission.updated,
        "IsBatchStatement": submission.batch,
        "ResultFormat": "JSON",
    }
    if submission.batch:
        answer["QueryStrings"] = [each.text for each in submission.executions]
    else:
        answer["QueryString"] = submission.executions[0].text
    if submission.name:
        answer["StatementName"] = submission.name
    if submission.parameters:
        answer["QueryParameters"] = submission.parameters
    return answer


def _find(request: dict[str, Any]) -> tuple[Submission, int | None]:
    """The submission that an identifier names, and which of its statements when it ends in ``:n``."""
    identifier = _required(request, "Id")
    match = _STATEMENT_ID.fullmatch(identifier)
    if match is None:
        raise _invalid(f"id must satisfy regex pattern: ^{_STATEMENT_ID.pattern}$")
    submission = runner.submissions.find(match[1], identity.current_caller())
    number = int(match[2]) - 1 if match[2] else None
    if submission is None or (number is not None and not 0 <= number < len(submission.executions)):
        raise AwsError("ResourceNotFoundException", "Query does not exist.")
    return submission, number


def _request(response: Any) -> dict[str, Any]:
    body = json.loads(response.body or "{}")
    return body if isinstance(body, dict) else {}


def _required(request: dict[str, Any], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _invalid(f"{name} is required and must not be empty")
    return value


def _wait(request: dict[str, Any]) -> float:
    """Seconds to wait for the end, as WaitTimeSeconds says."""
    seconds = int(request.get("WaitTimeSeconds") or 0)
    if not 0 <= seconds <= LONGEST_WAIT:
        raise _invalid(f"WaitTimeSeconds must be between 0 and {LONGEST_WAIT}")
    return float(seconds)


def _token(position: int) -> str:
    return base64.urlsafe_b64encode(f"page:{position}".encode()).decode()


def _position(token: str | None, total: int) -> int:
    """Where the page of a token begins."""
    if not token:
        return 0
    try:
        head, _, number = base64.urlsafe_b64decode(token).decode().partition(":")
        position = int(number)
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise _invalid("NextToken is not valid") from error
    if head != "page" or not 0 <= position <= total:
        raise _invalid("NextToken is not valid")
    return position


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def _answer(body: dict[str, Any]) -> Answer:
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(body)


def install() -> None:
    """Put the operations in place of moto's, which only pretend."""
    moto_operations.serve(RedshiftDataAPIServiceResponse, DataOperations)


def close() -> None:
    """Cancel the statements that run."""
    runner.close()
