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
from interline.access.state import CellFilter, Held, Link, Names, Reads, Subject


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
    said: dict[str, Any] = {"action": change.action, **where}
    if isinstance(change, RoleChange):
        return {
            "kind": "role",
            **said,
            "role": names.roles.get(change.principal),
            "principal": change.principal,
            "before": _reads(change.before, change.filters_before),
            "after": _reads(change.after, change.filters_after),
            "reason": change.reason,
        }
    if isinstance(change, FilterChange):
        return {"kind": "filter", **said, "filter": change.name, "before": _cells(change.before)}
    if isinstance(change, TagChange):
        values = {"before": change.before, "after": change.after}
        return {"kind": "tag", **said, "column": change.column or None, "key": change.key, **values}
    if isinstance(change, TagValueChange):
        return {"kind": "tag values", **said, "key": change.key, "values": list(change.values)}
    if isinstance(change, LinkReaderChange):
        return {"kind": "link reader", **said, "link": change.name, "principal": change.principal}
    return _link_change(change, said)


def _link_change(change: LinkChange, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "link",
        **said,
        "link": change.name,
        "before": _link(change.before),
        "after": _link(change.after),
    }


def _link(link: Link | None) -> dict[str, str] | None:
    return None if link is None else {"account": link.account, "database": link.database}


def _reads(reads: Reads, filters: Mapping[str, CellFilter]) -> list[dict[str, Any]]:
    return [_read(subject, reads[subject], filters) for subject in sorted(reads)]


def _read(subject: Subject, held: Held, filters: Mapping[str, CellFilter]) -> dict[str, Any]:
    said: dict[str, Any] = {"on": subject.kind}
    if subject.kind == "columns":
        said |= {"permissions": ["SELECT"], "columns": sorted(held.what)}
    else:
        said |= {"permissions": sorted(held.what)}
    if subject.kind == "but":
        said["excluded"] = list(subject.excluded)
    if subject.kind == "tags":
        said["tags"] = {key: list(values) for key, values in subject.expression}
    if subject.kind == "filter":
        said["filter"] = subject.name
        if subject.name in filters:
            said |= _cells(filters[subject.name])
    if held.grantable:
        said["grantable"] = sorted(held.grantable)
    return said


def _cells(cells: CellFilter) -> dict[str, Any]:
    columns = None if cells.columns is None else sorted(cells.columns)
    return {"columns": columns, "rows": cells.rows} | (
        {"excluded": sorted(cells.excluded)} if cells.excluded else {}
    )
