"""The ``logicalTypeOptions`` of a contract's columns: lengths, patterns, formats, bounds.

Sources: ODCS v3.2.0, "Logical type options"; formats of text as JSON Schema names them: RFC 5321 and the HTML standard
for e-mail addresses, RFC 9562 for UUIDs, RFC 3986 for URIs, RFC 1123 for host names, RFC 4291 for IPv6, RFC 4648 for
Base64.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from interline.contracts.model.column_types import largest_whole_number
from interline.contracts.model.contract import Column
from interline.contracts.model.row_tests import (
    MOST_DECIMALS,
    AtLeast,
    AtMost,
    Constant,
    Longest,
    Matches,
    MultipleOf,
    RowTest,
    Shortest,
)
from interline.contracts.model.rules import RowRule
from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.odcs.constants import constant_of, is_number, pattern_problem
from interline.contracts.odcs.context import ReadingContext
from interline.contracts.odcs.rule_names import snake_case
from interline.contracts.problems import did_you_mean, one_of

_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
OPTIONS = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "integer": (*_BOUNDS, "multipleOf", "format"),
    "number": (*_BOUNDS, "multipleOf", "format"),
    "date": (*_BOUNDS, "format"),
    "timestamp": (*_BOUNDS, "format", "timezone", "defaultTimezone"),
    "boolean": (),
}
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = f"({_OCTET}[.]){{3}}{_OCTET}"
_GROUP = "[0-9A-Fa-f]{1,4}"
_IPV6 = "|".join(
    (
        f"({_GROUP}:){{7}}{_GROUP}",
        f"({_GROUP}:){{1,7}}:",
        *(f"({_GROUP}:){{1,{7 - groups}}}(:{_GROUP}){{1,{groups}}}" for groups in range(1, 7)),
        f":((:{_GROUP}){{1,7}}|:)",
        f"::([Ff][Ff][Ff][Ff]:)?{_IPV4}",
    )
)
TEXT_FORMATS = {
    "email": f"^[A-Za-z0-9.!#$%&'*+/=?^_{{|}}~-]+@({_LABEL}[.])+{_LABEL}$",
    "uuid": "^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$",
    "uri": '^[A-Za-z][A-Za-z0-9+.-]*:[^ <>"{}|^]+$',
    "hostname": f"^({_LABEL}[.])*{_LABEL}$",
    "ipv4": f"^{_IPV4}$",
    "ipv6": f"^({_IPV6})$",
    "byte": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
}
"""The formats of text that are tested, each as a regular expression that Redshift and ECMA-262 read alike."""
_INTEGER_FORMATS = tuple(f"{sign}{bits}" for sign in "iu" for bits in (8, 16, 32, 64, 128))
_NUMBER_FORMATS = {"f32": ("real",), "f64": ("double precision", "real")}
_UTC = ("UTC", "Etc/UTC", "Z", "GMT")


def option_rules(
    context: ReadingContext, place: YamlPath, options: dict[str, Any], column: Column
) -> list[RowRule]:
    """Return the rules that the options of a column's logical type state."""
    rules: list[RowRule] = []
    known = OPTIONS.get(column.logical_type, ())
    for option, value in options.items():
        where: YamlPath = (*place, option)
        if option not in known:
            hint = did_you_mean(option, known) or (
                f"known are {', '.join(known)}" if known else "it has none"
            )
            context.refuse(where, f"{column.logical_type} has no option {option!r}", hint)
        elif option == "format":
            rules += _format_rules(context, where, value, column)
        elif option in ("timezone", "defaultTimezone"):
            _read_timezone(context, where, option, value, column)
        else:
            test = _option_test(context, where, option, value, column)
            if test is not None:
                name = f"{column.name}_{snake_case(option)}"
                rules.append(RowRule(name, column.name, test, test.reason(column.name), where))
    _contradictions(context, place, options, column)
    return rules


def _option_test(
    context: ReadingContext, place: YamlPath, option: str, value: Any, column: Column
) -> RowTest | None:
    if option in _BOUNDS:
        bound = constant_of(context, place, value, column)
        exclusive = option.startswith("exclusive")
        lowest = option.endswith(("minimum", "Minimum"))
        return AtLeast(bound, exclusive) if lowest else AtMost(bound, exclusive)
    if option in ("minLength", "maxLength"):
        if not isinstance(value, int) or not is_number(value) or value < 0:
            context.refuse(place, f"{option} is {value!r}", "expected a whole number, 0 or more")
            return None
        return Shortest(value) if option == "minLength" else Longest(value)
    if option == "multipleOf":
        if not is_number(value) or value <= 0:
            context.refuse(place, f"multipleOf is {value!r}", "expected a number above 0")
            return None
        if -int(Decimal(str(value)).as_tuple().exponent) > MOST_DECIMALS:
            context.refuse(
                place, f"multipleOf is {value!r}", f"expected a number with at most {MOST_DECIMALS} decimals"
            )
            return None
        return MultipleOf(value)
    return None if pattern_problem(context, place, value) else Matches(value)


