"""The demands in a contract's columns, quality lists and service levels, as rules of rows and of batches."""

from __future__ import annotations

from typing import Any

from open_data_contract_standard.model import DataQuality, SchemaProperty

from interline.domains.contract import Column
from interline.domains.names import is_name
from interline.domains.odcs_quality import quality_rule
from interline.domains.odcs_reading import Reading, literal_of, one_of_rule, pattern_problem, snake
from interline.domains.places import Place
from interline.domains.problems import did_you_mean
from interline.domains.rules import (
    AtLeast,
    AtMost,
    BatchRule,
    Duplicates,
    ExistsIn,
    Limit,
    Longest,
    Matches,
    MultipleOf,
    Present,
    RowRule,
    RowTest,
    Shortest,
)

_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_OPTIONS = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "integer": (*_BOUNDS, "multipleOf", "format"),
    "number": (*_BOUNDS, "multipleOf", "format"),
    "date": (*_BOUNDS, "format"),
    "timestamp": (*_BOUNDS, "format", "timezone", "defaultTimezone"),
    "boolean": (),
}


def property_rules(
    reading: Reading, place: Place, prop: SchemaProperty, column: Column, allow_enum: bool
) -> tuple[list[RowRule], list[BatchRule]]:
    """Return the rules that a column's own keys state."""
    rows: list[RowRule] = []
    batches: list[BatchRule] = []
    name = column.name
    if column.required:
        rows.append(RowRule(f"{name}_required", name, Present(), f"{name} is missing", place))
    if column.unique:
        described = f"{name} is unique"
        batches.append(
            BatchRule(f"{name}_unique", Duplicates((name,)), Limit("=", 0), described, place=place)
        )
    rows += _option_rules(reading, (*place, "logicalTypeOptions"), prop.logicalTypeOptions or {}, column)
    if prop.enum:
        if not allow_enum:
            reading.refuse(
                (*place, "enum"), "enum came with v3.2.0 of the standard", "write `apiVersion: v3.2.0`"
            )
        values = tuple(
            literal_of(reading, (*place, "enum", i), entry.value, column) for i, entry in enumerate(prop.enum)
        )
        rows.append(one_of_rule(name, values, (*place, "enum")))
    for position, relationship in enumerate(prop.relationships or ()):
        where: Place = (*place, "relationships", position)
        test = _reference(reading, where, relationship.to)
        if test is not None:
            reason = f"{name} is not in {test.relation}.{test.column}"
            rows.append(RowRule(f"{name}_in_{test.relation.replace('.', '_')}", name, test, reason, where))
    for position, quality in enumerate(prop.quality or ()):
        rule = quality_rule(reading, (*place, "quality", position), quality, (column,), column)
        _sort_in(rule, rows, batches)
    return rows, batches


def batch_rules_of(
    reading: Reading, place: Place, qualities: list[DataQuality], columns: tuple[Column, ...]
) -> tuple[list[RowRule], list[BatchRule]]:
    """Return the rules in the table's own ``quality`` list."""
    rows: list[RowRule] = []
    batches: list[BatchRule] = []
    for position, quality in enumerate(qualities):
        _sort_in(quality_rule(reading, (*place, position), quality, columns, None), rows, batches)
    return rows, batches


def _sort_in(rule: RowRule | BatchRule | None, rows: list[RowRule], batches: list[BatchRule]) -> None:
    if isinstance(rule, RowRule):
        rows.append(rule)
    elif rule is not None:
        batches.append(rule)


def _option_rules(reading: Reading, place: Place, options: dict[str, Any], column: Column) -> list[RowRule]:
    rules: list[RowRule] = []
    name = column.name
    known = _OPTIONS.get(column.logical_type, ())
    for option, value in options.items():
        where: Place = (*place, option)
        if option not in known:
            hint = did_you_mean(option, known) or (
                f"known are {', '.join(known)}" if known else "it has none"
            )
            reading.refuse(where, f"{column.logical_type} has no option {option!r}", hint)
            continue
        made = _option_test(reading, where, option, value, column)
        if made is not None:
            test, reason = made
            rules.append(RowRule(f"{name}_{snake(option)}", name, test, reason, where))
    return rules


def _option_test(
    reading: Reading, place: Place, option: str, value: Any, column: Column
) -> tuple[RowTest, str] | None:
    name = column.name
    if option in _BOUNDS:
        bound = literal_of(reading, place, value, column)
        exclusive = option.startswith("exclusive")
        if option.endswith(("minimum", "Minimum")):
            words = "not above" if exclusive else "below"
            return AtLeast(bound, exclusive), f"{name} is {words} {bound}"
        words = "not below" if exclusive else "above"
        return AtMost(bound, exclusive), f"{name} is {words} {bound}"
    if option in ("minLength", "maxLength"):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            reading.refuse(place, f"{option} is {value!r}", "expected a whole number, 0 or more")
            return None
        if option == "minLength":
            return Shortest(value), f"{name} has fewer than {value} characters"
        return Longest(value), f"{name} has more than {value} characters"
    if option == "multipleOf":
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
            reading.refuse(place, f"multipleOf is {value!r}", "expected a number above 0")
            return None
        return MultipleOf(value), f"{name} is no multiple of {value}"
    if option == "pattern" and not pattern_problem(reading, place, value):
        return Matches(value), f"{name} does not look like {value}"
    return None


def _reference(reading: Reading, place: Place, target: str | list[str] | None) -> ExistsIn | None:
    parts = target.split(".") if isinstance(target, str) else []
    if len(parts) in (2, 3) and all(is_name(part) for part in parts):
        return ExistsIn(".".join(parts[:-1]), parts[-1], is_source=len(parts) == 2)
    reading.refuse(
        (*place, "to"),
        f"the relationship leads to {target!r}",
        "expected <domain>.<product>.<column> of an input port, or <source>.<column> of a source",
    )
    return None
