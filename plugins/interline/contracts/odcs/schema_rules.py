"""The demands in a contract's columns, relationships and quality lists, as rules of rows and of batches."""

from __future__ import annotations

from open_data_contract_standard.model import EnumValue, SchemaObject, SchemaProperty

from interline.contracts.model.contract import Column
from interline.contracts.model.row_tests import Constant, OneOf, Present
from interline.contracts.model.rules import BatchRule, Duplicates, Limit, RowRule
from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.odcs.constants import constant_of
from interline.contracts.odcs.context import ReadingContext
from interline.contracts.odcs.quality import quality_rule
from interline.contracts.odcs.relationships import property_relationship, table_relationship
from interline.contracts.odcs.type_options import option_rules


def property_rules(
    context: ReadingContext, place: YamlPath, prop: SchemaProperty, column: Column, table: str
) -> tuple[list[RowRule], list[BatchRule]]:
    """Return the rules that a column's own keys state."""
    rows: list[RowRule] = []
    batches: list[BatchRule] = []
    name = column.name
    if column.required:
        rows.append(RowRule(f"{name}_required", name, Present(), Present().reason(name), place))
    if column.unique:
        described = f"{name} is unique"
        batches.append(
            BatchRule(f"{name}_unique", Duplicates((name,)), Limit("=", 0), described, place=place)
        )
    rows += option_rules(context, (*place, "logicalTypeOptions"), prop.logicalTypeOptions or {}, column)
    if prop.enum is not None:
        values = _enum_values(context, (*place, "enum"), prop.enum, column)
        if values:
            test = OneOf(values)
            rows.append(RowRule(f"{name}_values", name, test, test.reason(name), (*place, "enum")))
    for position, relationship in enumerate(prop.relationships or ()):
        where: YamlPath = (*place, "relationships", position)
        _sort_in(property_relationship(context, where, relationship, column, table), rows, batches)
    for position, quality in enumerate(prop.quality or ()):
        rule = quality_rule(context, (*place, "quality", position), quality, (column,), column)
        _sort_in(rule, rows, batches)
    return rows, batches


def table_rules(
    context: ReadingContext, place: YamlPath, table: SchemaObject, columns: tuple[Column, ...]
) -> tuple[list[RowRule], list[BatchRule]]:
    """Return the rules that the table's own keys state."""
    rows: list[RowRule] = []
    batches: list[BatchRule] = []
    for position, relationship in enumerate(table.relationships or ()):
        where: YamlPath = (*place, "relationships", position)
        rule = table_relationship(context, where, relationship, columns, table.name or "")
        _sort_in(rule, rows, batches)
    for position, quality in enumerate(table.quality or ()):
        _sort_in(quality_rule(context, (*place, "quality", position), quality, columns, None), rows, batches)
    return rows, batches


def _enum_values(
    context: ReadingContext, place: YamlPath, entries: list[EnumValue], column: Column
) -> tuple[Constant, ...]:
    """Return the values of an enumeration; a null among them says only that the column may be empty."""
    if not entries:
        context.refuse(place, f"the enum of {column.name} is empty", "expected `- value: …`")
    values: list[Constant] = []
    for position, entry in enumerate(entries):
        where: YamlPath = (*place, position)
        if entry.value is None:
            if column.required:
                context.refuse(where, f"{column.name} is required; its enum cannot hold null", "take it out")
            continue
        value = constant_of(context, (*where, "value"), entry.value, column)
        if any(value == other and isinstance(value, bool) == isinstance(other, bool) for other in values):
            context.refuse((*where, "value"), f"the enum of {column.name} has {value!r} twice")
        values.append(value)
    return tuple(values)


def _sort_in(rule: RowRule | BatchRule | None, rows: list[RowRule], batches: list[BatchRule]) -> None:
    if isinstance(rule, RowRule):
        rows.append(rule)
    elif rule is not None:
        batches.append(rule)