def _contradictions(
    context: ReadingContext, place: YamlPath, options: dict[str, Any], column: Column
) -> None:
    """Note pairs of bounds that no value can keep."""
    for low, high in (
        ("minimum", "maximum"),
        ("exclusiveMinimum", "exclusiveMaximum"),
        ("minLength", "maxLength"),
    ):
        smallest: Any = options.get(low)
        largest: Any = options.get(high)
        if not _comparable(smallest, largest):
            continue
        if smallest > largest or (low == "exclusiveMinimum" and smallest == largest):
            context.refuse(
                (*place, high),
                f"no value of {column.name} keeps both {low}, {smallest}, and {high}, {largest}",
                "exchange them",
            )


def _comparable(first: Any, second: Any) -> bool:
    pair = (first, second)
    numbers = all(isinstance(bound, (int, float)) and not isinstance(bound, bool) for bound in pair)
    return numbers or all(isinstance(bound, str) for bound in pair)


def _format_rules(context: ReadingContext, place: YamlPath, value: Any, column: Column) -> list[RowRule]:
    name, logical = column.name, column.logical_type
    if not isinstance(value, str) or not value:
        context.refuse(place, f"format is {value!r}", "expected a word")
        return []
    if logical == "string":
        pattern = TEXT_FORMATS.get(value)
        if pattern is not None:
            article = "an" if value in ("email", "ipv4", "ipv6") else "a"
            described = "Base64" if value == "byte" else f"{article} {value}"
            return [RowRule(f"{name}_format", name, Matches(pattern), f"{name} is not {described}", place)]
        hint = (
            did_you_mean(value, TEXT_FORMATS) or f"tested are {', '.join(TEXT_FORMATS)}; or write a pattern"
        )
        context.note_unexecuted(place, f"nothing tests whether {name} has the format {value!r}", hint)
        return []
    if logical == "integer":
        if value not in _INTEGER_FORMATS:
            hint = did_you_mean(value, _INTEGER_FORMATS) or f"expected {one_of(_INTEGER_FORMATS)}"
            context.refuse(place, f"{value!r} is no format of an integer", hint)
            return []
        return _integer_rules(value, column, place)
    if logical == "number":
        if value not in _NUMBER_FORMATS:
            hint = did_you_mean(value, _NUMBER_FORMATS) or f"expected {one_of(tuple(_NUMBER_FORMATS))}"
            context.refuse(place, f"{value!r} is no format of a number", hint)
        elif column.physical_type not in _NUMBER_FORMATS[value]:
            context.note_unexecuted(
                place, f"nothing tests whether {name}, a {column.physical_type}, fits into {value}"
            )
        return []
    context.note_unexecuted(place, f"{name} is a {logical}, not a text: its format is up to whoever shows it")
    return []


def _integer_rules(value: str, column: Column, place: YamlPath) -> list[RowRule]:
    """Return the bounds of an integer format, as far as the column's own type does not keep them already."""
    signed, bits = value[0] == "i", int(value[1:])
    low: Constant = -(2 ** (bits - 1)) if signed else 0
    high: Constant = 2 ** (bits - 1 if signed else bits) - 1
    largest = largest_whole_number(column.physical_type)
    name = column.name
    rules: list[RowRule] = []
    if int(low) > -largest - 1:
        reason = f"{name} is below {low}, the smallest {value}"
        rules.append(RowRule(f"{name}_format_minimum", name, AtLeast(low), reason, place))
    if int(high) < largest:
        reason = f"{name} is above {high}, the largest {value}"
        rules.append(RowRule(f"{name}_format_maximum", name, AtMost(high), reason, place))
    return rules


def _read_timezone(context: ReadingContext, place: YamlPath, option: str, value: Any, column: Column) -> None:
    if option == "defaultTimezone":
        if value not in _UTC:
            context.note_unexecuted(
                place, f"nothing shifts {column.name} from {value}", "timestamps are stored in UTC"
            )
        return
    if not isinstance(value, bool):
        context.refuse(place, f"timezone is {value!r}", "expected true or false")
        return
    expected = "timestamptz" if value else "timestamp"
    if column.physical_type != expected:
        context.refuse(
            place,
            f"timezone is {str(value).lower()}, but {column.name} is a {column.physical_type}",
            f"expected `physicalType: {expected}`",
        )
