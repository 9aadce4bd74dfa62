"""Schemas that crawlers infer, and how schemas of several files become one: the union of columns, the wider type."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from local.engines import hive_types
from local.engines.hive_types import GlueType

_STRING = GlueType("string")
_NUMBERS = ("int", "bigint", "float", "double")


@dataclass(frozen=True)
class Schema:
    """What a classifier found: `classification` as in the table parameter, `columns` as (name, catalog type)."""

    classification: str
    columns: tuple[tuple[str, str], ...]
    serde: str
    serde_parameters: tuple[tuple[str, str], ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    input_format: str = field(default="org.apache.hadoop.mapred.TextInputFormat")
    output_format: str = field(default="org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat")

    @property
    def names(self) -> frozenset[str]:
        """The column names."""
        return frozenset(name for name, _ in self.columns)

    def fits(self, other: Schema) -> bool:
        """Whether files of both schemas can lie in one table: the same classification and way to read."""
        return (self.classification, self.serde, self.serde_parameters, self.parameters) == (
            other.classification,
            other.serde,
            other.serde_parameters,
            other.parameters,
        )


def union(schemas: Iterable[Schema]) -> Schema:
    """One schema for files that fit each other; columns in the order in which they were first seen."""
    iterator = iter(schemas)
    first = next(iterator)
    columns = dict(first.columns)
    for schema in iterator:
        merge_columns(columns, schema.columns)
    return Schema(
        first.classification,
        tuple(columns.items()),
        first.serde,
        first.serde_parameters,
        first.parameters,
        first.input_format,
        first.output_format,
    )


def merge_columns(columns: dict[str, str], more: Iterable[tuple[str, str]]) -> None:
    """Widen `columns` by other columns, in place."""
    for name, kind in more:
        columns[name] = merge_types(columns[name], kind) if name in columns else kind


def merge_types(first: str, second: str) -> str:
    """The type that holds values of both; string where nothing narrower does."""
    if first == second:
        return first
    return hive_types.render(_merge(hive_types.parse(first), hive_types.parse(second)))


def _merge(first: GlueType, second: GlueType) -> GlueType:
    if first == second:
        return first
    if first.name == second.name == "array":
        return GlueType("array", (), (_merge(first.children[0], second.children[0]),))
    if first.name == second.name == "struct":
        members = dict(zip(first.fields, first.children, strict=True))
        for name, child in zip(second.fields, second.children, strict=True):
            members[name] = _merge(members[name], child) if name in members else child
        return GlueType("struct", (), tuple(members.values()), tuple(members))
    if first.name in _NUMBERS and second.name in _NUMBERS:
        if {first.name, second.name} <= {"int", "bigint"}:
            return GlueType("bigint")
        return GlueType("double")
    if first.name == second.name == "decimal":
        scale = max(first.arguments[1], second.arguments[1])
        whole = max(first.arguments[0] - first.arguments[1], second.arguments[0] - second.arguments[1])
        return GlueType("decimal", (min(38, whole + scale), scale))
    return _STRING


def similar(first: Schema, second: Schema, threshold: float = 0.7) -> bool:
    """Whether a crawler takes two folders for parts of one table.

    Glue documents the threshold of 70 %, not the measure: here it is the share of the smaller schema's columns
    that the larger one has, so that added columns never split a table.
    """
    if not first.fits(second):
        return False
    smaller = min(len(first.names), len(second.names))
    return smaller == 0 or len(first.names & second.names) / smaller > threshold
