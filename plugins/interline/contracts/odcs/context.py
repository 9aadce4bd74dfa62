"""One contract being read: its problems so far, and the smallest things that every rule is read with."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from interline.contracts.model.column_types import MOST_DIGITS
from interline.contracts.model.contract import Column, Unexecuted
from interline.contracts.model.location import Place
from interline.contracts.model.row_tests import Constant
from interline.contracts.model.rules import BatchRule, RowRule
from interline.contracts.problems import Problem
from interline.contracts.yaml.reader import Document

LONGEST_RULE_NAME = 120
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?")


class Reading:
    """One contract being read: where it is and what is wrong with it so far."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.not_executed: list[Unexecuted] = []

    def refuse(self, place: Place, message: str, hint: str = "") -> None:
        """Note a problem at a place of the document."""
        self.problems.append(self.document.problem(place, message, hint))

    def unexecuted(self, place: Place, message: str, hint: str = "") -> None:
        """Note something that the contract says and nothing acts on."""
        self.not_executed.append(Unexecuted(place, message, hint))

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
                self.refuse(rule.place, message, "give each a `name:`, a relationship an `id:`")
            first.setdefault(rule.name, rule.place)


def pattern_problem(reading: Reading, place: Place, value: Any) -> bool:
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


def literal_of(reading: Reading, place: Place, value: Any, column: Column) -> Constant:
    """Return a value that a column can be compared with; note a problem if it cannot."""
    if _is_value(value, column.logical_type):
        literal: Constant = value
        return literal
    shapes = {"string": "text", "boolean": "true or false", "date": 'a date in quotes, "2013-01-31"'}
    shapes["timestamp"] = 'a timestamp in quotes, "2013-01-31 12:00:00"'
    reading.refuse(
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


def rule_name(reading: Reading, place: Place, text: str) -> str:
    """Return the name that quarantine rows carry for what a person called a rule; note a name that leaves nothing."""
    name = snake(text)
    if not name or len(name) > LONGEST_RULE_NAME:
        why = "has no letter and no digit" if not name else f"is longer than {LONGEST_RULE_NAME} characters"
        reading.refuse(
            (*place, "name"), f"the name of the rule {text[:40]!r} {why}", "for example `name: route_exists`"
        )
    return name


def position_of(place: Place) -> int:
    """Return which entry of its list a rule is, from 1."""
    return place[-1] + 1 if place and isinstance(place[-1], int) else 1


def snake(text: str) -> str:
    """Return a rule's name as quarantine rows carry it: ``minLength`` becomes ``min_length``."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
