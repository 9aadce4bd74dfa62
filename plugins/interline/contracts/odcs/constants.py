"""Values in a contract that columns are compared with: constants, numbers and regular expressions."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from interline.contracts.model.column_types import MOST_DIGITS
from interline.contracts.model.contract import Column
from interline.contracts.model.row_tests import Constant
from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.odcs.context import ReadingContext
from interline.contracts.patterns import pattern_mistake

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?")


def constant_of(context: ReadingContext, place: YamlPath, value: Any, column: Column) -> Constant:
    """Return a value that a column can be compared with; note a problem if it cannot."""
    if _is_value(value, column.logical_type):
        constant: Constant = value
        return constant
    shapes = {"string": "text", "boolean": "true or false", "date": 'a date in quotes, "2013-01-31"'}
    shapes["timestamp"] = 'a timestamp in quotes, "2013-01-31 12:00:00"'
    context.refuse(
        place,
        f"{value!r} cannot be a value of {column.name}",
        f"expected {shapes.get(column.logical_type, f'a number of at most {MOST_DIGITS} digits')}",
    )
    return ""


def is_number(value: Any) -> bool:
    """Say whether a value is a number that Redshift can compare with."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return bool(abs(value) < 10**MOST_DIGITS)


def _is_value(value: Any, logical: str) -> bool:
    if logical == "string":
        return isinstance(value, str)
    if logical in ("integer", "number"):
        return is_number(value)
    if logical == "boolean":
        return isinstance(value, bool)
    if not isinstance(value, str) or _MOMENT.fullmatch(value) is None:
        return False
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return False
    return moment.year > 0 and (logical == "timestamp" or len(value) == len("2013-01-31"))


def pattern_problem(context: ReadingContext, place: YamlPath, value: Any) -> bool:
    """Note what Redshift's POSIX operator ``~`` would not read as ECMA-262 does; say whether there is something."""
    if not isinstance(value, str) or not value:
        context.refuse(place, f"pattern is {value!r}", "expected a regular expression in quotes")
        return True
    mistake = pattern_mistake(value)
    if mistake is not None:
        context.refuse(place, f"pattern {value[:100]!r} {mistake[0]}", mistake[1])
    return mistake is not None
