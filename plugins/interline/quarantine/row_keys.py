"""A row's own key: a digest of all its values, for rows that no key of the contract can tell apart.

A row in quarantine may have no primary key, or one that is wrong. What names it is what it holds: the same row built
again from the same input has the same key, and a row that has changed in any column has another.
"""

from __future__ import annotations

from collections.abc import Sequence

from interline.contracts.model.column_types import base_type
from interline.contracts.model.contract import Column
from interline.sql.quoting import identifier

LENGTH = 64
"""Characters of a row key: SHA-256 in hexadecimal."""
_LONGEST_PLAIN = 64
"""Longer texts are digested before they are joined: the whole has to fit into one VARCHAR."""


def text_of(name: str, physical_type: str) -> str:
    """Return a value's text in SQL; null stays null. ``name`` is SQL already.

    Redshift casts no BOOLEAN to VARCHAR ("Type compatibility and conversion"), so it is spelt out.
    """
    base = base_type(physical_type)
    if base == "varchar":
        return name
    if base == "boolean":
        return f"case when {name} then 'true' when not {name} then 'false' end"
    return f"cast({name} as varchar(64))"


def row_key(columns: Sequence[Column], alias: str) -> str:
    """Return the key of the rows of ``alias`` over these columns, in SQL; the columns' order plays no part."""
    parts = [_part(column, alias) for column in sorted(columns, key=lambda column: column.name)]
    return f"sha2({' || '.join(parts)}, 256)"


def _part(column: Column, alias: str) -> str:
    name = f"{alias}.{identifier(column.name)}"
    text = text_of(name, column.physical_type)
    if base_type(column.physical_type) == "varchar" and _length(column.physical_type) > _LONGEST_PLAIN:
        text = f"sha2({name}, 256)"
    # with its length in front no two rows can run together into the same text
    return f"case when {name} is null then '-' else cast(len({text}) as varchar(8)) || ':' || {text} end"


def _length(physical_type: str) -> int:
    return int(physical_type.partition("(")[2].rstrip(")") or 0)
