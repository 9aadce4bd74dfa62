"""The demands in a contract's columns, quality lists and service levels, as rules of rows and of batches."""

from __future__ import annotations

import re
from typing import Any

from open_data_contract_standard.model import DataQuality, SchemaProperty, ServiceLevelAgreementProperty

from interline.domains.contract import Column
from interline.domains.names import is_name
from interline.domains.places import Place
from interline.domains.problems import Problem, did_you_mean, one_of
from interline.domains.rules import (
    AtLeast,
    AtMost,
    BatchRule,
    Breaking,
    Duplicates,
    ExistsIn,
    Holds,
    HoursOld,
    Limit,
    Literal,
    Longest,
    Matches,
    Measure,
    MultipleOf,
    NotBlank,
    OneOf,
    Present,
    Query,
    RowCount,
    RowRule,
    RowTest,
    Shortest,
)
from interline.domains.yaml_reading import Document

_OPERATORS = {
    "mustBe": "=",
    "mustNotBe": "<>",
    "mustBeGreaterThan": ">",
    "mustBeGreaterOrEqualTo": ">=",
    "mustBeLessThan": "<",
    "mustBeLessOrEqualTo": "<=",
    "mustBeBetween": "between",
    "mustNotBeBetween": "not between",
}
_METRICS = ("nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_OPTIONS = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "integer": (*_BOUNDS, "multipleOf", "format"),
    "number": (*_BOUNDS, "multipleOf", "format"),
    "date": (*_BOUNDS, "format"),
    "timestamp": (*_BOUNDS, "format", "timezone", "defaultTimezone"),
    "boolean": (),
}
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?")
_DIMENSIONS = (
    "accuracy",
    "completeness",
    "conformity",
    "consistency",
    "coverage",
    "timeliness",
    "uniqueness",
)


class Reading:
    """One contract being read: where it is and what is wrong with it so far."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def refuse(self, place: Place, message: str, hint: str = "") -> None:
        """Note a problem at a place of the document."""
        self.problems.append(self.document.problem(place, message, hint))

    def line(self, place: Place) -> int:
        """Return the line of a place of the document."""
        return self.document.line(place)

    def unique_names(self, row_rules: list[RowRule], batch_rules: list[BatchRule]) -> None:
        """Note rules that carry the same name: a reason in quarantine must lead to one rule."""
        first: dict[str, Place] = {}
        rules: list[RowRule | BatchRule] = [*row_rules, *batch_rules]
        for rule in rules:
            if rule.name in first:
                message = (
                    f"the rule {rule.name!r} is there twice, first on line {self.line(first[rule.name])}"
                )
                self.refuse(rule.place, message, "give each a `name:`")
            first.setdefault(rule.name, rule.place)


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
            _literal(reading, (*place, "enum", i), entry.value, column) for i, entry in enumerate(prop.enum)
        )
        rows.append(_one_of_rule(name, values, (*place, "enum")))
    for position, relationship in enumerate(prop.relationships or ()):
        where: Place = (*place, "relationships", position)
        test = _reference(reading, where, relationship.to)
        if test is not None:
            reason = f"{name} is not in {test.relation}.{test.column}"
            rows.append(RowRule(f"{name}_in_{test.relation.replace('.', '_')}", name, test, reason, where))
    for position, quality in enumerate(prop.quality or ()):
        rule = _quality_rule(reading, (*place, "quality", position), quality, (column,), column)
        _sort_in(rule, rows, batches)
    return rows, batches


def batch_rules_of(
    reading: Reading, place: Place, qualities: list[DataQuality], columns: tuple[Column, ...]
) -> tuple[list[RowRule], list[BatchRule]]:
    """Return the rules in the table's own ``quality`` list."""
    rows: list[RowRule] = []
    batches: list[BatchRule] = []
    for position, quality in enumerate(qualities):
        _sort_in(_quality_rule(reading, (*place, position), quality, columns, None), rows, batches)
    return rows, batches


def freshness_rule(
    reading: Reading,
    place: Place,
    level: ServiceLevelAgreementProperty,
    columns: tuple[Column, ...],
    address: str,
) -> BatchRule | None:
    """Return the rule that the newest value of a column is young enough at the end of the data day."""
    table, _, column_name = (level.element or "").rpartition(".")
    moments = [column.name for column in columns if column.logical_type in ("date", "timestamp")]
    if column_name not in moments or table not in ("", address.partition(".")[2]):
        reading.refuse(
            (*place, "element"),
            f"freshness is measured on {level.element!r}, which is no date or timestamp column",
            did_you_mean(column_name, moments) or f"expected {one_of(moments) or 'such a column'}",
        )
        return None
    hours_of = {"h": 1, "hr": 1, "hour": 1, "hours": 1, "d": 24, "day": 24, "days": 24}
    unit = hours_of.get(level.unit or "")
    if unit is None or isinstance(level.value, (bool, str)) or level.value is None:
        reading.refuse(
            place, f"freshness is {level.value} {level.unit}", "expected a number and the unit d or h"
        )
        return None
    described = (
        f"the newest {column_name} is at most {level.value} {level.unit} older than the data day's end"
    )
    limit = Limit("<=", level.value * unit)
    return BatchRule("freshness", HoursOld(column_name), limit, described, place=place)


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
            rules.append(RowRule(f"{name}_{_snake(option)}", name, test, reason, where))
    return rules


