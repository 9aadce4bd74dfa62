"""Which of a product's private tables exist already, and with which columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from interline.sql.quoting import literal
from interline.sql.tables import Tables

_SIZED = {"character varying": "varchar", "numeric": "decimal"}


def existing_query(tables: Tables) -> str:
    """Return the query whose rows ``existing_columns`` reads.

    Source: Amazon Redshift Database Developer Guide, "SVV_COLUMNS".
    """
    names = ", ".join(literal(name) for name in tables.private_names)
    return (
        "select table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale"
        f" from svv_columns where table_schema = {literal(tables.domain)} and table_name in ({names})"
    )


def existing_columns(rows: Iterable[Sequence[object]]) -> Mapping[str, Mapping[str, str]]:
    """Return, by the table's name without its schema, its columns with their types."""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind, length, precision, scale in rows:
        base = _SIZED.get(str(kind), str(kind))
        size = {"varchar": f"({length})", "decimal": f"({precision},{scale})"}.get(base, "")
        found.setdefault(str(table), {})[str(column)] = base + size
    return found
