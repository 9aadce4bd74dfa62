"""Tags of SageMaker resources."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

_tags: dict[str, dict[str, str]] = {}
_lock = threading.Lock()


def tag_resource(arn: str, tags: Iterable[Mapping[str, str]] | None) -> list[dict[str, str]]:
    """Add tags to a resource; gives all it has now."""
    with _lock:
        current = _tags.setdefault(arn, {})
        current.update({tag["Key"]: tag["Value"] for tag in tags or ()})
    return tags_of(arn)


def tags_of(arn: str) -> list[dict[str, str]]:
    """The tags of a resource, by key."""
    return [{"Key": key, "Value": value} for key, value in sorted(_tags.get(arn, {}).items())]


def untag_resource(arn: str, keys: Iterable[str]) -> dict[str, str]:
    """Take tags away."""
    with _lock:
        for key in keys:
            _tags.get(arn, {}).pop(key, None)
    return {}
