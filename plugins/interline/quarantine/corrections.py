"""Corrections that a person writes: read from CSV, JSON or ``column=value``, and checked by the contract's types.

Nothing of them is trusted: every value has to be one of its column's type before it goes anywhere near Redshift.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from interline.contracts.model.column_types import base_type
from interline.contracts.model.contract import Column, Contract
from interline.contracts.problems import did_you_mean
from interline.quarantine.errors import CorrectionError
from interline.quarantine.release_sql import Correction
from interline.sql.values import value_problem

KEY = "row_key"
LARGEST_FILE = 10 * 1024 * 1024
"""Bytes."""
_KEY_SHAPE = re.compile("[0-9a-f]{64}")


class _Number(str):
    """A number of a JSON file, in its own digits."""

    __slots__ = ()


def read_corrections(path: Path, contract: Contract) -> tuple[Correction, ...]:
    """Read a file of corrections: ``.csv`` with a header line, or ``.json``.

    CSV: the column ``row_key``, and a column for each that is corrected; an empty cell leaves its value as it is.
    JSON: a list of ``{"row_key": "…", "set": {"column": value}}``; null sets a column to null.

    Raises:
        CorrectionError: the file cannot be read, or something in it is not what it should be.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".json"):
        raise CorrectionError([f"{path}: expected a .csv or a .json file"])
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise CorrectionError([f"{path}: {error.strerror}"]) from None
    if len(body) > LARGEST_FILE:
        raise CorrectionError([f"{path}: is larger than {LARGEST_FILE // 1024 // 1024} MB; split it"])
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorrectionError([f"{path}: is not UTF-8 (byte {error.start})"]) from None
    problems: list[str] = []
    cells = _cells_of_csv(path, text, problems) if suffix == ".csv" else _cells_of_json(path, text, problems)
    corrections = _checked(cells, contract, problems)
    if not problems and not corrections:
        problems.append(f"{path}: corrects nothing")
    if problems:
        raise CorrectionError(problems)
    return corrections


def read_settings(
    settings: Iterable[str], nulls: Iterable[str], contract: Contract
) -> tuple[tuple[str, str | None], ...]:
    """Read ``column=value`` texts, and names of columns to set to null.

    Raises:
        CorrectionError: a text is not so, or names no column, or the value does not fit.
    """
    problems: list[str] = []
    found: dict[str, str | None] = {}
    given: list[tuple[str, str | None]] = []
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            problems.append(f"{setting!r} is no setting: write column=value")
            continue
        given.append((name.strip(), value))
    given += [(name.strip(), None) for name in nulls]
    for name, text in given:
        column = _column(contract, name)
        if isinstance(column, str):
            problems.append(column)
        elif name in found:
            problems.append(f"{name} is set twice")
        else:
            found[name] = text
            problem = None if text is None else value_problem(text, column)
            if problem:
                problems.append(f"{name}: {_shown(text, column)} {problem}")
    if problems:
        raise CorrectionError(problems)
    return tuple(found.items())


def _cells_of_csv(path: Path, text: str, problems: list[str]) -> list[tuple[str, str, str, Any]]:
    """Return (place, row key, column, value) of every cell that is not empty."""
    cells: list[tuple[str, str, str, Any]] = []
    if "\0" in text:
        problems.append(f"{path}: holds a NUL character")
        return cells
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if KEY not in header:
            problems.append(f"{path}:1: the header line has no {KEY}")
            return cells
        if len(set(header)) < len(header):
            problems.append(f"{path}:1: the header line names a column twice")
            return cells
        for row in reader:
            place = f"{path}:{reader.line_num}"
            if not row:
                continue
            if len(row) != len(header):
                problems.append(f"{place}: has {len(row)} fields, the header line {len(header)}")
                continue
            entry = dict(zip(header, row, strict=True))
            key = entry.pop(KEY).strip()
            cells += [(place, key, name, value) for name, value in entry.items() if value != ""]
    except csv.Error as error:
        problems.append(f"{path}:{reader.line_num}: {error}")
    return cells


def _cells_of_json(path: Path, text: str, problems: list[str]) -> list[tuple[str, str, str, Any]]:
    cells: list[tuple[str, str, str, Any]] = []

    def no_constant(name: str) -> Any:
        raise ValueError(f"{name} is no JSON number")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice = next((name for name in names if names.count(name) > 1), None) if len(names) < 1000 else None
        if twice is not None or len(set(names)) < len(names):
            raise ValueError(f"{twice!r} stands twice in one object")
        return dict(pairs)

    try:
        entries = json.loads(
            text, parse_int=_Number, parse_float=_Number, parse_constant=no_constant, object_pairs_hook=once
        )
    except RecursionError:
        problems.append(f"{path}: is nested too deeply")
        return cells
    except ValueError as error:
        problems.append(f"{path}: is no JSON: {error}")
        return cells
    if not isinstance(entries, list):
        problems.append(f'{path}: expected a list of {{"{KEY}": "…", "set": {{"column": value}}}}')
        return cells
    for number, entry in enumerate(entries, start=1):
        place = f"{path}: entry {number}"
        if not isinstance(entry, dict) or set(entry) != {KEY, "set"} or not isinstance(entry["set"], dict):
            problems.append(f'{place}: expected {{"{KEY}": "…", "set": {{"column": value}}}}')
            continue
        key = entry[KEY] if isinstance(entry[KEY], str) else ""
        cells += [(place, key, name, value) for name, value in entry["set"].items()]
    return cells


def _checked(
    cells: Sequence[tuple[str, str, str, Any]], contract: Contract, problems: list[str]
) -> tuple[Correction, ...]:
    corrections: dict[tuple[str, str], Correction] = {}
    for place, key, name, value in cells:
        column = _column(contract, name)
        if not _KEY_SHAPE.fullmatch(key):
            problems.append(
                f"{place}: {key[:70]!r} is no row key: 64 characters of 0-9 and a-f, as `show` gives"
            )
        elif isinstance(column, str):
            problems.append(f"{place}: {column}")
        elif (key, name) in corrections:
            problems.append(f"{place}: {name} of row {key[:12]} is corrected twice")
        else:
            text, problem = _text(value, column)
            if problem:
                problems.append(f"{place}: {name}: {problem}")
            corrections[key, name] = Correction(key, name, text)
    return tuple(corrections.values())


def _text(value: Any, column: Column) -> tuple[str | None, str | None]:
    """Return a value as the text that stands for it, and what is wrong with it."""
    if value is None:
        return None, None
    if isinstance(value, bool):
        value = "true" if value else "false"
        if base_type(column.physical_type) != "boolean":
            return value, f"{value} is no {column.physical_type}"
    if isinstance(value, (list, dict)):
        return "", f"a {'list' if isinstance(value, list) else 'object'} is no {column.physical_type}"
    if isinstance(value, _Number) and base_type(column.physical_type) == "varchar":
        return str(value), f"{value} is a number, the column is {column.physical_type}: put it in quotes"
    text = str(value)
    problem = value_problem(text, column)
    return text, f"{_shown(text, column)} {problem}" if problem else None


def _shown(value: str | None, column: Column) -> str:
    """Return a value for a message; never one about a person."""
    return "the value" if column.personal else repr((value or "")[:60])


def _column(contract: Contract, name: str) -> Column | str:
    try:
        return contract.column(name)
    except KeyError:
        hint = did_you_mean(name, contract.column_names) or "see `show` for their names"
        return f"{contract.address} has no column {name[:60]!r} ({hint})"
