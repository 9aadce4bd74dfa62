"""What a principal may read, in words."""

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
    Held,
    Reads,
    Subject,
)
from interline.contracts.model.contract import CLASSIFICATIONS, covers


def reading(reads: Reads, filters: Mapping[str, CellFilter], whole: str = "every column") -> list[str]:
    """Return what somebody may read, a phrase for every grant; ``whole`` are the words for all there is."""
    return [
        _phrase(subject, reads[subject], filters).replace("every column", whole, 1)
        if subject.kind == "table"
        else _phrase(subject, reads[subject], filters)
        for subject in sorted(reads)
    ]


def role_change(change: RoleChange) -> list[str]:
    """Return what changes for a principal, a phrase for every part of it."""
    whole = "every port" if change.table.name == EVERY_TABLE else "every column"
    if not change.before:
        return reading(change.after, change.filters_after, whole)
    if not change.after:
        return reading(change.before, change.filters_before, whole)
    lines: list[str] = []
    for subject in sorted(change.before.keys() | change.after.keys()):
        was, shall = change.before.get(subject), change.after.get(subject)
        if was is not None and shall is not None and subject.kind == "columns":
            lines += _columns(was.what, shall.what)
            if was.grantable - shall.grantable:
                lines.append(f"- the right to grant on {listed(was.grantable)}")
        elif subject.kind == "filter" and was is not None and was == shall:
            lines += _filter(change.filters_before.get(subject.name), change.filters_after[subject.name])
        elif was != shall:
            if was is not None:
                lines.append("- " + _phrase(subject, was, change.filters_before))
            if shall is not None:
                lines.append("+ " + _phrase(subject, shall, change.filters_after))
    return lines


def listed(names: Iterable[str]) -> str:
    """Return names in order, with commas."""
    return ", ".join(sorted(names))


def _columns(was: frozenset[str], shall: frozenset[str]) -> list[str]:
    lines = []
    if shall - was:
        lines.append(f"+ columns {listed(shall - was)}")
    if was - shall:
        lines.append(f"- columns {listed(was - shall)}")
    return lines


def _filter(was: CellFilter | None, shall: CellFilter) -> list[str]:
    if was is None:
        return ["+ " + _cells(shall)]
    lines = []
    if was.rows != shall.rows:
        lines += [f"- rows {was.rows or 'all'}", f"+ rows {shall.rows or 'all'}"]
    if was.columns is not None and shall.columns is not None:
        return lines + _columns(was.columns, shall.columns)
    if (was.columns, was.excluded) != (shall.columns, shall.excluded):
        lines += [f"- {_some_columns(was)}", f"+ {_some_columns(shall)}"]
    return lines


def _some_columns(cells: CellFilter) -> str:
    if cells.columns is not None:
        return f"columns {listed(cells.columns)}"
    return f"every column but {listed(cells.excluded)}" if cells.excluded else "every column"


def _cells(cells: CellFilter) -> str:
    where = f"rows where {cells.rows}, " if cells.rows else ""
    return where + _some_columns(cells)


def _phrase(subject: Subject, held: Held, filters: Mapping[str, CellFilter]) -> str:
    if subject.kind == "columns":
        what = f"columns {listed(held.what)}"
    elif subject.kind == "filter":
        cells = filters.get(subject.name)
        what = _cells(cells) if cells else f"the data cells filter {subject.name}"
    else:
        what = {
            "table": "every column",
            "but": f"every column but {listed(subject.excluded)}",
            "tags": _tagged(subject.expression),
        }[subject.kind]
        if held.what != {SELECT}:
            what = f"{listed(held.what)} on {what}"
    if held.grantable:
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
