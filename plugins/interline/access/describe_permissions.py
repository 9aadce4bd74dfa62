"""What a principal may read, in words, for a plan as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from interline.access.plan import RoleChange
from interline.access.state import (
    CLASSIFICATION,
    EVERY_TABLE,
    PORT,
    SELECT,
    CellFilter,
    Expression,
    Grants,
    Permissions,
    Scope,
)
from interline.contracts.model.contract import CLASSIFICATIONS, covers


def describe_grants(
    grants: Grants, filters: Mapping[str, CellFilter], whole: str = "every column"
) -> list[str]:
    """Return what somebody may read, a phrase for every grant; ``whole`` are the words for all there is."""
    return [
        _phrase(scope, grants[scope], filters).replace("every column", whole, 1)
        if scope.kind == "table"
        else _phrase(scope, grants[scope], filters)
        for scope in sorted(grants)
    ]


def describe_role_change(change: RoleChange) -> list[str]:
    """Return what changes for a principal, a phrase for every part of it."""
    whole = "every port" if change.table.name == EVERY_TABLE else "every column"
    if not change.before:
        return describe_grants(change.after, change.filters_after, whole)
    if not change.after:
        return describe_grants(change.before, change.filters_before, whole)
    lines: list[str] = []
    for scope in sorted(change.before.keys() | change.after.keys()):
        old, new = change.before.get(scope), change.after.get(scope)
        if old is not None and new is not None and scope.kind == "columns":
            lines += _columns(old.names, new.names)
            if old.grantable - new.grantable:
                lines.append(f"- the right to grant on {listed(old.grantable)}")
        elif scope.kind == "filter" and old is not None and old == new:
            lines += _filter(change.filters_before.get(scope.name), change.filters_after[scope.name])
        elif old != new:
            if old is not None:
                lines.append("- " + _phrase(scope, old, change.filters_before))
            if new is not None:
                lines.append("+ " + _phrase(scope, new, change.filters_after))
    return lines


def listed(names: Iterable[str]) -> str:
    """Return names in order, with commas."""
    return ", ".join(sorted(names))


def _columns(old: frozenset[str], new: frozenset[str]) -> list[str]:
    lines = []
    if new - old:
        lines.append(f"+ columns {listed(new - old)}")
    if old - new:
        lines.append(f"- columns {listed(old - new)}")
    return lines


def _filter(old: CellFilter | None, new: CellFilter) -> list[str]:
    if old is None:
        return ["+ " + _cells(new)]
    lines = []
    if old.rows != new.rows:
        lines += [f"- rows {old.rows or 'all'}", f"+ rows {new.rows or 'all'}"]
    if old.columns is not None and new.columns is not None:
        return lines + _columns(old.columns, new.columns)
    if (old.columns, old.excluded) != (new.columns, new.excluded):
        lines += [f"- {_some_columns(old)}", f"+ {_some_columns(new)}"]
    return lines


def _some_columns(cells: CellFilter) -> str:
    if cells.columns is not None:
        return f"columns {listed(cells.columns)}"
    return f"every column but {listed(cells.excluded)}" if cells.excluded else "every column"


def _cells(cells: CellFilter) -> str:
    where = f"rows where {cells.rows}, " if cells.rows else ""
    return where + _some_columns(cells)


def _phrase(scope: Scope, permissions: Permissions, filters: Mapping[str, CellFilter]) -> str:
    if scope.kind == "columns":
        what = f"columns {listed(permissions.names)}"
    elif scope.kind == "filter":
        cells = filters.get(scope.name)
        what = _cells(cells) if cells else f"the data cells filter {scope.name}"
    else:
        what = {
            "table": "every column",
            "all_except": f"every column but {listed(scope.excluded)}",
            "tags": _tagged(scope.expression),
        }[scope.kind]
        if permissions.names != {SELECT}:
            what = f"{listed(permissions.names)} on {what}"
    if permissions.grantable:
        what += ", and may grant it on"
    return what


def _tagged(expression: Expression) -> str:
    conditions = dict(expression)
    levels = conditions.get(CLASSIFICATION, ())
    for clearance in CLASSIFICATIONS:
        covered = {level for level in CLASSIFICATIONS if covers(clearance, level)}
        if (
            set(conditions) == {CLASSIFICATION, PORT}
            and set(levels) == covered
            and len(conditions[PORT]) == 1
        ):
            return f"every column up to {clearance}"
    return "whatever is tagged " + " and ".join(
        f"{key} = {' or '.join(values)}" for key, values in expression
    )
