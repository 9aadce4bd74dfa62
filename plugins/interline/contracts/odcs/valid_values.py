"""The arguments of the metric ``invalidValues``: each says which values are valid, and becomes a row test.

Source: ODCS v3.2.0, "Data quality", metrics of the library. The standard leaves the arguments open; datacontract-cli
knows ``validValues`` and ``pattern``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from interline.contracts.model.contract import Column
from interline.contracts.model.row_tests import AllOf, Matches, OneOf, RowTest
from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.odcs.constants import constant_of, pattern_problem
from interline.contracts.odcs.context import ReadingContext

_EXPECTED = "expected `arguments: {validValues: [a, b]}`"


def valid_values_test(
    context: ReadingContext, place: YamlPath, arguments: dict[str, Any], column: Column
) -> RowTest | None:
    """Return the test that the arguments of ``invalidValues`` state together; None if they are wrong, which is noted."""
    tests: list[RowTest] = []
    for name, read in ARGUMENTS.items():
        if name not in arguments:
            continue
        test = read(context, (*place, name), arguments[name], column)
        if test is None:
            return None
        tests.append(test)
    if not tests:
        context.refuse(place, "invalidValues without what is valid", _EXPECTED)
        return None
    return tests[0] if len(tests) == 1 else AllOf(tuple(tests))


def _pattern(context: ReadingContext, place: YamlPath, value: Any, column: Column) -> RowTest | None:
    if pattern_problem(context, place, value):
        return None
    if column.logical_type != "string":
        context.refuse(place, f"{column.name} is no text", "expected validValues")
        return None
    return Matches(value)


def _valid_values(context: ReadingContext, place: YamlPath, values: Any, column: Column) -> RowTest | None:
    if not isinstance(values, list) or not values:
        context.refuse(place, "invalidValues without what is valid", _EXPECTED)
        return None
    given = [(number, value) for number, value in enumerate(values) if value is not None]
    if not given:
        context.refuse(place, "invalidValues knows no valid value but null", _EXPECTED)
        return None
    return OneOf(tuple(constant_of(context, (*place, number), value, column) for number, value in given))


Argument: TypeAlias = Callable[[ReadingContext, YamlPath, Any, Column], "RowTest | None"]
"""Reads the value of an argument; notes what is wrong with it and returns None then."""

ARGUMENTS: dict[str, Argument] = {
    "pattern": _pattern,
    "validValues": _valid_values,
}
"""The arguments that ``invalidValues`` takes; a value has to pass the tests of all that are given."""