def _option_test(
    reading: Reading, place: Place, option: str, value: Any, column: Column
) -> tuple[RowTest, str] | None:
    name = column.name
    if option in _BOUNDS:
        bound = _literal(reading, place, value, column)
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
    if option == "pattern" and not _pattern_problem(reading, place, value):
        return Matches(value), f"{name} does not look like {value}"
    return None


def _pattern_problem(reading: Reading, place: Place, value: Any) -> bool:
    """Note what Redshift's POSIX operator ``~`` would not read as ECMA-262 does; say whether there is something."""
    if not isinstance(value, str) or not value:
        reading.refuse(place, f"pattern is {value!r}", "expected a regular expression in quotes")
        return True
    try:
        re.compile(value)
    except re.error as error:
        reading.refuse(place, f"pattern {value!r} is no regular expression: {error}")
        return True
    if re.search(r"\(\?|\\[1-9]|\\[bBpPuxk]|[*+?}][?+]", value):
        reading.refuse(
            place,
            f"pattern {value!r} uses what POSIX regular expressions lack",
            "no groups with (?…), back references, \\b or lazy quantifiers",
        )
        return True
    return False


def _one_of_rule(name: str, values: tuple[Literal, ...], place: Place) -> RowRule:
    told = ", ".join(str(value) for value in values[:8]) + (", …" if len(values) > 8 else "")
    return RowRule(f"{name}_values", name, OneOf(values), f"{name} is none of {told}", place)


def _literal(reading: Reading, place: Place, value: Any, column: Column) -> Literal:
    """Return a value that a column can be compared with; note a problem if it cannot."""
    logical = column.logical_type
    fitting = (
        (logical == "string" and isinstance(value, str))
        or (
            logical in ("integer", "number")
            and isinstance(value, (int, float))
            and not isinstance(value, bool)
        )
        or (logical == "boolean" and isinstance(value, bool))
        or (
            logical in ("date", "timestamp")
            and isinstance(value, str)
            and _MOMENT.fullmatch(value) is not None
        )
    )
    if not fitting:
        shapes = {"string": "text", "boolean": "true or false", "date": 'a date in quotes, "2013-01-31"'}
        shapes["timestamp"] = 'a timestamp in quotes, "2013-01-31 12:00:00"'
        reading.refuse(
            place,
            f"{value!r} cannot be a value of {column.name}",
            f"expected {shapes.get(logical, 'a number')}",
        )
        return ""
    return value if isinstance(value, (str, int, float, bool)) else ""


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


def _quality_rule(
    reading: Reading,
    place: Place,
    quality: DataQuality,
    columns: tuple[Column, ...],
    column: Column | None,
) -> RowRule | BatchRule | None:
    kind = quality.type or ("sql" if quality.query else "library")
    if quality.dimension is not None and quality.dimension not in _DIMENSIONS:
        hint = did_you_mean(quality.dimension, _DIMENSIONS) or f"expected {one_of(_DIMENSIONS)}"
        reading.refuse((*place, "dimension"), f"unknown dimension {quality.dimension!r}", hint)
    if quality.severity not in (None, "error", "warning", "info"):
        reading.refuse(
            (*place, "severity"), f"severity is {quality.severity!r}", "expected error, warning or info"
        )
    if kind == "text":
        return None
    if kind == "custom":
        return _expression_rule(reading, place, quality, column)
    if kind not in ("sql", "library"):
        hint = did_you_mean(kind, ("library", "sql", "custom", "text"))
        reading.refuse((*place, "type"), f"unknown type of quality rule {kind!r}", hint)
        return None
    limit = _limit(reading, place, quality)
    if limit is None:
        return None
    if kind == "sql":
        if not (quality.query or "").strip():
            reading.refuse(
                place, "a rule of type sql has no query", "expected `query: select … from ${object}`"
            )
            return None
        measure: Measure = Query(_query_of(quality.query or "", column))
        name = quality.name or f"query_{_position(place)}"
    else:
        if quality.metric not in _METRICS:
            hint = did_you_mean(quality.metric or "", _METRICS) or f"expected {one_of(_METRICS)}"
            reading.refuse((*place, "metric"), f"unknown metric {quality.metric!r}", hint)
            return None
        made = _metric(reading, place, quality, columns, column)
        if made is None:
            return None
        name = quality.name or f"{column.name + '_' if column else ''}{_snake(quality.metric)}"
        if isinstance(made, Breaking) and limit == Limit("=", 0) and quality.severity in (None, "error"):
            reason = quality.description or _breaking_reason(made)
            return RowRule(_snake(name), made.column, made.test, " ".join(reason.split()), place)
        measure = made
    percent = quality.unit in ("percent", "%")
    described = " ".join((quality.description or f"{name} {limit}{' percent' if percent else ''}").split())
    return BatchRule(
        _snake(name), measure, limit, described, percent, quality.severity not in ("warning", "info"), place
    )


