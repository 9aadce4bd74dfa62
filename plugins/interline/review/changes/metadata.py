"""What changed in a contract that no query notices and no rule is made of: tags, links, teams, labels."""

from __future__ import annotations

from typing import Any

from interline.review.changes.pair import Pair

_COMPARED_AT_TOP = (
    "apiVersion",
    "kind",
    "id",
    "name",
    "version",
    "status",
    "domain",
    "dataProduct",
    "description",
    "schema",
    "roles",
    "slaProperties",
    "slaDefaultElement",
)
_COMPARED_OF_TABLE = ("name", "description", "properties", "quality", "relationships")
_COMPARED_OF_COLUMN = (
    "name",
    "logicalType",
    "physicalType",
    "description",
    "primaryKey",
    "primaryKeyPosition",
    "required",
    "unique",
    "partitioned",
    "partitionKeyPosition",
    "classification",
    "logicalTypeOptions",
    "relationships",
    "quality",
    "examples",
    "deprecated",
)


def compare_metadata(pair: Pair) -> None:
    """Record every key that differs and that nothing else compares."""
    old, new = pair.old_side.value, pair.new_side.value
    for key in _differing(old, new, _COMPARED_AT_TOP):
        pair.record("metadata-changed", key, f"{key} reads differently", (key,))
    for key in _differing(old["schema"][0], new["schema"][0], _COMPARED_OF_TABLE):
        pair.record("metadata-changed", key, f"{key} of the table reads differently", ("schema", 0, key))
    for old_name, name in pair.names.items():
        before, after = pair.old_side.column_value(old_name), pair.new_side.column_value(name)
        for key in _differing(before, after, _COMPARED_OF_COLUMN):
            if key == "enum" and _values(before) != _values(after):
                continue
            place = pair.new_side.column_place(name, key)
            message = f"{key} of {name} reads differently"
            pair.record("column-metadata-changed", name, message, place, column=old_name)
        if bool(before.get("deprecated")) != bool(after.get("deprecated")):
            message = "is deprecated" if after.get("deprecated") else "is no longer deprecated"
            place = pair.new_side.column_place(name, "deprecated")
            pair.record("column-deprecated", name, f"{name} {message}", place, column=old_name)


def _differing(old: dict[str, Any], new: dict[str, Any], compared: tuple[str, ...]) -> list[str]:
    return [
        key for key in dict.fromkeys([*new, *old]) if key not in compared and old.get(key) != new.get(key)
    ]


def _values(column: dict[str, Any]) -> list[Any]:
    """The values of an enum, without their descriptions."""
    return [entry.get("value") for entry in column.get("enum") or () if isinstance(entry, dict)]
