"""The entries of a contract's quality lists, as rules of rows and of batches."""

from __future__ import annotations

import re
from typing import Any

from open_data_contract_standard.model import DataQuality

from interline.contracts.model.contract import Column
from interline.contracts.model.row_tests import Holds, NotBlank, Present
from interline.contracts.model.rules import (
    BatchRule,
    Breaking,
    Duplicates,
    Limit,
    Measure,
    Query,
    RowCount,
    RowRule,
)
from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.odcs.constants import is_number
from interline.contracts.odcs.context import ReadingContext
from interline.contracts.odcs.rule_names import position_of, rule_name, snake_case
from interline.contracts.odcs.valid_values import ARGUMENTS, valid_values_test
from interline.contracts.problems import did_you_mean, one_of

OPERATORS = {
    "mustBe": "=",
    "mustNotBe": "<>",
    "mustBeGreaterThan": ">",
    "mustBeGreaterOrEqualTo": ">=",
    "mustBeLessThan": "<",
    "mustBeLessOrEqualTo": "<=",
    "mustBeBetween": "between",
    "mustNotBeBetween": "not between",
}
_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "nullValues": (),
    "missingValues": ("missingValues",),
    "invalidValues": tuple(ARGUMENTS),
    "duplicateValues": ("properties",),
    "rowCount": (),
}
METRICS = tuple(_ARGUMENTS)
_PERCENT = ("percent", "%")
_OBJECTS = ("object", "table", "model", "schema")
_PROPERTIES = ("property", "column", "field")
_PLACEHOLDER = re.compile(r"\$?\{(" + "|".join((*_OBJECTS, *_PROPERTIES)) + r")\}")
_DIMENSIONS = (
    "accuracy",
    "completeness",
    "conformity",
    "consistency",
    "coverage",
    "timeliness",
    "uniqueness",
)


def quality_rule(
    context: ReadingContext,
    place: YamlPath,
    quality: DataQuality,
    columns: tuple[Column, ...],
    column: Column | None,
) -> RowRule | BatchRule | None:
    """Return the rule that an entry states, or None if it is for people only or wrong; ``column`` is whose list it is in."""
    kind = quality.type or ("sql" if quality.query else "library")
    if quality.dimension is not None and quality.dimension not in _DIMENSIONS:
        hint = did_you_mean(quality.dimension, _DIMENSIONS) or f"expected {one_of(_DIMENSIONS)}"
        context.refuse((*place, "dimension"), f"unknown dimension {quality.dimension!r}", hint)
    if quality.severity not in (None, "error", "warning", "info"):
        context.refuse(
            (*place, "severity"), f"severity is {quality.severity!r}", "expected error, warning or info"
        )
    if quality.schedule or quality.scheduler:
        context.note_unexecuted(
            (*place, "schedule" if quality.schedule else "scheduler"),
            "the rule has a schedule of its own",
            "every rule is checked with each run of the product",
        )
    if kind == "text":
        text = " ".join((quality.description or quality.name or "it").split())
        context.note_unexecuted(
            place, f"a rule of type text is for people: {text}", "write it as library, sql or custom"
        )
        return None
    if kind == "custom":
        return _expression_rule(context, place, quality, column)
    if kind not in ("sql", "library"):
        hint = did_you_mean(kind, ("library", "sql", "custom", "text"))
        context.refuse((*place, "type"), f"unknown type of quality rule {kind!r}", hint)
        return None
    percent = quality.unit in _PERCENT
    if kind == "library" and quality.unit not in (None, "rows", *_PERCENT):
        hint = did_you_mean(quality.unit or "", ("rows", "percent")) or "expected rows or percent"
        context.refuse((*place, "unit"), f"the unit of {quality.metric} is {quality.unit!r}", hint)
    limit = _limit(context, place, quality)
    if limit is None:
        return None
    if kind == "sql":
        if not (quality.query or "").strip():
            context.refuse(
                place, "a rule of type sql has no query", "expected `query: select … from ${object}`"
            )
            return None
        measure: Measure = Query(_query_of(quality.query or "", column))
        percent = False
        name = quality.name or f"query_{position_of(place)}"
    else:
        if quality.metric not in METRICS:
            hint = did_you_mean(quality.metric or "", METRICS) or f"expected {one_of(METRICS)}"
            context.refuse((*place, "metric"), f"unknown metric {quality.metric!r}", hint)
            return None
        if percent and quality.metric == "rowCount":
            context.refuse((*place, "unit"), "rowCount has no percentage", "expected `unit: rows`")
        made = _metric(context, place, quality, columns, column)
        if made is None:
            return None
        name = quality.name or f"{column.name + '_' if column else ''}{snake_case(quality.metric)}"
        if isinstance(made, Breaking) and limit == Limit("=", 0) and quality.severity in (None, "error"):
            reason = quality.description or made.test.reason(made.column)
            return RowRule(
                rule_name(context, place, name), made.column, made.test, " ".join(reason.split()), place
            )
        measure = made
    described = " ".join((quality.description or f"{name} {limit}{' percent' if percent else ''}").split())
    return BatchRule(
        rule_name(context, place, name),
        measure,
        limit,
        described,
        percent,
        quality.severity not in ("warning", "info"),
        place,
    )


