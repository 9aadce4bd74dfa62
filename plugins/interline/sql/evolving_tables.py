"""Private tables that live longer than the contract's shape: columns are added, never lost, never converted.

A column whose type has changed is set aside under another name, with the values that it has, and the new one stands
beside it. That needs no cast that could fail, takes the same time whatever the table's size, and may run in a
transaction, which ALTER COLUMN TYPE may not (Amazon Redshift Database Developer Guide, "ALTER TABLE").
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from interline.contracts.model.column_types import base_type, redshift_type
from interline.sql.quoting import identifier

Columns = tuple[tuple[str, str], ...]
"""Names with their types."""


def evolved(table: str, columns: Columns, existing: Mapping[str, str] | None) -> list[str]:
    """Return the statements after which ``table`` has these columns; ``existing`` is None without a table."""
    if existing is None:
        listed = ", ".join(f"{identifier(name)} {physical_type}" for name, physical_type in columns)
        return [f"create table if not exists {table} ({listed})"]
    statements: list[str] = []
    for name, physical_type in columns:
        found = existing.get(name)
        if found is not None and _holds(found, physical_type):
            continue
        if found is not None:
            statements.append(_renamed(table, name, former_name(name, found)))
        back = former_name(name, physical_type)
        if back in existing:
            statements.append(_renamed(table, back, name))
        else:
            statements.append(f"alter table {table} add column {identifier(name)} {physical_type}")
    return statements


def former_name(name: str, physical_type: str) -> str:
    """Return what a column is called once it has another type.

    It begins with an underscore, as no column of a contract does.
    """
    return f"_{name}_as_{re.sub('[^a-z0-9]+', '_', _spelt(physical_type)).strip('_')}"


def former_names(name: str, existing: Mapping[str, str]) -> list[str]:
    """Return the columns of a table that a column was before, by name."""
    return sorted(other for other, kind in existing.items() if other == former_name(name, kind))


def _renamed(table: str, old: str, new: str) -> str:
    return f"alter table {table} rename column {identifier(old)} to {identifier(new)}"


def _spelt(physical_type: str) -> str:
    try:
        return redshift_type(physical_type)
    except ValueError:
        return physical_type


def _holds(found: str, expected: str) -> bool:
    """Say whether a column of one type takes every value of the other as it is."""
    found = _spelt(found)
    if base_type(found) == base_type(expected) == "varchar":
        return _length(found) >= _length(expected)
    return found == expected


def _length(physical_type: str) -> int:
    return int(physical_type.partition("(")[2].rstrip(")") or 0)
