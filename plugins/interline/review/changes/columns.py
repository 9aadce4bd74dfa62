"""What changed in the columns of a port: which there are, their types, keys, words and classifications."""

from __future__ import annotations

from difflib import SequenceMatcher

from interline.contracts.model.column_types import base_type
from interline.contracts.model.contract import CLASSIFICATIONS, Column
from interline.review.changes.pair import Pair

_PROPERTIES = ("schema", 0, "properties")
_WIDER = {("integer", "bigint"), ("real", "double precision")}
"""Promotions that Iceberg can do in place (iceberg.apache.org/spec, schema evolution), beside decimals with more digits."""
_LIKE_ENOUGH = 0.6
"""Least likeness of two names, descriptions or both for a renamed column, where types are equal."""


def compare_columns(pair: Pair) -> None:
    """Record every change of the columns; fills ``pair.names``."""
    _match(pair)
    for name in pair.old.column_names:
        if name not in pair.names:
            place = pair.old_side.column_place(name)
            pair.record_removal(
                "column-removed", name, f"the column {name} is removed", place, _PROPERTIES, column=name
            )
    for column in pair.new.columns:
        before = pair.old_names.get(column.name)
        if before is None:
            message = f"the column {column.name} ({column.physical_type}, {column.classification}) is new"
            pair.record("column-added", column.name, message, pair.new_side.column_place(column.name))
            continue
        old = pair.old.column(before)
        if before != column.name:
            place = pair.new_side.column_place(column.name, "name")
            message = f"the column {before} is renamed to {column.name}"
            pair.record("column-renamed", before, message, place, column=before)
        _type(pair, old, column)
        _flags(pair, old, column)
        _classification(pair, old, column)
        _words(pair, old, column)
    _keys(pair)


def _match(pair: Pair) -> None:
    """Pair columns by name, then removed with added ones that are most likely the same under another name."""
    pair.names = {name: name for name in pair.old.column_names if name in pair.new.column_names}
    removed = [column for column in pair.old.columns if column.name not in pair.names]
    added = [column for column in pair.new.columns if column.name not in pair.names.values()]
    likely = sorted(
        ((_likeness(old, new), old.name, new.name) for old in removed for new in added), reverse=True
    )
    for likeness, old_name, new_name in likely:
        if likeness >= _LIKE_ENOUGH and old_name not in pair.names and new_name not in pair.names.values():
            pair.names[old_name] = new_name


def _likeness(old: Column, new: Column) -> float:
    """Return 0 to 1: how likely one is the other renamed. Another type or key is another column."""
    if old.logical_type != new.logical_type or base_type(old.physical_type) != base_type(new.physical_type):
        return 0.0
    if old.primary_key != new.primary_key or old.partitioned != new.partitioned:
        return 0.0
    names = SequenceMatcher(None, old.name, new.name).ratio()
    words = SequenceMatcher(None, old.description, new.description).ratio()
    return max(names, words)


def _type(pair: Pair, old: Column, new: Column) -> None:
    before, after = old.physical_type, new.physical_type
    place = pair.new_side.column_place(new.name, "physicalType")
    message = f"the type of {new.name} was {before} and is {after}"
    if before != after:
        pair.record(type_change(before, after), new.name, message, place, column=old.name)
    if old.logical_type != new.logical_type and base_type(before) == base_type(after):
        message = f"the logical type of {new.name} was {old.logical_type} and is {new.logical_type}"
        place = pair.new_side.column_place(new.name, "logicalType")
        pair.record("logical-type-changed", new.name, message, place, column=old.name)


def type_change(before: str, after: str) -> str:
    """Return the kind of change between two different Redshift types, each in ``redshift_type``'s spelling."""
    old_base, new_base = base_type(before), base_type(after)
    if (old_base, new_base) in _WIDER:
        return "type-widened"
    if (new_base, old_base) in _WIDER:
        return "type-narrowed"
    if old_base != new_base:
        return "type-changed"
    old_sizes, new_sizes = _sizes(before), _sizes(after)
    if old_base == "varchar":
        return "text-lengthened" if new_sizes > old_sizes else "text-shortened"
    if old_sizes[1:] != new_sizes[1:]:
        return "scale-changed"
    return "precision-raised" if new_sizes > old_sizes else "precision-lowered"


def _sizes(physical_type: str) -> tuple[int, ...]:
    inner = physical_type.partition("(")[2].rstrip(")")
    return tuple(int(size) for size in inner.split(",") if size.strip())


def _flags(pair: Pair, old: Column, new: Column) -> None:
    in_key = old.primary_key or new.primary_key  # whose own change says it all
    if old.required != new.required and not (in_key and old.primary_key != new.primary_key):
        kind = "required-added" if new.required else "required-removed"
        message = "is required now" if new.required else "is no longer required and may be null"
        place = pair.new_side.column_place(new.name, "required")
        pair.record(kind, new.name, f"{new.name} {message}", place, column=old.name)
    if old.unique != new.unique:
        kind = "unique-added" if new.unique else "unique-removed"
        message = "is unique now" if new.unique else "is no longer unique"
        place = pair.new_side.column_place(new.name, "unique")
        pair.record(kind, new.name, f"{new.name} {message}", place, column=old.name)


def _classification(pair: Pair, old: Column, new: Column) -> None:
    before, after = old.classification, new.classification
    if before == after:
        return
    raised = CLASSIFICATIONS.index(after) > CLASSIFICATIONS.index(before)
    kind = "classification-raised" if raised else "classification-lowered"
    message = f"{new.name} was {before} and is {after}"
    pair.record(
        kind, new.name, message, pair.new_side.column_place(new.name, "classification"), column=old.name
    )


def _words(pair: Pair, old: Column, new: Column) -> None:
    if old.description != new.description:
        place = pair.new_side.column_place(new.name, "description")
        pair.record(
            "column-described", new.name, f"{new.name} is described differently", place, column=old.name
        )
    if old.examples != new.examples:
        place = pair.new_side.column_place(new.name, "examples")
        pair.record("examples-changed", new.name, f"{new.name} has other examples", place, column=old.name)


def _keys(pair: Pair) -> None:
    before = tuple(pair.names.get(name, name) for name in pair.old.primary_key)
    after = pair.new.primary_key
    if before != after:
        same = sorted(before) == sorted(after)
        kind = "key-reordered" if same else "primary-key-changed"
        message = f"the primary key was ({', '.join(pair.old.primary_key)}) and is ({', '.join(after)})"
        changed = next((name for name in after if name not in before), after[0])
        pair.record(kind, "primary key", message, pair.new_side.column_place(changed, "primaryKey"))
    before = tuple(pair.names.get(name, name) for name in pair.old.partition_columns)
    after = pair.new.partition_columns
    if before != after:
        kind_of_port = "a history of days" if pair.new.keeps_history else "a current state"
        message = f"partitioned by {', '.join(after) or 'nothing'} instead of {', '.join(before) or 'nothing'}: it is {kind_of_port} now"
        place = pair.new_side.column_place(after[0], "partitioned") if after else _PROPERTIES
        pair.record("partitioning-changed", "partitioning", message, place)
    stayed = [pair.names[name] for name in pair.old.column_names if name in pair.names]
    order = [name for name in pair.new.column_names if name in pair.old_names]
    if stayed != order:
        moved = next(name for was, name in zip(stayed, order, strict=True) if was != name)
        message = f"columns stand in another order, from {moved} on; whoever reads by name notices nothing"
        pair.record("column-moved", moved, message, pair.new_side.column_place(moved))
