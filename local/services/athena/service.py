"""Athena: queries, workgroups and what the Data Catalog shows of itself; saved queries, sessions and notebooks are not there."""

from __future__ import annotations

from pathlib import Path

from local.gateway.aws_request import AwsRequest, RequiredPermission
from local.gateway.identity import Caller
from local.gateway.registry import Allow, Service


def required_permissions(request: AwsRequest, caller: Caller) -> list[RequiredPermission]:
    """The request's action on a data catalog or a workgroup: a query's is that in which it was started."""
    parameters, operation = request.parameters, request.operation
    if operation in ("ListWorkGroups", "ListDataCatalogs"):
        return request.permissions_on("*")
    if "DataCatalog" in operation or "Database" in operation or "TableMetadata" in operation:
        name = parameters.get("CatalogName") or parameters.get("Name") or "AwsDataCatalog"
        return request.permissions_on(request.arn(caller.account, f"datacatalog/{name}"))
    if "WorkGroup" in operation:
        name = parameters.get("WorkGroup") or parameters.get("Name") or "primary"
    elif operation == "StartQueryExecution":
        name = parameters.get("WorkGroup") or "primary"
    else:
        name = parameters.get("WorkGroup") or _workgroup_of_query(request, caller.account)
        if name is None:
            return []
    return request.permissions_on(request.arn(caller.account, f"workgroup/{name}"))


def _workgroup_of_query(request: AwsRequest, account: str) -> str | None:
    from moto.athena.models import athena_backends  # moto reads its settings when it is imported

    execution = athena_backends[account][request.region].executions.get(
        str(request.parameters.get("QueryExecutionId"))
    )
    workgroup = getattr(execution, "workgroup", None)
    return workgroup if workgroup is None else str(getattr(workgroup, "name", workgroup))


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
