"""What permission a request needs: IAM action and resource for every operation of the services served.

Source: "Actions, resources, and condition keys" of each service in the Service Authorization Reference. Where
an action has no resource type there, the resource is `*`, as on AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.gateway.aws_request import AwsRequest
from local.gateway.errors import AwsError
from local.services.s3.required_permissions import s3_required_permissions


@dataclass(frozen=True)
class RequiredPermission:
    """One permission: `action` as `service:Action`, `resource` an ARN or `*`, condition keys in lower case."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PassedRole:
    """A role that a request hands to an AWS service, to act with."""

    role_arn: str
    service: str


# Operation → (where the role stands in the request, which service gets it).
_PASSED: dict[tuple[str, str], tuple[str, str]] = {
    ("glue", "CreateCrawler"): ("Role", "glue.amazonaws.com"),
    ("glue", "UpdateCrawler"): ("Role", "glue.amazonaws.com"),
    ("lakeformation", "RegisterResource"): ("RoleArn", "lakeformation.amazonaws.com"),
    ("lakeformation", "UpdateResource"): ("RoleArn", "lakeformation.amazonaws.com"),
    ("sagemaker", "CreateTrainingJob"): ("RoleArn", "sagemaker.amazonaws.com"),
    ("sagemaker", "CreateModel"): ("ExecutionRoleArn", "sagemaker.amazonaws.com"),
    ("redshift", "CreateCluster"): ("IamRoles.IamRoleArn.", "redshift.amazonaws.com"),
    ("redshift", "ModifyClusterIamRoles"): ("AddIamRoles.IamRoleArn.", "redshift.amazonaws.com"),
}

_SAGEMAKER_KINDS = {
    "TrainingJobName": "training-job",
    "TransformJobName": "transform-job",
    "ModelName": "model",
    "ModelPackageGroupName": "model-package-group",
    "ModelPackageName": "model-package",
}
_GLUE_CRAWLERS = frozenset(
    {"CreateCrawler", "DeleteCrawler", "GetCrawler", "StartCrawler", "StopCrawler", "UpdateCrawler"}
)


def required_permissions(request: AwsRequest, account: str) -> list[RequiredPermission]:
    """The permissions that a request needs; all of them, and the last one names what it is about.

    None are needed to ask for something that does not exist and whose resource can't be known for that reason.
    """
    if request.service == "s3":
        return [RequiredPermission(*need) for need in s3_required_permissions(request)]
    action = f"{request.service}:{request.operation}"
    named = _RESOURCES.get(request.service, _no_resource)(request, account)
    if named is None:
        return []
    return [
        RequiredPermission(action if ":" not in extra else extra, resource) for extra, resource in named
    ] or [RequiredPermission(action, "*")]


def passed_roles(request: AwsRequest, account: str) -> list[PassedRole]:
    """The roles that a request passes to a service; names become ARNs of the caller's account."""
    place = _PASSED.get((request.service, request.operation))
    if place is None:
        return []
    parameter, service = place
    if parameter.endswith("."):
        roles = [value for name, value in request.parameters.items() if name.startswith(parameter)]
    else:
        roles = [request.parameters[parameter]] if request.parameters.get(parameter) else []
    return [PassedRole(_role_arn(str(role), account), service) for role in roles]


def assumed_role(request: AwsRequest) -> str:
    """The role that AssumeRole asks for."""
    role_arn = str(request.parameters.get("RoleArn", ""))
    if not role_arn.startswith("arn:aws:iam::") or ":role/" not in role_arn:
        raise AwsError("ValidationError", f"{role_arn or 'an empty RoleArn'} is invalid")
    return role_arn


def _role_arn(role: str, account: str) -> str:
    return role if role.startswith("arn:") else f"arn:aws:iam::{account}:role/{role.lstrip('/')}"


def _arn(request: AwsRequest, account: str, resource: str) -> str:
    return f"arn:aws:{request.service}:{request.region}:{account}:{resource}"


def _no_resource(request: AwsRequest, account: str) -> list[tuple[str, str]]:
    return []


def _glue(request: AwsRequest, account: str) -> list[tuple[str, str]]:
    ask, operation = request.parameters, request.operation
    if operation in _GLUE_CRAWLERS:
        return [("", _arn(request, account, f"crawler/{ask.get('Name', '')}"))]
    owner = str(ask.get("CatalogId") or account)
    catalog = ("", _arn(request, owner, "catalog"))
    if "Database" in operation:
        database = ask.get("Name") or _within(ask, "DatabaseInput", "Name") or "*"
        return [catalog, ("", _arn(request, owner, f"database/{database}"))]
    if "Table" in operation or "Partition" in operation or "Column" in operation:
        database = ask.get("DatabaseName") or "*"
        table = ask.get("TableName") or ask.get("Name") or _within(ask, "TableInput", "Name") or "*"
        if operation == "GetTables":
            table = "*"
        return [
            catalog,
            ("", _arn(request, owner, f"database/{database}")),
            ("", _arn(request, owner, f"table/{database}/{table}")),
        ]
    return []


