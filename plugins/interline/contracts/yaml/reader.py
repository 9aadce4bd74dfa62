"""Strict YAML: what every reader would read alike, with the line of everything.

YAML 1.1 and YAML 1.2 disagree about ``NO``, ``12:30``, ``010`` and dates, and PyYAML keeps the last of
two equal keys without a word. Contracts are promises between teams, so whatever could be read in two ways
is refused with the line and what to write instead. Anchors, aliases, merge keys and tags are refused too:
a contract says what it says where it says it, and a file of ten lines cannot unfold into ten gigabytes.

Read: YAML 1.1 (yaml.org/type: bool, int, float, merge, timestamp) and YAML 1.2.2 chapter 10.3, core schema.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.problems import MeshError, Problem
from interline.contracts.yaml.scalars import Doubtful, plain_value
from interline.contracts.yaml.text import read_text

DEEPEST_NESTING = 40

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Document:
    """A YAML file as plain values, and the line on which each of them begins."""

    def __init__(self, path: Path, value: dict[str, Any], lines: Mapping[YamlPath, int]) -> None:
        self.path = path
        self.value = value
        self._lines = lines

    def line(self, place: YamlPath) -> int:
        """Return the line (from 1) of a value, or of the nearest value around it that is written out."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def at(self, place: YamlPath) -> Any:
        """Return the value at a place, None where nothing is written."""
        found: Any = self.value
        for step in place:
            if isinstance(found, dict) and isinstance(step, str):
                found = found.get(step)
            elif isinstance(found, list) and isinstance(step, int) and step < len(found):
                found = found[step]
            else:
                return None
        return found

    def problem(self, place: YamlPath, message: str, hint: str = "") -> Problem:
        """Return a problem at the line of ``place``."""
        return Problem(self.path, self.line(place), message, hint)


def read(path: Path) -> Document:
    """Read one YAML file whose top is a mapping.

    Raises:
        MeshError: the file is missing, unreadable or not strict YAML; the error lists every problem found.
    """
    return parse(read_text(path), path)


def parse(text: str, path: Path) -> Document:
    """Read YAML text; ``path`` is only named in problems.

    Raises:
        MeshError: the text is not strict YAML.
    """
    reader = _Reader(path)
    try:
        reader.read(text)
    except yaml.YAMLError as error:
        reader.problems.append(_syntax_problem(error, path, text))
    except _Hopeless:
        pass
    if reader.problems:
        raise MeshError(reader.problems)
    if reader.top is None:
        raise MeshError([Problem(path, 0, "is empty")])
    if not isinstance(reader.top, dict):
        raise MeshError([Problem(path, 1, "expected `key: value` lines at the top of the file")])
    return Document(path, reader.top, reader.lines)


def _syntax_problem(error: yaml.YAMLError, path: Path, text: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark is not None else 0
    lines = text.splitlines()
    if mark is not None and mark.line < len(lines) and re.match(r" *\t", lines[mark.line]):
        return Problem(path, line, "is indented with a tab", "YAML is indented with spaces")
    message = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).split("\n")[0]
    context = getattr(error, "context", None)
    return Problem(path, line, f"is no YAML: {message}" + (f", {context}" if context else ""))


class _Hopeless(Exception):
    """The problem just recorded makes the rest of the file meaningless."""


class _Reader:
    """Builds values from parser events, without recursion, so that no nesting can exhaust the stack."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.lines: dict[YamlPath, int] = {}
        self.top: Any = None
        self._open: list[_Mapping | _Sequence] = []
        self._documents = 0

    def read(self, text: str) -> None:
        event: Any
        for event in yaml.parse(text, Loader=_PARSER):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._scalar(event)
            elif kind is yaml.MappingStartEvent:
                self._begin(_Mapping, event)
            elif kind is yaml.SequenceStartEvent:
                self._begin(_Sequence, event)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._open.pop()
            elif kind is yaml.AliasEvent:
                self._refuse(
                    event, f"uses the alias *{event.anchor}", "write the value out where it is meant"
                )
                self._add("", event)
            elif kind is yaml.DocumentStartEvent:
                self._documents += 1
                if self._documents > 1:
                    self._refuse(
                        event, "begins a second document", "one file holds one document: remove `---`"
                    )
                    raise _Hopeless
                if event.version or event.tags:
                    self._refuse(event, "begins with a % directive", "remove it")

    def _refuse(self, event: Any, message: str, hint: str) -> None:
        self.problems.append(Problem(self.path, event.start_mark.line + 1, message, hint))

    def _begin(self, kind: type[_Mapping] | type[_Sequence], event: Any) -> None:
        if len(self._open) >= DEEPEST_NESTING:
            self._refuse(
                event, f"is nested more than {DEEPEST_NESTING} deep", "is this file what it should be?"
            )
            raise _Hopeless
        self._refuse_decoration(event)
        if self._open and isinstance(self._open[-1], _Mapping) and self._open[-1].key is None:
            self._refuse(event, "uses a list or a mapping as a key", "a key is a word")
            raise _Hopeless
        container = kind(())
        self._add(container.values, event)
        container.place = self._placed
        self._open.append(container)

    def _refuse_decoration(self, event: Any) -> None:
        if event.anchor:
            self._refuse(
                event, f"defines the anchor &{event.anchor}", "write the value out where it is meant"
            )
        if event.tag is not None:
            self._refuse(event, f"carries the tag {event.tag}", "remove it; quote the value to mean text")

    def _scalar(self, event: Any) -> None:
        self._refuse_decoration(event)
        around = self._open[-1] if self._open else None
        if isinstance(around, _Mapping) and around.key is None:
            self._key(around, event)
        else:
            self._add(self._value(event), event)

    def _key(self, mapping: _Mapping, event: Any) -> None:
        key: str = event.value
        line: int = event.start_mark.line + 1
        place = (*mapping.place, key)
        if key == "<<" and not event.style:
            self._refuse(event, "merges another mapping (<<)", "write the keys out where they are meant")
        elif not event.style and not isinstance(self._value(event), str):
            self._refuse(event, f"the key {key or 'nothing'} is not text", f'write it in quotes: "{key}"')
        elif key in mapping.values:
            first = self.lines[place]
            self._refuse(event, f"the key {key!r} is there twice, first on line {first}", "keep one of them")
        mapping.key = key
        self.lines.setdefault(place, line)

    def _add(self, value: Any, event: Any) -> None:
        line: int = event.start_mark.line + 1
        if not self._open:
            self.top = value
            self._placed: YamlPath = ()
            self.lines[()] = line
            return
        around = self._open[-1]
        if isinstance(around, _Mapping):
            key = around.key
            if key is None:
                self._refuse(event, "uses an alias as a key", "a key is a word")
                raise _Hopeless
            around.values[key] = value
            around.key = None
            self._placed = (*around.place, key)
        else:
            self._placed = (*around.place, len(around.values))
            around.values.append(value)
            self.lines[self._placed] = line

    def _value(self, event: Any) -> Any:
        text: str = event.value
        if "\0" in text:
            self._refuse(event, "holds a NUL character", "no table and no tool can store it")
        if event.style:
            return text
        try:
            return plain_value(text)
        except Doubtful as doubt:
            self._refuse(event, f"{text} {doubt}", f'write "{text}" in quotes if it is text')
            return text


class _Mapping:
    __slots__ = ("key", "place", "values")

    def __init__(self, place: YamlPath) -> None:
        self.place = place
        self.values: dict[str, Any] = {}
        self.key: str | None = None


class _Sequence:
    __slots__ = ("place", "values")

    def __init__(self, place: YamlPath) -> None:
        self.place = place
        self.values: list[Any] = []
