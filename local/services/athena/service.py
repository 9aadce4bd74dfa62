"""Athena: queries, workgroups and what the Data Catalog shows of itself; saved queries, sessions and notebooks are not there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from local.gateway.aws_request import AwsRequest, RequiredPermission
from local.gateway.identity import Caller
from local.gateway.registry import Allow, Service


def required_permissions(request: AwsRequest, caller: Caller) -> list[RequiredPermission]:
    """The request's action on a data catalog or a workgroup: a query's is that in which it was started."""
    parameters, operation = request.parameters, request.operation
    if operation in ("ListWorkGroups", "ListDataCatalogs", "ListEngineVersions"):
        return request.permissions_on("*")
    if "DataCatalog" in operation or "Database" in operation or "TableMetadata" in operation:
        name = parameters.get("CatalogName") or parameters.get("Name") or "AwsDataCatalog"
        return request.permissions_on(request.arn(caller.account, f"datacatalog/{name}"))
    if operation in ("StartQueryExecution", "ListQueryExecutions") or "WorkGroup" in operation:
        names = {str(parameters.get("WorkGroup") or parameters.get("Name") or "primary")}
    else:
        queries = parameters.get("QueryExecutionIds") or [parameters.get("QueryExecutionId")]
        names = _workgroups_of(queries, request, caller.account)
    return request.permissions_on(
        *(request.arn(caller.account, f"workgroup/{name}") for name in sorted(names))
    )


def _workgroups_of(queries: Iterable[object], request: AwsRequest, account: str) -> set[str]:
    """The workgroups in which queries were started; one that does not exist has none."""
    from moto.athena.models import athena_backends  # moto reads its settings when it is imported

    known = athena_backends[account][request.region].executions
    found = [getattr(known.get(str(query)), "workgroup", None) for query in queries]
    return {str(getattr(workgroup, "name", workgroup)) for workgroup in found if workgroup is not None}


def _install(_home: Path) -> None:
    from local.services.athena import operations  # moto reads its settings when it is imported

    operations.install()


SERVICE = Service(
    name="athena",
    response_class="moto.athena.responses.AthenaResponse",
    operations=(
        *("StartQueryExecution", "StopQueryExecution", "GetQueryExecution", "BatchGetQueryExecution"),
        *("ListQueryExecutions", "GetQueryResults", "GetQueryRuntimeStatistics"),
        *("CreateWorkGroup", "GetWorkGroup", "ListWorkGroups", "DeleteWorkGroup"),
        *("GetDataCatalog", "ListDataCatalogs", "ListDatabases", "GetDatabase"),
        *("GetTableMetadata", "ListTableMetadata", "ListEngineVersions"),
    ),
    required_permissions=required_permissions,
    tagging_actions={"CreateWorkGroup": "athena:TagResource"},
    install=_install,
    role_policies={
        "domain": (
            Allow(("athena:*",), ("arn:aws:athena:{region}:{account}:workgroup/{domain}",)),
            Allow(("athena:Get*",), ("arn:aws:athena:{region}:{account}:datacatalog/*",)),
            Allow(("athena:List*",), ("*",)),
        ),
        "administrator": (
            Allow(
                ("athena:CreateWorkGroup", "athena:GetWorkGroup"),
                ("arn:aws:athena:{region}:{account}:workgroup/{domain}",),
            ),
        ),
    },
)
