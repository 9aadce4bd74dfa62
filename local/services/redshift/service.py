"""Amazon Redshift: clusters that listen on PostgreSQL's wire, their roles, tags, and temporary credentials."""

from __future__ import annotations

from pathlib import Path

from local.gateway.aws_request import AwsRequest, RequiredPermission
from local.gateway.identity import Caller
from local.gateway.registry import Allow, PassedRoles, Service


def required_permissions(request: AwsRequest, caller: Caller) -> list[RequiredPermission]:
    """The request's action on the cluster; on the database and the database user for temporary credentials."""
    parameters = request.parameters
    cluster = parameters.get("ClusterIdentifier")
    if cluster is None and parameters.get("CustomDomainName"):
        # No cluster has a custom domain here, so there is no resource; the operation says so.
        return []
    if request.operation == "GetClusterCredentials":
        return _for_credentials(request, caller.account)
    if request.operation == "GetClusterCredentialsWithIAM":
        database = f"dbname:{cluster}/{parameters.get('DbName') or '*'}"
        return request.permissions_on(request.arn(caller.account, database))
    if request.operation == "DescribeClusters" or not cluster:
        return request.permissions_on("*")
    return request.permissions_on(request.arn(caller.account, f"cluster:{cluster}"))


def _for_credentials(request: AwsRequest, account: str) -> list[RequiredPermission]:
    parameters = request.parameters
    cluster = parameters.get("ClusterIdentifier")
    user = request.arn(account, f"dbuser:{cluster}/{parameters.get('DbUser', '')}")
    required = request.permissions_on(user)
    if parameters.get("DbName"):
        required = [
            *request.permissions_on(request.arn(account, f"dbname:{cluster}/{parameters['DbName']}")),
            *required,
        ]
    if str(parameters.get("AutoCreate", "")).lower() == "true":
        required = [RequiredPermission("redshift:CreateClusterUser", user), *required]
    return required


def _install(home: Path) -> None:
    from local.services.redshift import operations  # moto reads its settings when it is imported

    operations.install(home)


def _close() -> None:
    from local.services.redshift import operations  # moto reads its settings when it is imported

    operations.close()


SERVICE = Service(
    name="redshift",
    response_class="moto.redshift.responses.RedshiftResponse",
    operations=(
        "CreateCluster",
        "DeleteCluster",
        "DescribeClusters",
        "ModifyClusterIamRoles",
        "GetClusterCredentials",
        "GetClusterCredentialsWithIAM",
        "CreateTags",
        "DeleteTags",
        "DescribeTags",
    ),
    required_permissions=required_permissions,
    passed_roles=PassedRoles(
        "redshift.amazonaws.com",
        {"CreateCluster": "IamRoles.IamRoleArn.", "ModifyClusterIamRoles": "AddIamRoles.IamRoleArn."},
        refusal="InvalidClusterStateFault",
    ),
    install=_install,
    close=_close,
    role_policies={
        "domain": (
            Allow(("redshift:DescribeClusters", "redshift:DescribeCustomDomainAssociations"), ("*",)),
            Allow(
                ("redshift:GetClusterCredentials",),
                (
                    "arn:aws:redshift:{region}:{account}:dbuser:{cluster}/interline",
                    "arn:aws:redshift:{region}:{account}:dbname:{cluster}/{domain}",
                ),
            ),
        )
    },
    domain_passes_its_role=True,
)
