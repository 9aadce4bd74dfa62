"""CloudWatch Logs: groups, streams and events are real; queries, subscriptions, metrics and exports are not there."""

from __future__ import annotations

from local.gateway.served_operations import serve_only


def install() -> None:
    """Refuse what moto would take and not do."""
    serve_only(
        "logs",
        [
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
        ],
    )
