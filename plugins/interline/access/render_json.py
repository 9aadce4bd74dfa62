"""A plan as plain values for JSON, for machines to read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from interline.access.plan import (
    Change,
    FilterChange,
    LinkChange,
    LinkReaderChange,
    Plan,
    RoleChange,
    TagChange,
    TagValueChange,
)
from interline.access.state import CellFilter, Grants, Link, Names, Permissions, Scope


def as_json(plan: Plan) -> dict[str, Any]:
    """Return the plan: ``changes`` (each with ``kind`` and ``action``), ``waiting``, ``left_alone`` and ``counts``."""
    return {
        "counts": dict(plan.counts),
        "changes": [_change(change, plan.names) for change in plan.changes],
        "waiting": [{"port": plan.names.port(wait.table), "what": wait.what} for wait in plan.waiting],
        "left_alone": [
            {"port": plan.names.port(table), "why": why} for table, why in sorted(plan.left_alone.items())
        ],
        "unseen": [{"domain": domain, "why": why} for domain, why in sorted(plan.unseen.items())],
    }


def _change(change: Change, names: Names) -> dict[str, Any]:
    if isinstance(change, RoleChange | FilterChange | TagChange):
        table = change.table
        where: dict[str, Any] = {
            "port": names.port(table),
            "account": table.account,
            "database": table.database,
            "table": table.name,
        }
    else:
        where = {"account": change.account}
    common: dict[str, Any] = {"action": change.action, **where}
    if isinstance(change, RoleChange):
        return {
            "kind": "role",
            **common,
            "role": names.roles.get(change.principal),
            "principal": change.principal,
            "before": _grants(change.before, change.filters_before),
            "after": _grants(change.after, change.filters_after),
            "reason": change.reason,
        }
    if isinstance(change, FilterChange):
        return {"kind": "filter", **common, "filter": change.name, "before": _cells(change.before)}
    if isinstance(change, TagChange):
        values = {"before": change.before, "after": change.after}
        return {"kind": "tag", **common, "column": change.column or None, "key": change.key, **values}
    if isinstance(change, TagValueChange):
        return {"kind": "tag values", **common, "key": change.key, "values": list(change.values)}
    if isinstance(change, LinkReaderChange):
        return {"kind": "link reader", **common, "link": change.name, "principal": change.principal}
    return _link_change(change, common)


def _link_change(change: LinkChange, common: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "link",
        **common,
        "link": change.name,
        "before": _link(change.before),
        "after": _link(change.after),
    }


def _link(link: Link | None) -> dict[str, str] | None:
    return None if link is None else {"account": link.account, "database": link.database}


def _grants(grants: Grants, filters: Mapping[str, CellFilter]) -> list[dict[str, Any]]:
    return [_grant(scope, grants[scope], filters) for scope in sorted(grants)]


def _grant(scope: Scope, permissions: Permissions, filters: Mapping[str, CellFilter]) -> dict[str, Any]:
    described: dict[str, Any] = {"on": scope.kind}
    if scope.kind == "columns":
        described |= {"permissions": ["SELECT"], "columns": sorted(permissions.names)}
    else:
        described |= {"permissions": sorted(permissions.names)}
    if scope.kind == "all_except":
        described["excluded"] = list(scope.excluded)
    if scope.kind == "tags":
        described["tags"] = {key: list(values) for key, values in scope.expression}
    if scope.kind == "filter":
        described["filter"] = scope.name
        if scope.name in filters:
            described |= _cells(filters[scope.name])
    if permissions.grantable:
        described["grantable"] = sorted(permissions.grantable)
    return described


def _cells(cells: CellFilter) -> dict[str, Any]:
    columns = None if cells.columns is None else sorted(cells.columns)
    return {"columns": columns, "rows": cells.rows} | (
        {"excluded": sorted(cells.excluded)} if cells.excluded else {}
    )
