"""Good rows and poison for any contract, made from its rules: for each rule values that break it, for each kind of number too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import duckdb
import sqlglot

from interline.contracts import Contract
from interline.contracts.model.column_types import base_type
from interline.contracts.model.contract import DAY_COLUMN, Column
from interline.contracts.model.row_tests import (
    AllOf,
    AtLeast,
    AtMost,
    ExistsIn,
    Holds,
    Longest,
    Matches,
    MultipleOf,
    NotBlank,
    OneOf,
    Present,
    Shortest,
)
from interline.contracts.model.rules import Breaking, Duplicates, HoursOld, RowCount, RowRule
from tests.engines.quarantine.text_samples import sample

NASTY = (
    "",
    " ",
    "!",
    "x",
    "'",
    "' or 1=1 --",
    "\\",
    "%",
    "null",
    "NULL",
    "0",
    "é",
    "名前",
    "\u200b",
    "a\nb",
    "\t",
    "🙂",
)
"""Texts that have broken somebody's rules before."""
KNOWN_PLACES = ("JFK", "LHR", "BOS")
_TRIES = 400


@dataclass
class Poison:
    """What makes one row bad: the values, and the rules of which it breaks at least these."""

    rules: frozenset[str]
    values: dict[str, Any]


def _oracle() -> duckdb.DuckDBPyConnection:
    """A DuckDB of its own, told not to plan ahead or share out what is one row."""
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("pragma disable_optimizer")
    return connection


