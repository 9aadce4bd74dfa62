"""What permission a request needs: IAM action and resource for every operation of the services served.

Source: "Actions, resources, and condition keys" of each service in the Service Authorization Reference. Where
an action has no resource type there, the resource is `*`, as on AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.gateway.errors import AwsError
from local.gateway.requests import Asked
from local.services.s3.required_permissions import object_store_needs


@dataclass(frozen=True)
class Need:
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


def needs_of(asked: Asked, account: str) -> list[Need]:
    """The permissions that a request needs; all of them, and the last one names what it is about.

    None are needed to ask for something that does not exist and whose resource can't be known for that reason.
    """
    if asked.service == "s3":
        return [Need(*need) for need in object_store_needs(asked)]
    action = f"{asked.service}:{asked.operation}"
    named = _RESOURCES.get(asked.service, _no_resource)(asked, account)
    if named is None:
        return []
    return [Need(action if ":" not in extra else extra, resource) for extra, resource in named] or [
        Need(action, "*")
    ]


def passed_roles(asked: Asked, account: str) -> list[PassedRole]:
    """The roles that a request passes to a service; names become ARNs of the caller's account."""
    place = _PASSED.get((asked.service, asked.operation))
    if place is None:
        return []
    parameter, service = place
    if parameter.endswith("."):
        roles = [value for name, value in asked.parameters.items() if name.startswith(parameter)]
    else:
        roles = [asked.parameters[parameter]] if asked.parameters.get(parameter) else []
    return [PassedRole(_role_arn(str(role), account), service) for role in roles]


def assumed_role(asked: Asked) -> str:
    """The role that AssumeRole asks for."""
    role_arn = str(asked.parameters.get("RoleArn", ""))
    if not role_arn.startswith("arn:aws:iam::") or ":role/" not in role_arn:
        raise AwsError("ValidationError", f"{role_arn or 'an empty RoleArn'} is invalid")
    return role_arn


def _role_arn(role: str, account: str) -> str:
    return role if role.startswith("arn:") else f"arn:aws:iam::{account}:role/{role.lstrip('/')}"


def _arn(asked: Asked, account: str, resource: str) -> str:
    return f"arn:aws:{asked.service}:{asked.region}:{account}:{resource}"


def _no_resource(asked: Asked, account: str) -> list[tuple[str, str]]:
    return []


def _glue(asked: Asked, account: str) -> list[tuple[str, str]]:
    ask, operation = asked.parameters, asked.operation
    if operation in _GLUE_CRAWLERS:
        return [("", _arn(asked, account, f"crawler/{ask.get('Name', '')}"))]
    owner = str(ask.get("CatalogId") or account)
    catalog = ("", _arn(asked, owner, "catalog"))
    if "Database" in operation:
        database = ask.get("Name") or _within(ask, "DatabaseInput", "Name") or "*"
        return [catalog, ("", _arn(asked, owner, f"database/{database}"))]
    if "Table" in operation or "Partition" in operation or "Column" in operation:
        database = ask.get("DatabaseName") or "*"
        table = ask.get("TableName") or ask.get("Name") or _within(ask, "TableInput", "Name") or "*"
        if operation == "GetTables":
            table = "*"
        return [
            catalog,
            ("", _arn(asked, owner, f"database/{database}")),
            ("", _arn(asked, owner, f"table/{database}/{table}")),
        ]
    return []


def _athena(asked: Asked, account: str) -> list[tuple[str, str]] | None:
    ask, operation = asked.parameters, asked.operation
    if operation in ("ListWorkGroups", "ListDataCatalogs"):
        return []
    if "DataCatalog" in operation or "Database" in operation or "TableMetadata" in operation:
        name = ask.get("CatalogName") or ask.get("Name") or "AwsDataCatalog"
        return [("", _arn(asked, account, f"datacatalog/{name}"))]
    if "WorkGroup" in operation:
        name = ask.get("WorkGroup") or ask.get("Name") or "primary"
    elif operation == "StartQueryExecution":
        name = ask.get("WorkGroup") or "primary"
    else:
        name = ask.get("WorkGroup") or _workgroup_of_query(asked, account)
        if name is None:
            return None
    return [("", _arn(asked, account, f"workgroup/{name}"))]


def _workgroup_of_query(asked: Asked, account: str) -> str | None:
    from moto.athena.models import athena_backends

    execution = athena_backends[account][asked.region].executions.get(
        str(asked.parameters.get("QueryExecutionId"))
    )
    workgroup = getattr(execution, "workgroup", None)
    return workgroup if workgroup is None else str(getattr(workgroup, "name", workgroup))


def _redshift(asked: Asked, account: str) -> list[tuple[str, str]] | None:
    ask = asked.parameters
    cluster = ask.get("ClusterIdentifier")
    if cluster is None and ask.get("CustomDomainName"):
        # No cluster has a custom domain here, so there is no resource; Redshift's part of the process says so.
        return None
    if asked.operation == "GetClusterCredentials":
        needs = [("", _arn(asked, account, f"dbuser:{cluster}/{ask.get('DbUser', '')}"))]
        if ask.get("DbName"):
            needs.insert(0, ("", _arn(asked, account, f"dbname:{cluster}/{ask['DbName']}")))
        if str(ask.get("AutoCreate", "")).lower() == "true":
            needs.insert(0, ("redshift:CreateClusterUser", needs[-1][1]))
        return needs
    if asked.operation == "GetClusterCredentialsWithIAM":
        return [("", _arn(asked, account, f"dbname:{cluster}/{ask.get('DbName') or '*'}"))]
    if asked.operation == "DescribeClusters" or not cluster:
        return []
    return [("", _arn(asked, account, f"cluster:{cluster}"))]


def _redshift_data(asked: Asked, account: str) -> list[tuple[str, str]]:
    cluster = asked.parameters.get("ClusterIdentifier")
    if not cluster or asked.operation == "ListStatements":
        return []
    return [("", f"arn:aws:redshift:{asked.region}:{account}:cluster:{cluster}")]


def _sagemaker(asked: Asked, account: str) -> list[tuple[str, str]]:
    ask = asked.parameters
    if asked.operation.startswith("List") or asked.operation == "Search":
        return []
    if asked.operation == "CreateModelPackage" and "ModelPackageGroupName" in ask:
        return [("", _arn(asked, account, f"model-package/{ask['ModelPackageGroupName']}/*"))]
    for parameter in ("ModelPackageArn", "ResourceArn"):
        if parameter in ask:
            return [("", str(ask[parameter]))]
    for parameter, kind in _SAGEMAKER_KINDS.items():
        if parameter in ask:
            name = str(ask[parameter])
            return [("", name if name.startswith("arn:") else _arn(asked, account, f"{kind}/{name.lower()}"))]
    return []


def _logs(asked: Asked, account: str) -> list[tuple[str, str]]:
    ask = asked.parameters
    group = ask.get("logGroupName") or str(ask.get("logGroupIdentifier", "")).rpartition(":log-group:")[2]
    if not group:
        return []
    if ask.get("logStreamName"):
        return [("", _arn(asked, account, f"log-group:{group}:log-stream:{ask['logStreamName']}"))]
    return [("", _arn(asked, account, f"log-group:{group}"))]


def _iam(asked: Asked, account: str) -> list[tuple[str, str]]:
    ask = asked.parameters
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


_RESOURCES: dict[str, Callable[[Asked, str], list[tuple[str, str]] | None]] = {
    "glue": _glue,
    "athena": _athena,
    "redshift": _redshift,
    "redshift-data": _redshift_data,
    "sagemaker": _sagemaker,
    "logs": _logs,
    "iam": _iam,
}
