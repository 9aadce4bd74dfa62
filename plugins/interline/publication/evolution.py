"""A port's table brought to its contract: what may change in place, and what needs a new major version.

In place goes what no reader notices: a column more, which is null in the rows that are there, and a type that only gets wider.
Everything else would change rows or queries of consumers.

Sources: Apache Iceberg table specification, "Schema evolution" (which types may be promoted); Amazon Redshift Database
Developer Guide, "Altering table definitions" of Iceberg tables (one column an ALTER TABLE, metadata only, not in a
transaction; renaming is not supported for tables that Lake Formation registers).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from interline.contracts import Contract, did_you_mean
from interline.contracts.model.column_types import base_type

_ICEBERG = {
    "varchar": "string",
    "integer": "int",
    "bigint": "long",
    "real": "float",
    "double precision": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
}
_REDSHIFT = {iceberg: redshift for redshift, iceberg in _ICEBERG.items()}
_DECIMAL = re.compile(r"decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)")
_WIDER = {("int", "long"), ("float", "double")}


@dataclass(frozen=True, slots=True)
class Added:
    """A column that the table does not have yet."""

    name: str
    physical_type: str

    def __str__(self) -> str:
        return f"add the column {self.name} {self.physical_type}; it is null in the rows that are there"


@dataclass(frozen=True, slots=True)
class Widened:
    """A column whose type takes more values than before."""

    name: str
    before: str
    physical_type: str

    def __str__(self) -> str:
        return f"widen the column {self.name} from {self.before} to {self.physical_type}"


@dataclass(frozen=True, slots=True)
class Refused:
    """A change that no consumer could be spared; ``hint`` says what to do instead."""

    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.what} ({self.hint})"


@dataclass(frozen=True, slots=True)
class Evolution:
    """What has to be done to a port's table before the contract's batch fits into it."""

    changes: tuple[Added | Widened, ...]
    refused: tuple[Refused, ...]


def evolution(contract: Contract, metadata: Mapping[str, Any], contract_id: str) -> Evolution:
    """Return how the table in a metadata document becomes the contract's."""
    fields = _fields(metadata)
    changes: list[Added | Widened] = []
    refused: list[Refused] = []
    major = (
        f"it breaks consumers: `./interline new version {contract_id}` makes the next major version beside it"
    )
    for column in contract.columns:
        expected = iceberg_type(column.physical_type)
        if column.name not in fields:
            removed = [name for name in fields if name not in contract.column_names]
            hint = did_you_mean(column.name, removed)
            if hint:
                refused.append(
                    Refused(f"{column.name} is new and {hint.split(chr(39))[1]} is gone: renamed?", major)
                )
            elif column.primary_key:
                refused.append(Refused(f"{column.name} is new in the primary key", major))
            else:
                changes.append(Added(column.name, column.physical_type))
            continue
        found = fields[column.name]
        if found == expected:
            continue
        if _widens(found, expected):
            changes.append(Widened(column.name, _redshift_type(found), column.physical_type))
        else:
            refused.append(
                Refused(
                    f"{column.name} is {_redshift_type(found)}, the contract says {column.physical_type}",
                    major,
                )
            )
    refused += [
        Refused(f"{name} is not in the contract any more", major)
        for name in fields
        if name not in contract.column_names
    ]
    partitions = _partitions(metadata)
    if partitions != contract.partition_columns:
        listed = ", ".join(partitions) or "nothing"
        refused.append(
            Refused(
                f"the files lie by {listed}, the contract says {', '.join(contract.partition_columns) or 'nothing'}",
                major,
            )
        )
    return Evolution(tuple(changes), tuple(refused))


def iceberg_type(physical_type: str) -> str:
    """Return the Iceberg type of a Redshift type in the spelling of ``types.redshift_type``."""
    decimal = _DECIMAL.fullmatch(physical_type)
    if decimal is not None:
        return f"decimal({decimal[1]}, {decimal[2]})"
    return _ICEBERG[base_type(physical_type)]


def _redshift_type(iceberg: str) -> str:
    decimal = _DECIMAL.fullmatch(iceberg)
    return f"decimal({decimal[1]},{decimal[2]})" if decimal else _REDSHIFT.get(iceberg, iceberg)


def _widens(found: str, expected: str) -> bool:
    if (found, expected) in _WIDER:
        return True
    old, new = _DECIMAL.fullmatch(found), _DECIMAL.fullmatch(expected)
    return old is not None and new is not None and old[2] == new[2] and int(new[1]) > int(old[1])


def _fields(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Return the columns of the current schema with their Iceberg types; a nested type counts as its kind."""
    current = metadata.get("current-schema-id", 0)
    schemas = metadata.get("schemas") or [metadata["schema"]]
    schema = next(schema for schema in schemas if schema.get("schema-id", 0) == current)
    return {
        field["name"].lower(): _spelled(
            field["type"] if isinstance(field["type"], str) else field["type"]["type"]
        )
        for field in schema["fields"]
    }


def _spelled(iceberg: str) -> str:
    decimal = _DECIMAL.fullmatch(iceberg)
    return f"decimal({decimal[1]}, {decimal[2]})" if decimal else iceberg


def _partitions(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    current = metadata.get("default-spec-id", 0)
    spec = next((spec for spec in metadata.get("partition-specs") or () if spec["spec-id"] == current), None)
    schema_names = {
        field["id"]: field["name"].lower()
        for schema in metadata.get("schemas") or [metadata["schema"]]
        for field in schema["fields"]
    }
    return tuple(schema_names[field["source-id"]] for field in (spec or {}).get("fields", ()))
