"""List operations: filter, sort, pages."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from local.services.sagemaker.errors import invalid, require_known

DEFAULT_PAGE = 10
LARGEST_PAGE = 100

Item = Mapping[str, Any]
_PAGING = ("NextToken", "MaxResults", "SortBy", "SortOrder")
_TIMES = {
    "CreationTimeAfter": ("CreationTime", 1),
    "CreationTimeBefore": ("CreationTime", -1),
    "LastModifiedTimeAfter": ("LastModifiedTime", 1),
    "LastModifiedTimeBefore": ("LastModifiedTime", -1),
}


def page(
    items: Iterable[Item],
    request: Mapping[str, Any],
    *,
    result: str,
    name: str,
    status: str | None = None,
    equals: Mapping[str, str] | None = None,
    newest_first: bool = True,
    sort_keys: Mapping[str, str] | None = None,
    shown: Callable[[Item], Item] = dict,
) -> dict[str, Any]:
    """One page of a List operation's answer: `{result: [...], "NextToken": ...}`.

    `name` and `status` are the members that NameContains and StatusEquals look at; `equals` maps further request
    parameters to the member that must equal them; `sort_keys` maps SortBy values to members (default CreationTime).
    """
    exact = {**({"StatusEquals": status} if status else {}), **(equals or {})}
    require_known(request, (*_PAGING, "NameContains", *_TIMES, *exact), "a list operation")
    found = [item for item in items if _matches(item, request, name, exact)]
    keys = {
        "CreationTime": "CreationTime",
        "Name": name,
        **({"Status": status} if status else {}),
        **(sort_keys or {}),
    }
    sort_by = request.get("SortBy") or "CreationTime"
    if sort_by not in keys:
        raise invalid(f"Value '{sort_by}' at 'sortBy' is not one of {sorted(keys)}")
    descending = (request.get("SortOrder") or ("Descending" if newest_first else "Ascending")) == "Descending"
    found.sort(key=lambda item: (item[keys[sort_by]], str(item[name])), reverse=descending)
    start = _read_token(request.get("NextToken"))
    size = int(request.get("MaxResults") or DEFAULT_PAGE)
    if not 1 <= size <= LARGEST_PAGE:
        raise invalid(f"Value '{size}' at 'maxResults' is not between 1 and {LARGEST_PAGE}")
    answer: dict[str, Any] = {result: [shown(item) for item in found[start : start + size]]}
    if start + size < len(found):
        answer["NextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return answer


def _matches(item: Item, request: Mapping[str, Any], name: str, exact: Mapping[str, str]) -> bool:
    if str(request.get("NameContains") or "").lower() not in str(item[name]).lower():
        return False
    for parameter, member in exact.items():
        if request.get(parameter) and item.get(member) != request[parameter]:
            return False
    for parameter, (member, direction) in _TIMES.items():
        limit = request.get(parameter)
        if limit is not None:
            moment = limit if isinstance(limit, datetime) else datetime.fromtimestamp(float(limit), UTC)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            if (item[member] - moment).total_seconds() * direction < 0:
                return False
    return True


def _read_token(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.b64decode(token))
    except ValueError as error:
        raise invalid("Invalid pagination token") from error
