"""Glue: the Data Catalog, crawlers and classifiers. Jobs, triggers, workflows and connections would only pretend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from local.gateway.aws_request import AwsRequest, RequiredPermission
from local.gateway.identity import Caller
from local.gateway.registry import Allow, PassedRoles, Service

_CRAWLER_OPERATIONS = frozenset(
    {"CreateCrawler", "DeleteCrawler", "GetCrawler", "StartCrawler", "StopCrawler", "UpdateCrawler"}
)


def required_permissions(request: AwsRequest, caller: Caller) -> list[RequiredPermission]:
    """The crawler; or the catalog, the database and the table, all of which a request for a table is about.

    The catalog may be another account's: Lake Formation there decides what is seen.
    """
    parameters, operation = request.parameters, request.operation
    if operation in _CRAWLER_OPERATIONS:
        return request.permissions_on(request.arn(caller.account, f"crawler/{parameters.get('Name', '')}"))
    owner = str(parameters.get("CatalogId") or caller.account)
    resources = ["catalog"]
    if "Database" in operation:
        database = parameters.get("Name") or _name_in(parameters, "DatabaseInput") or "*"
        resources += [f"database/{database}"]
    elif "Table" in operation or "Partition" in operation or "Column" in operation:
        database = parameters.get("DatabaseName") or "*"
        table = (
            parameters.get("TableName") or parameters.get("Name") or _name_in(parameters, "TableInput") or "*"
        )
        if operation == "GetTables":
            table = "*"
        resources += [f"database/{database}", f"table/{database}/{table}"]
    else:
        return request.permissions_on("*")
    return request.permissions_on(*(request.arn(owner, resource) for resource in resources))


def _name_in(parameters: dict[str, Any], structure: str) -> Any:
    value = parameters.get(structure)
    return value.get("Name") if isinstance(value, dict) else None


def _install(_home: Path) -> None:
    from local.services.glue import operations  # moto reads its settings when it is imported

    operations.install()


SERVICE = Service(
    name="glue",
    response_class="moto.glue.responses.GlueResponse",
    operations=(
        *(f"{verb}Database" for verb in ("Create", "Get", "Update", "Delete")),
        "GetDatabases",
        *(f"{verb}Table" for verb in ("Create", "Get", "Update", "Delete", "BatchDelete")),
        *("GetTables", "GetTableVersion", "GetTableVersions", "DeleteTableVersion"),
        *(f"{verb}Partition" for verb in ("Create", "Get", "Update", "Delete")),
        *(f"Batch{verb}Partition" for verb in ("Create", "Get", "Update", "Delete")),
        "GetPartitions",
        *(f"{verb}Crawler" for verb in ("Create", "Get", "Update", "Delete", "Start", "Stop")),
        *("GetCrawlers", "BatchGetCrawlers", "ListCrawlers", "GetCrawlerMetrics", "ListCrawls"),
        *(f"{verb}Classifier" for verb in ("Create", "Get", "Update", "Delete")),
        "GetClassifiers",
        *("TagResource", "UntagResource", "GetTags"),
    ),
    required_permissions=required_permissions,
    tagging_actions={"CreateCrawler": "glue:TagResource", "CreateDatabase": "glue:TagResource"},
    passed_roles=PassedRoles("glue.amazonaws.com", {"CreateCrawler": "Role", "UpdateCrawler": "Role"}),
    install=_install,
    role_policies={
        "domain": (
            Allow(("glue:*",), ("arn:aws:glue:{region}:{account}:*",)),
            # A resource link leads to another account's catalog; Lake Formation there decides what is seen.
            Allow(("glue:Get*", "glue:BatchGet*", "glue:List*"), ("*",)),
        ),
        "administrator": (
            Allow(
                ("glue:Get*", "glue:CreateDatabase", "glue:DeleteDatabase", "glue:UpdateDatabase"),
                ("arn:aws:glue:{region}:{account}:*",),
            ),
        ),
    },
    domain_passes_its_role=True,
)