def _athena(request: AwsRequest, account: str) -> list[tuple[str, str]] | None:
    ask, operation = request.parameters, request.operation
    if operation in ("ListWorkGroups", "ListDataCatalogs"):
        return []
    if "DataCatalog" in operation or "Database" in operation or "TableMetadata" in operation:
        name = ask.get("CatalogName") or ask.get("Name") or "AwsDataCatalog"
        return [("", _arn(request, account, f"datacatalog/{name}"))]
    if "WorkGroup" in operation:
        name = ask.get("WorkGroup") or ask.get("Name") or "primary"
    elif operation == "StartQueryExecution":
        name = ask.get("WorkGroup") or "primary"
    else:
        name = ask.get("WorkGroup") or _workgroup_of_query(request, account)
        if name is None:
            return None
    return [("", _arn(request, account, f"workgroup/{name}"))]


def _workgroup_of_query(request: AwsRequest, account: str) -> str | None:
    from moto.athena.models import athena_backends

    execution = athena_backends[account][request.region].executions.get(
        str(request.parameters.get("QueryExecutionId"))
    )
    workgroup = getattr(execution, "workgroup", None)
    return workgroup if workgroup is None else str(getattr(workgroup, "name", workgroup))


def _redshift(request: AwsRequest, account: str) -> list[tuple[str, str]] | None:
    ask = request.parameters
    cluster = ask.get("ClusterIdentifier")
    if cluster is None and ask.get("CustomDomainName"):
        # No cluster has a custom domain here, so there is no resource; Redshift's part of the process says so.
        return None
    if request.operation == "GetClusterCredentials":
        needs = [("", _arn(request, account, f"dbuser:{cluster}/{ask.get('DbUser', '')}"))]
        if ask.get("DbName"):
            needs.insert(0, ("", _arn(request, account, f"dbname:{cluster}/{ask['DbName']}")))
        if str(ask.get("AutoCreate", "")).lower() == "true":
            needs.insert(0, ("redshift:CreateClusterUser", needs[-1][1]))
        return needs
    if request.operation == "GetClusterCredentialsWithIAM":
        return [("", _arn(request, account, f"dbname:{cluster}/{ask.get('DbName') or '*'}"))]
    if request.operation == "DescribeClusters" or not cluster:
        return []
    return [("", _arn(request, account, f"cluster:{cluster}"))]


def _redshift_data(request: AwsRequest, account: str) -> list[tuple[str, str]]:
    cluster = request.parameters.get("ClusterIdentifier")
    if not cluster or request.operation == "ListStatements":
        return []
    return [("", f"arn:aws:redshift:{request.region}:{account}:cluster:{cluster}")]


def _sagemaker(request: AwsRequest, account: str) -> list[tuple[str, str]]:
    ask = request.parameters
    if request.operation.startswith("List") or request.operation == "Search":
        return []
    if request.operation == "CreateModelPackage" and "ModelPackageGroupName" in ask:
        return [("", _arn(request, account, f"model-package/{ask['ModelPackageGroupName']}/*"))]
    for parameter in ("ModelPackageArn", "ResourceArn"):
        if parameter in ask:
            return [("", str(ask[parameter]))]
    for parameter, kind in _SAGEMAKER_KINDS.items():
        if parameter in ask:
            name = str(ask[parameter])
            return [
                ("", name if name.startswith("arn:") else _arn(request, account, f"{kind}/{name.lower()}"))
            ]
    return []


def _logs(request: AwsRequest, account: str) -> list[tuple[str, str]]:
    ask = request.parameters
    group = ask.get("logGroupName") or str(ask.get("logGroupIdentifier", "")).rpartition(":log-group:")[2]
    if not group:
        return []
    if ask.get("logStreamName"):
        return [("", _arn(request, account, f"log-group:{group}:log-stream:{ask['logStreamName']}"))]
    return [("", _arn(request, account, f"log-group:{group}"))]


def _iam(request: AwsRequest, account: str) -> list[tuple[str, str]]:
    ask = request.parameters
    if ask.get("PolicyArn") and not (ask.get("RoleName") or ask.get("UserName")):
        return [("", str(ask["PolicyArn"]))]
    for parameter, kind in (
        ("RoleName", "role"),
        ("UserName", "user"),
        ("PolicyName", "policy"),
        ("GroupName", "group"),
    ):
        if ask.get(parameter):
            return [("", f"arn:aws:iam::{account}:{kind}/{ask[parameter]}")]
    return []


def _within(ask: dict[str, Any], outer: str, inner: str) -> Any:
    value = ask.get(outer)
    return value.get(inner) if isinstance(value, dict) else None


_RESOURCES: dict[str, Callable[[AwsRequest, str], list[tuple[str, str]] | None]] = {
    "glue": _glue,
    "athena": _athena,
    "redshift": _redshift,
    "redshift-data": _redshift_data,
    "sagemaker": _sagemaker,
    "logs": _logs,
    "iam": _iam,
}