def _query_of(query: str, column: Column | None) -> str:
    query = " ".join(query.split()).rstrip(";").replace("{object}", "${object}").replace("$$", "$")
    if column is not None:
        query = query.replace("${property}", "{property}").replace("{property}", column.name)
    return query


def _expression_rule(
    reading: Reading, place: Place, quality: DataQuality, column: Column | None
) -> RowRule | None:
    if quality.engine != "redshift" or not isinstance(quality.implementation, str):
        reading.refuse(
            place,
            f"a custom rule for the engine {quality.engine!r}",
            "expected `engine: redshift` and `implementation:` with a boolean SQL expression",
        )
        return None
    name = _snake(quality.name or f"expression_{_position(place)}")
    expression = " ".join(quality.implementation.split()).rstrip(";")
    reason = quality.description or quality.name or f"{expression} does not hold"
    return RowRule(name, column.name if column else None, Holds(expression), " ".join(reason.split()), place)


def _limit(reading: Reading, place: Place, quality: DataQuality) -> Limit | None:
    given = [(key, getattr(quality, key)) for key in _OPERATORS if getattr(quality, key) is not None]
    if len(given) != 1:
        found = "no comparison" if not given else f"{len(given)} comparisons"
        reading.refuse(place, f"the rule has {found}", f"expected exactly one of {', '.join(_OPERATORS)}")
        return None
    key, value = given[0]
    values = value if isinstance(value, list) else [value]
    if any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in values):
        reading.refuse((*place, key), f"{key} is {value!r}", "expected a number")
        return None
    return Limit(_OPERATORS[key], values[0], values[1] if len(values) > 1 else None)


def _metric(
    reading: Reading,
    place: Place,
    quality: DataQuality,
    columns: tuple[Column, ...],
    column: Column | None,
) -> Measure | None:
    arguments = quality.arguments or {}
    where: Place = (*place, "arguments")
    if quality.metric == "rowCount":
        return RowCount()
    if quality.metric == "duplicateValues":
        names = arguments.get("properties", [column.name] if column else None)
        known = [c.name for c in columns]
        if not isinstance(names, list) or not names:
            reading.refuse(where, "duplicateValues of a table", "expected `arguments: {properties: [a, b]}`")
            return None
        for name in names:
            if column is None and name not in known:
                reading.refuse(where, f"the table has no column {name!r}", did_you_mean(str(name), known))
                return None
        return Duplicates(tuple(str(name) for name in names))
    if column is None:
        reading.refuse(
            (*place, "metric"), f"{quality.metric} is measured on a column", "write the rule under one"
        )
        return None
    if quality.metric == "nullValues":
        return Breaking(column.name, Present())
    if quality.metric == "missingValues":
        spellings = arguments.get("missingValues", [""])
        if not isinstance(spellings, list):
            reading.refuse(
                where, "missingValues is no list", 'expected `arguments: {missingValues: ["", "N/A"]}`'
            )
            return None
        return Breaking(column.name, NotBlank(tuple(str(s) for s in spellings if s is not None)))
    if "pattern" in arguments:
        if _pattern_problem(reading, (*where, "pattern"), arguments["pattern"]):
            return None
        return Breaking(column.name, Matches(arguments["pattern"]))
    values = arguments.get("validValues")
    if not isinstance(values, list) or not values:
        reading.refuse(
            where, "invalidValues without what is valid", "expected `arguments: {validValues: [a, b]}`"
        )
        return None
    return Breaking(column.name, OneOf(tuple(_literal(reading, where, value, column) for value in values)))


def _breaking_reason(measure: Breaking) -> str:
    test = measure.test
    if isinstance(test, OneOf):
        return _one_of_rule(measure.column, test.values, ()).reason
    if isinstance(test, Matches):
        return f"{measure.column} does not look like {test.pattern}"
    return f"{measure.column} is missing"


def _position(place: Place) -> int:
    """Return which entry of its list a rule is, from 1."""
    return place[-1] + 1 if place and isinstance(place[-1], int) else 1


def _snake(text: str) -> str:
    """Return a rule's name as quarantine rows carry it: ``minLength`` becomes ``min_length``."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
