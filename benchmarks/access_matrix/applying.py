"""From one desired state to the next, through Lake Formation's API, the shortest way: no plan, no observed state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from interline.access.state import CLASSIFICATION, PORT, CellFilter, DesiredState, Held, Subject, Table

_BATCH = 20


def apply(old: DesiredState, new: DesiredState, administrator: Callable[[str], Any]) -> None:
    """Make LF-Tags, data cells filters and grants of all accounts what `new` says; `old` is what was made before."""
    for account in sorted({table.account for table in (*old.tags, *new.tags)}):
        lake = administrator(account)
        _tag_values(lake, new.tag_values.get(account, {}))
        for table in {*old.tags, *new.tags}:
            if table.account == account:
                _tags(lake, table, dict(old.tags.get(table, {})), dict(new.tags.get(table, {})))
                _filters(lake, table, dict(old.filters.get(table, {})), dict(new.filters.get(table, {})))
        before, after = (dict(_entries(state, account)) for state in (old, new))
        _batches(lake.batch_revoke_permissions, [before[key] for key in before.keys() - after.keys()])
        _batches(lake.batch_grant_permissions, [after[key] for key in after.keys() - before.keys()])
        for table, filters in old.filters.items():
            for name in filters if table.account == account else ():
                if name not in new.filters.get(table, {}):
                    lake.delete_data_cells_filter(**_filter_place(table, name))


def _tag_values(lake: Any, wanted: Any) -> None:
    known = {
        tag["TagKey"]: set(tag["TagValues"])
        for page in lake.get_paginator("list_lf_tags").paginate()
        for tag in page["LFTags"]
    }
    for key, values in wanted.items():
        missing = sorted(values - known.get(key, set()))
        if key not in known:
            lake.create_lf_tag(TagKey=key, TagValues=missing)
        elif missing:
            lake.update_lf_tag(TagKey=key, TagValuesToAdd=missing)


def _tags(lake: Any, table: Table, old: dict[str, str], new: dict[str, str]) -> None:
    for column in old.keys() | new.keys():
        if old.get(column) == new.get(column):
            continue
        resource = _place(table, [column] if column else None)
        value = new.get(column) or old[column]
        pair = {"TagKey": CLASSIFICATION if column else PORT, "TagValues": [value]}
        change = lake.add_lf_tags_to_resource if column in new else lake.remove_lf_tags_from_resource
        _no_failures(change(Resource=resource, LFTags=[pair]))


def _filters(lake: Any, table: Table, old: dict[str, CellFilter], new: dict[str, CellFilter]) -> None:
    for name, wanted in new.items():
        if old.get(name) == wanted:
            continue
        rows = {"FilterExpression": wanted.rows} if wanted.rows is not None else {"AllRowsWildcard": {}}
        data = {**_filter_place(table, name), "RowFilter": rows, "ColumnNames": sorted(wanted.columns or ())}
        make = lake.update_data_cells_filter if name in old else lake.create_data_cells_filter
        make(TableData=data)


def _entries(state: DesiredState, account: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    for (table, principal), reads in state.grants.items():
        if table.account != account:
            continue
        for subject, held in reads.items():
            yield (table, principal, subject, held), _entry(table, principal, subject, held)


def _entry(table: Table, principal: str, subject: Subject, held: Held) -> dict[str, Any]:
    if subject.kind == "columns":
        resource = _place(table, sorted(held.what))
    elif subject.kind == "filter":
        resource = {"DataCellsFilter": _filter_place(table, subject.name)}
    else:
        expression = [{"TagKey": key, "TagValues": list(values)} for key, values in subject.expression]
        resource = {"LFTagPolicy": {"ResourceType": "TABLE", "Expression": expression}}
    return {
        "Principal": {"DataLakePrincipalIdentifier": principal},
        "Resource": resource,
        "Permissions": ["SELECT"],
    }


def _batches(send: Callable[..., Any], entries: list[dict[str, Any]]) -> None:
    for start in range(0, len(entries), _BATCH):
        batch = [{"Id": str(number), **entry} for number, entry in enumerate(entries[start : start + _BATCH])]
        _no_failures(send(Entries=batch))


def _place(table: Table, columns: list[str] | None) -> dict[str, Any]:
    place: dict[str, Any] = {"DatabaseName": table.database, "Name": table.name}
    if columns is None:
        return {"Table": place}
    return {"TableWithColumns": {**place, "ColumnNames": columns}}


def _filter_place(table: Table, name: str) -> dict[str, str]:
    return {
        "TableCatalogId": table.account,
        "DatabaseName": table.database,
        "TableName": table.name,
        "Name": name,
    }


def _no_failures(answer: dict[str, Any]) -> None:
    if answer.get("Failures"):
        raise RuntimeError(f"Lake Formation refused: {answer['Failures']}")
