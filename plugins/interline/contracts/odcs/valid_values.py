"""The arguments of the metric ``invalidValues``: each says which values are valid, and becomes a row test.

Source: ODCS v3.2.0, "Data quality", metrics of the library. The standard leaves the arguments open; datacontract-cli
knows ``validValues`` and ``pattern``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from interline.contracts.model.contract import Column
from interline.contracts.model.location import Place
from interline.contracts.model.row_tests import AllOf, Matches, OneOf, RowTest
from interline.contracts.odcs.context import Reading, literal_of, pattern_problem

_EXPECTED = "expected `arguments: {validValues: [a, b]}`"


def valid_values_test(
    reading: Reading, place: Place, arguments: dict[str, Any], column: Column
) -> RowTest | None:
    """Return the test that the arguments of ``invalidValues`` state together; None if they are wrong, which is noted."""
    tests: list[RowTest] = []
    for name, read in ARGUMENTS.items():
        if name not in arguments:
            continue
        test = read(reading, (*place, name), arguments[name], column)
        if test is None:
            return None
        tests.append(test)
    if not tests:
        reading.refuse(place, "invalidValues without what is valid", _EXPECTED)
        return None
    return tests[0] if len(tests) == 1 else AllOf(tuple(tests))


def _pattern(reading: Reading, place: Place, value: Any, column: Column) -> RowTest | None:
    if pattern_problem(reading, place, value):
        return None
    if column.logical_type != "string":
        reading.refuse(place, f"{column.name} is no text", "expected validValues")
        return None
    return Matches(value)


def _valid_values(reading: Reading, place: Place, values: Any, column: Column) -> RowTest | None:
    if not isinstance(values, list) or not values:
        reading.refuse(place, "invalidValues without what is valid", _EXPECTED)
        return None
    return OneOf(
        tuple(
            literal_of(reading, (*place, number), value, column)
            for number, value in enumerate(values)
            if value is not None
        )
    )


Argument: TypeAlias = Callable[[Reading, Place, Any, Column], "RowTest | None"]
"""Reads the value of an argument; notes what is wrong with it and returns None then."""

ARGUMENTS: dict[str, Argument] = {
    "pattern": _pattern,
    "validValues": _valid_values,
}
"""What ``invalidValues`` may be told; a value has to pass the tests of all that are given."""