@dataclass
class Kitchen:
    """Makes rows for a contract and a data day; the same seed makes the same rows."""

    contract: Contract
    day: str
    random: Random
    made: int = 0
    seen: dict[str, set[Any]] = field(default_factory=dict)
    queries: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    oracle: duckdb.DuckDBPyConnection = field(default_factory=_oracle)

    @property
    def known(self) -> dict[str, list[Any]]:
        """For every referring column the values that exist."""
        found: dict[str, list[Any]] = {}
        for rule in self.contract.row_rules:
            if isinstance(rule.test, ExistsIn) and rule.column is not None:
                for name in (rule.column, *(own for own, _ in rule.test.more)):
                    column = self.contract.column(name)
                    is_text = base_type(column.physical_type) == "varchar"
                    found[name] = list(KNOWN_PLACES) if is_text else [7, 8, 9]
        return found

    def good_row(self) -> dict[str, Any]:
        """Return a row that keeps every rule; no value of a key or unique column comes twice."""
        for _ in range(_TRIES):
            row = {column.name: self._good_value(column) for column in self.contract.columns}
            for rule in self.contract.row_rules:
                if isinstance(rule.test, Holds):
                    self._satisfy(rule.test.expression, row)
            key = tuple(row[name] for name in self.contract.primary_key)
            if key not in self.seen.setdefault("", set()) and self.keeps_expressions(row):
                self.seen[""].add(key)
                self.made += 1
                return row
        raise AssertionError(f"no good row for {self.contract.address} in {_TRIES} tries")

    def _satisfy(self, expression: str, row: dict[str, Any]) -> None:
        """Draw the columns of an expression anew until it holds."""
        for _ in range(_TRIES):
            if self._holds(expression, row):
                return
            for name in self._translated(expression)[1]:
                if name != DAY_COLUMN and name not in self.contract.primary_key:
                    row[name] = self._good_value(self.contract.column(name))

    def keeps_expressions(self, row: dict[str, Any]) -> bool:
        """Evaluate the contract's own expressions by DuckDB alone, on this row."""
        return all(
            self._holds(rule.test.expression, row)
            for rule in self.contract.row_rules
            if isinstance(rule.test, Holds)
        )

    def _holds(self, expression: str, row: dict[str, Any]) -> bool:
        sql, names = self._translated(expression)
        return self.oracle.execute(sql, [row[name] for name in names]).fetchone() == (True,)

    def _translated(self, expression: str) -> tuple[str, list[str]]:
        """Return an expression as a query of DuckDB's own, and the columns whose values it takes."""
        if expression not in self.queries:
            tree = sqlglot.parse_one(expression, read="redshift")
            names = sorted({column.name.lower() for column in tree.find_all(sqlglot.exp.Column)})
            typed = ", ".join(
                f"cast(? as {_plain_type(self.contract.column(name).physical_type)}) as {name}"
                for name in names
            )
            translated = sqlglot.transpile(f"select {expression}", read="redshift", write="duckdb")[0]
            self.queries[expression] = f"{translated} from (select {typed})", names
        return self.queries[expression]

    def _good_value(self, column: Column) -> Any:
        seen = self.seen.setdefault(column.name, set())
        for _ in range(_TRIES):
            value = self._candidate(column)
            if not column.unique or value not in seen:
                seen.add(value)
                return value
        raise AssertionError(f"no new value for {column.name}")

    def _candidate(self, column: Column) -> Any:
        tests = [*self._tests(column)]
        if column.name == DAY_COLUMN and self.contract.keeps_history:
            return self.day
        for test in tests:
            if isinstance(test, OneOf):
                return self.random.choice(test.values)
            if isinstance(test, ExistsIn):
                return self.random.choice(self.known[column.name])
        if column.name in self.known:
            return self.random.choice(self.known[column.name])
        base = base_type(column.physical_type)
        if base == "varchar":
            return self._good_text(tests, column)
        if base == "boolean":
            return self.random.random() < 0.5
        if base in ("date", "timestamp", "timestamptz"):
            return self._good_moment(tests, column)
        low = max((_up(t) for t in tests if isinstance(t, AtLeast)), default=1)
        high = min((_down(t) for t in tests if isinstance(t, AtMost)), default=max(low, 5) + 50)
        step = next((t.divisor for t in tests if isinstance(t, MultipleOf)), 1)
        lowest, highest = -(-low // step), high // step
        return (
            int(self.random.randint(int(lowest), int(highest)) * step)
            if float(step).is_integer()
            else lowest * step
        )

    def _good_text(self, tests: list[Any], column: Column) -> str:
        patterns = [test.pattern for test in tests if isinstance(test, Matches)]
        least = max((t.characters for t in tests if isinstance(t, Shortest)), default=1)
        most = min([t.characters for t in tests if isinstance(t, Longest)] + [_length(column)])
        for _ in range(_TRIES):
            text = (
                sample(patterns[0], self.random)
                if patterns
                else f"v{self.random.randrange(10**6)}"[:most].ljust(least, "v")
            )
            if least <= len(text) <= most and all(re.search(p, text) for p in patterns) and text.isascii():
                return text
        raise AssertionError(f"no text for {column.name}: {patterns}")

    def _good_moment(self, tests: list[Any], column: Column) -> str:
        of_freshness = any(
            isinstance(rule.measure, HoursOld) and rule.measure.column == column.name
            for rule in self.contract.batch_rules
        )
        days_before = 0 if of_freshness else self.random.choice((0, 0, 1, 30, 400, 9000))
        day = date.fromisoformat(self.day) - timedelta(days=days_before)
        return (
            day.isoformat()
            if base_type(column.physical_type) == "date"
            else f"{day} 22:{self.random.randrange(60):02}:00"
        )

    def _tests(self, column: Column) -> Iterator[Any]:
        for rule in self.contract.row_rules:
            if rule.column == column.name:
                yield from rule.test.tests if isinstance(rule.test, AllOf) else [rule.test]
        for batch_rule in self.contract.batch_rules:
            measured = batch_rule.measure
            if isinstance(measured, Breaking) and measured.column == column.name:
                yield from measured.test.tests if isinstance(measured.test, AllOf) else [measured.test]

    def poisons(self) -> list[Poison]:
        """Return every poison that the contract's row rules give."""
        found: list[Poison] = []
        for rule in self.contract.row_rules:
            made = [Poison(frozenset({rule.name}), values) for values in self._poison(rule)]
            assert made or self._cannot_break(rule), f"nothing breaks {self.contract.address}: {rule}"
            found += made
        if self.contract.keeps_history:
            wrong = (date.fromisoformat(self.day) + timedelta(days=1)).isoformat()
            found.append(Poison(frozenset({"data_day_is_the_data_day"}), {DAY_COLUMN: wrong}))
        return found

    def _cannot_break(self, rule: RowRule) -> bool:
        """Say whether no value of the column's type can break the rule: an integer is a multiple of 1."""
        return (isinstance(rule.test, MultipleOf) and rule.test.divisor == 1) or isinstance(
            rule.test, Longest
        )

    def _poison(self, rule: RowRule) -> list[dict[str, Any]]:
        if isinstance(rule.test, Holds):
            return self._against_expression(rule.test.expression)
        assert rule.column is not None
        column = self.contract.column(rule.column)
        inner = rule.test.tests if isinstance(rule.test, AllOf) else (rule.test,)
        return [{column.name: value} for test in inner for value in bad_values(test, column)]

    def _against_expression(self, expression: str) -> list[dict[str, Any]]:
        """Return values that make an expression null, and some that make it false."""
        names = self._translated(expression)[1]
        found: list[dict[str, Any]] = []
        unknown = dict.fromkeys(names)
        row = self.good_row()
        if not self._holds(expression, row | unknown):
            found.append(unknown)
        for _ in range(_TRIES):
            values = {name: self._candidate(self.contract.column(name)) for name in names}
            if self.random.random() < 0.3:
                values[self.random.choice(names)] = None
            if not self._holds(expression, row | values):
                found.append(values)
                if len(found) >= 3:
                    break
        return found


def bad_values(test: Any, column: Column) -> list[Any]:
    """Return values of the column's type that break a test of one column."""
    base = base_type(column.physical_type)
    match test:
        case Present():
            return [None]
        case NotBlank(spellings):
            return [None, *(s for s in ("", "   ", *spellings) if base == "varchar")]
        case AtLeast(bound, exclusive):
            return _beyond(bound, exclusive, base, -1)
        case AtMost(bound, exclusive):
            return _beyond(bound, exclusive, base, 1)
        case MultipleOf(divisor):
            if base in ("integer", "bigint"):
                return [divisor + 1] if divisor > 1 else []
            return [float(divisor) + 0.01] if abs((0.01 / float(divisor)) % 1) > 1e-9 else []
        case Longest(characters):
            return ["x" * (characters + 1)] if _length(column) > characters else []
        case Shortest(characters):
            return ["x" * (characters - 1)] if characters else []
        case Matches(pattern):
            ends = pattern.replace("$", r"\Z") if pattern.endswith("$") else pattern
            fits = [text for text in NASTY if len(text.encode()) <= _length(column)]
            return [text for text in fits if not re.search(ends, text)][:6]
        case OneOf(values):
            if base == "varchar":
                variants = [str(values[0]).upper(), str(values[0])[:-1], "", "zz", "'"]
                return [v for v in variants if v not in values and len(v) <= _length(column)]
            return [max(values) + 1, min(values) - 1]
        case ExistsIn():
            return ["Q", "", "jfk"] if base == "varchar" else [987_654]
    raise AssertionError(f"nobody has said how to break {test}: do it here")


def _beyond(bound: Any, exclusive: bool, base: str, direction: int) -> list[Any]:
    if base == "date":
        return [(date.fromisoformat(str(bound)) + timedelta(days=direction)).isoformat()]
    if base in ("timestamp", "timestamptz"):
        moment = datetime.fromisoformat(str(bound)) + timedelta(seconds=direction)
        return [moment.isoformat(sep=" ")]
    return [bound] * exclusive + [bound + direction, bound + direction * 1000]


def _up(test: AtLeast) -> int:
    return int(float(test.bound)) + (1 if test.exclusive or float(test.bound) % 1 else 0)


def _down(test: AtMost) -> int:
    return int(float(test.bound)) - (1 if test.exclusive else 0)


def _length(column: Column) -> int:
    return int(column.physical_type.partition("(")[2].rstrip(")") or 0)


def _plain_type(physical_type: str) -> str:
    return "varchar" if base_type(physical_type) == "varchar" else physical_type


@dataclass
class BatchPoison:
    """A batch that as a whole breaks a rule."""

    rule: str
    rows: list[dict[str, Any]]


def batch_poisons(kitchen: Kitchen, base: list[dict[str, Any]]) -> list[BatchPoison]:
    """Return batches that break the contract's batch rules, each by rows that keep every row rule."""
    found: list[BatchPoison] = []
    for rule in kitchen.contract.batch_rules:
        if not rule.fails:
            continue
        measured = rule.measure
        if isinstance(measured, Duplicates):
            for place in {0, len(base) // 2, len(base) - 1}:
                other = (place + 1) % len(base)
                copy = base[other] | {name: base[place][name] for name in measured.columns}
                if kitchen.keeps_expressions(copy):
                    found.append(BatchPoison(rule.name, [*base[:other], copy, *base[other + 1 :]]))
        elif isinstance(measured, RowCount) and rule.limit.operator == "between":
            found.append(BatchPoison(rule.name, base[: int(rule.limit.low)]))
            many = [kitchen.good_row() for _ in range(int(rule.limit.high or 0))]
            found.append(BatchPoison(rule.name, many))
        elif isinstance(measured, HoursOld):
            hours = float(rule.limit.low) + 30
            found.append(BatchPoison(rule.name, [row | _older(row, measured.column, hours) for row in base]))
    return found


def _older(row: dict[str, Any], name: str, hours: float) -> dict[str, Any]:
    moment = datetime.fromisoformat(str(row[name])) - timedelta(hours=hours)
    return {name: moment.strftime("%Y-%m-%d %H:%M:%S" if ":" in str(row[name]) else "%Y-%m-%d")}
