"""Result sets as GetStatementResult shows them: column metadata, typed fields, pages."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from local.engines.redshift.dialect.typed import Output
from local.engines.redshift.protocol.values import text_of
from local.engines.redshift.types import Type

# Bytes of field content in one page.
PAGE_BYTES = 1_000_000

Field = dict[str, Any]

_NULL: Field = {"isNull": True}
_PRECISION = {
    "bool": 1,
    "int2": 5,
    "int4": 10,
    "int8": 19,
    "oid": 10,
    "float4": 8,
    "float8": 17,
    "date": 13,
    "time": 15,
    "timetz": 21,
    "timestamp": 29,
    "timestamptz": 35,
    "name": 64,
}
_SCALE = {"float4": 8, "float8": 17, "time": 6, "timetz": 6, "timestamp": 6, "timestamptz": 6}
_TYPE_NAMES = {"char": "bpchar", "unknown": "varchar", "struct": "super", "array": "super"}


def metadata(column: Output) -> dict[str, Any]:
    """ColumnMetadata of one column."""
    kind = column.type
    return {
        "isCaseSensitive": kind.is_text or kind.name == "name",
        "isCurrency": False,
        "isSigned": kind.is_number,
        "label": column.name,
        "length": 0,
        "name": column.name,
        "nullable": 1,
        "precision": kind.precision or kind.length or _PRECISION.get(kind.name, 0),
        "scale": kind.scale or _SCALE.get(kind.name, 0),
        "schemaName": "",
        "tableName": "",
        "typeName": _TYPE_NAMES.get(kind.name, kind.name),
    }


def page(
    columns: Sequence[Output], rows: Sequence[tuple[Any, ...]], start: int
) -> tuple[list[list[Field]], int]:
    """The records of a page that begins at a row, and the row after its last."""
    fields = [_field_of(column.type) for column in columns]
    records: list[list[Field]] = []
    content = 0
    position = start
    while position < len(rows) and (content < PAGE_BYTES or not records):
        record = [
            _NULL if value is None else field(value)
            for field, value in zip(fields, rows[position], strict=True)
        ]
        records.append(record)
        content += sum(len(each.get("stringValue", "12345678")) for each in record)
        position += 1
    return records, position


def size_of(columns: Sequence[Output], rows: Sequence[tuple[Any, ...]]) -> int:
    """Bytes of a result: of each value's text."""
    total = 0
    for index, column in enumerate(columns):
        kind = column.type
        if kind.is_text:
            total += sum(len(row[index].encode()) for row in rows if row[index] is not None)
        else:
            total += sum(len(text_of(kind, row[index])) for row in rows if row[index] is not None)
    return total


def _field_of(kind: Type) -> Callable[[Any], Field]:
    if kind.is_integer or kind.name == "oid":
        return lambda value: {"longValue": int(value)}
    if kind.name in ("float4", "float8"):
        return lambda value: {"doubleValue": value if math.isfinite(value) else _not_finite(value)}
    if kind.name == "bool":
        return lambda value: {"booleanValue": bool(value)}
    return lambda value: {"stringValue": text_of(kind, value)}


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
