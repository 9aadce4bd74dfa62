"""Results as Athena gives them: values as text, a CSV file in S3, pages of rows with column types."""

from __future__ import annotations

import decimal
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from local.engines import hive_types


@dataclass(frozen=True)
class OutputColumn:
    """An output column: `glue_type` in the catalog's grammar."""

    name: str
    glue_type: str


@dataclass
class QueryResult:
    """What a statement gave: `rows` as text (None for NULL); `header` when the first row of the first page names
    the columns; `updated` the number of rows that a statement wrote."""

    columns: list[OutputColumn] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    header: bool = True
    updated: int | None = None
    scanned: int = 0
    manifest: list[str] = field(default_factory=list)

    def every_row(self) -> list[list[str | None]]:
        """The rows as GetQueryResults pages them."""
        return (
            [[column.name for column in self.columns], *self.rows]
            if self.header and self.columns
            else self.rows
        )


def text_of(value: Any, glue_type: str) -> str | None:
    """A value as Athena prints it; None for NULL."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _floating(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        shown = value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03d}"
        if not glue_type.startswith("timestamptz"):
            return shown
        return f"{shown} UTC"
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return " ".join(f"{byte:02x}" for byte in bytes(value))
    if isinstance(value, list):
        return "[" + ", ".join(_inner(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_inner(item)}" for key, item in value.items()) + "}"
    return str(value)


def _inner(value: Any) -> str:
    shown = text_of(value, "")
    return "null" if shown is None else shown


def _floating(value: float) -> str:
    """A double as Java prints it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        shown = repr(value)
        if "e" in shown:
            shown = format(decimal.Decimal(shown), "f")
        return shown if "." in shown else f"{shown}.0"
    mantissa, exponent = format(decimal.Decimal(repr(value)).normalize(), "E").split("E")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def as_csv(columns: Sequence[OutputColumn], rows: Iterable[Sequence[str | None]]) -> bytes:
    """The result file: every value in quotes, NULL as nothing."""

    def line(values: Iterable[str | None]) -> str:
        return ",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in values)

    lines = [line(column.name for column in columns), *(line(row) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def as_text(rows: Iterable[Sequence[str | None]]) -> bytes:
    """The result file of DDL: a line a row, columns apart by tabs."""
    return "".join("\t".join(value or "" for value in row) + "\n" for row in rows).encode()


def metadata(columns: Sequence[OutputColumn]) -> bytes:
    """The `.metadata` file that stands beside a result. Athena's is an undocumented binary; this one is JSON."""
    return json.dumps({"columns": [column_info(column) for column in columns]}).encode()


def column_info(column: OutputColumn) -> dict[str, Any]:
    """A column in the ResultSetMetadata of GetQueryResults."""
    kind = hive_types.parse(column.glue_type)
    name = hive_types.to_athena(column.glue_type)
    precision, scale = {
        "tinyint": (3, 0), "smallint": (5, 0), "int": (10, 0), "bigint": (19, 0), "float": (17, 0), "double": (17, 0),
        "string": (2147483647, 0), "timestamp": (3, 0), "timestamptz": (3, 0), "binary": (1073741824, 0),
    }.get(kind.name, (0, 0))  # fmt: skip
    if kind.name == "decimal":
        precision, scale = kind.arguments[0], kind.arguments[1]
    if kind.name in ("varchar", "char"):
        precision = kind.arguments[0]
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": column.name,
        "Label": column.name,
        "Type": name,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind.name in ("string", "varchar", "char"),
    }


def page(result: QueryResult, start: int, size: int) -> tuple[dict[str, Any], int | None]:
    """A page of GetQueryResults and where the next begins (None after the last)."""
    rows = result.every_row()
    chosen = rows[start : start + size]
    described: dict[str, Any] = {
        "ResultSet": {
            "Rows": [
                {"Data": [{} if value is None else {"VarCharValue": value} for value in row]}
                for row in chosen
            ],
            "ResultSetMetadata": {"ColumnInfo": [column_info(column) for column in result.columns]},
        },
        "UpdateCount": result.updated or 0,
    }
    following = start + len(chosen)
    return described, following if following < len(rows) else None
