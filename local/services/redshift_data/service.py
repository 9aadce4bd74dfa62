"""The Redshift Data API: statements over HTTP; secrets, workgroups, sessions and metadata operations are not there."""

from __future__ import annotations

from pathlib import Path

from local.gateway.aws_request import AwsRequest, RequiredPermission
from local.gateway.identity import Caller
from local.gateway.registry import Allow, Service


def required_permissions(request: AwsRequest, caller: Caller) -> list[RequiredPermission]:
    """The request's action on the cluster, which is a resource of `redshift`."""
    cluster = request.parameters.get("ClusterIdentifier")
    if not cluster or request.operation == "ListStatements":
        return request.permissions_on("*")
    return request.permissions_on(f"arn:aws:redshift:{request.region}:{caller.account}:cluster:{cluster}")


def _install(_home: Path) -> None:
    from local.services.redshift_data import operations  # moto reads its settings when it is imported

    operations.install()


def _close() -> None:
    from local.services.redshift_data import operations  # moto reads its settings when it is imported

    operations.close()


SERVICE = Service(
    name="redshift-data",
    response_class="moto.redshiftdata.responses.RedshiftDataAPIServiceResponse",
    operations=(
        "ExecuteStatement",
        "BatchExecuteStatement",
        "DescribeStatement",
        "GetStatementResult",
        "ListStatements",
        "CancelStatement",
    ),
    required_permissions=required_permissions,
    install=_install,
    close=_close,
    role_policies={
        "domain": (
            Allow(
                ("redshift-data:ExecuteStatement", "redshift-data:BatchExecuteStatement"),
                ("arn:aws:redshift:{region}:{account}:cluster:{cluster}",),
            ),
            Allow(
                (
                    "redshift-data:DescribeStatement",
                    "redshift-data:GetStatementResult",
                    "redshift-data:GetStatementResultV2",
                    "redshift-data:CancelStatement",
                    "redshift-data:ListStatements",
                ),
                ("*",),
            ),
        )
    },
)
