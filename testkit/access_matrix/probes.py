"""Probe rows of a port: every row recognisable in every column, and some on each side of every row condition."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import duckdb
import sqlglot
from sqlglot import exp

from interline.contracts import Contract
from interline.contracts.model.column_types import base_type
from interline.contracts.model.contract import Column

ROWS = 6
_TYPES = {"varchar": "VARCHAR", "real": "REAL", "double precision": "DOUBLE"}


class Filled(NamedTuple):
    """A port as it was filled: the contract of that time and the rows."""

    contract: Contract
    rows: list[dict[str, Any]]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the table has."""
        return self.contract.column_names


def probe_rows(contract: Contract) -> list[dict[str, Any]]:
    """The rows that are put into a port, by column; the values that its roles' conditions name are among them."""
    named = _named_values(contract)
    return [
        {column.name: _value(column, row, named.get(column.name, [])) for column in contract.columns}
        for row in range(ROWS)
    ]


def _named_values(contract: Contract) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for role in contract.roles:
        if role.rows is None:
            continue
        for comparison in sqlglot.parse_one(role.rows, read="duckdb").find_all(
            exp.EQ, exp.NEQ, exp.In, exp.Between, exp.GTE, exp.LT, exp.Like
        ):
            column = comparison.this
            values = [literal.name for literal in comparison.find_all(exp.Literal)]
            found.setdefault(column.name, []).extend(values)
    return {name: list(dict.fromkeys(values)) for name, values in found.items()}


def _value(column: Column, row: int, named: list[str]) -> Any:
    """The value of a column in a row, different in every row; where a condition looks, the last row has none."""
    kind = base_type(column.physical_type)
    if named:
        if row == ROWS - 1:
            return None
        if row < len(named):
            return _typed(kind, named[row])
        if kind in ("integer", "bigint", "decimal"):
            # on both sides of every number that a condition names
            return row + 101 if row % 2 else -row - 1
    plain: dict[str, Any] = {
        "varchar": str(row),
        "integer": row + 1,
        "bigint": row + 1,
        "decimal": Decimal(row + 1),
        "real": row + 0.5,
        "double precision": row + 0.5,
        "boolean": row % 2 == 0,
        "date": f"2013-01-0{row + 1}",
        "timestamp": f"2013-01-0{row + 1} 08:00:00",
        "timestamptz": f"2013-01-0{row + 1} 08:00:00+00",
    }
    return plain[kind]


def _typed(kind: str, text: str) -> Any:
    if kind in ("integer", "bigint"):
        return int(text)
    return Decimal(text) if kind in ("decimal", "real", "double precision") else text.replace("%", "x")


def insert_values(filled: Filled) -> str:
    """The rows of an INSERT … VALUES in Redshift's SQL."""
    return ", ".join(
        "(" + ", ".join(_literal(column, row[column.name]) for column in filled.contract.columns) + ")"
        for row in filled.rows
    )


def _literal(column: Column, value: Any) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else f"'{value}'"
    return f"cast({text} as {column.physical_type})"


def matching(filled: Filled, condition: str | None) -> set[int]:
    """Which rows meet a role's condition, as plain DuckDB computes it: no part of the local AWS is asked."""
    if condition is None:
        return set(range(len(filled.rows)))
    with duckdb.connect() as connection:
        columns = ", ".join(
            f'"{column.name}" {_TYPES.get(base_type(column.physical_type), column.physical_type)}'
            for column in filled.contract.columns
        )
        connection.execute(f"CREATE TABLE probes (probe_row INTEGER, {columns})")
        marks = ", ".join("?" for _ in range(len(filled.columns) + 1))
        for number, row in enumerate(filled.rows):
            values = [row[name] for name in filled.columns]
            connection.execute(f"INSERT INTO probes VALUES ({marks})", [number, *values])
        found = connection.execute(f"SELECT probe_row FROM probes WHERE {condition}").fetchall()
    return {row for (row,) in found}
