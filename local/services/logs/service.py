"""CloudWatch Logs: groups, streams and events are real; queries, subscriptions, metrics and exports are not there."""

from __future__ import annotations

from local.gateway.aws_request import AwsRequest, RequiredPermission
from local.gateway.identity import Caller
from local.gateway.registry import Allow, Service


def required_permissions(request: AwsRequest, caller: Caller) -> list[RequiredPermission]:
    """The request's action on the log group, or on the log stream, that it names."""
    parameters = request.parameters
    group = (
        parameters.get("logGroupName")
        or str(parameters.get("logGroupIdentifier", "")).rpartition(":log-group:")[2]
    )
    if not group:
        return request.permissions_on("*")
    resource = f"log-group:{group}"
    if parameters.get("logStreamName"):
        resource += f":log-stream:{parameters['logStreamName']}"
    return request.permissions_on(request.arn(caller.account, resource))


SERVICE = Service(
    name="logs",
    response_class="moto.logs.responses.LogsResponse",
    operations=(
        "CreateLogGroup",
        "CreateLogStream",
        "DeleteLogGroup",
        "DeleteLogStream",
        "DescribeLogGroups",
        "DescribeLogStreams",
        "FilterLogEvents",
        "GetLogEvents",
        "ListTagsForResource",
        "PutLogEvents",
        "TagResource",
        "UntagResource",
    ),
    required_permissions=required_permissions,
    tagging_actions={"CreateLogGroup": "logs:TagResource"},
    role_policies={
        "domain": (
            # Where training jobs and crawlers write.
            Allow(
                ("logs:*",),
                (
                    "arn:aws:logs:{region}:{account}:log-group:/aws/sagemaker/*",
                    "arn:aws:logs:{region}:{account}:log-group:/aws-glue/*",
                ),
            ),
            Allow(("logs:DescribeLogGroups",), ("*",)),
        )
    },
)