def _query_of(query: str, column: Column | None) -> str:
    """Return the query with ``${object}`` for the batch, however its author spelt that, and the column's name in place."""

    def filled(match: re.Match[str]) -> str:
        if match[1] in _OBJECTS:
            return "${object}"
        return column.name if column is not None else match[0]

    return _PLACEHOLDER.sub(filled, _statement(query))


def _statement(text: str) -> str:
    """Return SQL without what ends it; every blank within may be one of a text."""
    return text.strip().rstrip(";").rstrip()


def _expression_rule(
    context: ReadingContext, place: YamlPath, quality: DataQuality, column: Column | None
) -> RowRule | None:
    if quality.engine is None or quality.implementation is None:
        missing = "engine" if quality.engine is None else "implementation"
        context.refuse(
            place,
            f"a custom rule has no {missing}",
            "expected `engine: redshift` and `implementation:` with a boolean SQL expression",
        )
        return None
    if quality.engine != "redshift":
        context.note_unexecuted(
            place,
            f"a custom rule for the engine {quality.engine!r}; nothing runs it",
            "`engine: redshift` with a boolean SQL expression is run",
        )
        return None
    if not isinstance(quality.implementation, str):
        context.refuse(
            (*place, "implementation"), "implementation is no text", "expected a boolean SQL expression"
        )
        return None
    name = rule_name(context, place, quality.name or f"expression_{position_of(place)}")
    expression = _statement(quality.implementation)
    test = Holds(expression)
    reason = quality.description or quality.name or test.reason(column.name if column else "")
    return RowRule(name, column.name if column else None, test, " ".join(reason.split()), place)


def _limit(context: ReadingContext, place: YamlPath, quality: DataQuality) -> Limit | None:
    given = [(key, getattr(quality, key)) for key in OPERATORS if getattr(quality, key) is not None]
    if len(given) != 1:
        found = "no comparison" if not given else f"{len(given)} comparisons"
        context.refuse(place, f"the rule has {found}", f"expected exactly one of {', '.join(OPERATORS)}")
        return None
    key, value = given[0]
    values = value if isinstance(value, list) and key.endswith("Between") else [value]
    if not all(is_number(number) for number in values):
        context.refuse((*place, key), f"{key} is {value!r}", "expected a number")
        return None
    if len(values) > 1 and values[0] >= values[1]:
        context.refuse((*place, key), f"{key} is {value!r}", "the smaller number comes first")
        return None
    return Limit(OPERATORS[key], values[0], values[1] if len(values) > 1 else None)


def _metric(
    context: ReadingContext,
    place: YamlPath,
    quality: DataQuality,
    columns: tuple[Column, ...],
    column: Column | None,
) -> Measure | None:
    arguments = quality.arguments or {}
    where: YamlPath = (*place, "arguments")
    known_arguments = _ARGUMENTS[quality.metric or ""]
    for name in arguments:
        if name not in known_arguments:
            hint = did_you_mean(name, known_arguments) or (
                f"known are {', '.join(known_arguments)}" if known_arguments else "it has none"
            )
            context.refuse((*where, name), f"{quality.metric} has no argument {name!r}", hint)
            return None
    if quality.metric == "rowCount":
        return RowCount()
    if quality.metric == "duplicateValues":
        return _duplicates(context, where, arguments, columns, column)
    if column is None:
        context.refuse(
            (*place, "metric"), f"{quality.metric} is measured on a column", "write the rule under one"
        )
        return None
    if quality.metric == "nullValues":
        return Breaking(column.name, Present())
    if quality.metric == "missingValues":
        spellings = arguments.get("missingValues", [""])
        if not isinstance(spellings, list):
            context.refuse(
                where, "missingValues is no list", 'expected `arguments: {missingValues: ["", "N/A"]}`'
            )
            return None
        return Breaking(column.name, NotBlank(tuple(str(s) for s in spellings if s is not None)))
    test = valid_values_test(context, where, arguments, column)
    return None if test is None else Breaking(column.name, test)


def _duplicates(
    context: ReadingContext,
    place: YamlPath,
    arguments: dict[str, Any],
    columns: tuple[Column, ...],
    column: Column | None,
) -> Duplicates | None:
    names = arguments.get("properties", [column.name] if column else None)
    known = [c.name for c in columns]
    if not isinstance(names, list) or not names:
        context.refuse(place, "duplicateValues of a table", "expected `arguments: {properties: [a, b]}`")
        return None
    if column is not None and names != [column.name]:
        context.refuse(place, "several properties under one column", "write the rule under the table")
        return None
    for name in names:
        if name not in known:
            context.refuse(place, f"the table has no column {name!r}", did_you_mean(str(name), known))
            return None
    return Duplicates(tuple(str(name) for name in names))
