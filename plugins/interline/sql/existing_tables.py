"""Which of a product's private tables exist already, and with which columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from interline.sql.quoting import literal
from interline.sql.tables import Tables

ExistingTables: TypeAlias = Mapping[str, Mapping[str, str]]
"""Tables that exist, as ``Tables`` spells them (``tables.quarantine``), with their columns and these columns' types."""

_SIZED = {"character varying": "varchar", "numeric": "decimal"}


def existing_tables_query(tables: Tables) -> str:
    """Return the query whose rows ``existing_tables`` reads.

    Source: Amazon Redshift Database Developer Guide, "SVV_COLUMNS".
    """
    names = ", ".join(literal(name) for name in tables.names_of_lasting)
    return (
        "select table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale"
        f" from svv_columns where table_schema = {literal(tables.domain)} and table_name in ({names})"
    )


def existing_tables(tables: Tables, rows: Iterable[Sequence[object]]) -> ExistingTables:
    """Return which tables exist."""
    relations = tables.names_of_lasting
    found: dict[str, dict[str, str]] = {}
    for table, column, kind, length, precision, scale in rows:
        base = _SIZED.get(str(kind), str(kind))
        size = {"varchar": f"({length})", "decimal": f"({precision},{scale})"}.get(base, "")
        found.setdefault(relations[str(table)], {})[str(column)] = base + size
    return found
