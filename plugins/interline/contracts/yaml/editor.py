"""A person's YAML file with something added or changed, every other character as it was.

Files are edited as text, at the places where a parser found things: comments, blank lines, quotes and indentation stay,
and a reviewer sees the added lines alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

Path = Sequence[str | int]


class CannotEdit(ValueError):
    """The file is written in a way that can only be edited by hand; the message says what to do."""


class YamlText:
    """The text of a strict YAML file (see ``domains.yaml_reading``), edited step by step."""

    def __init__(self, text: str) -> None:
        self.text = text if text.endswith("\n") else text + "\n"

    def append(self, path: Path, item: Any, *, before: str | None = None) -> None:
        """Add an item at the end of the list at ``path``; a list that is missing is made.

        Args:
            path: keys and positions from the top of the file to the list.
            item: plain values.
            before: the key at the top of the file before which a missing list is put; at its end when None or missing.

        Raises:
            CannotEdit: the list is written in brackets.
        """
        found = self._node(path)
        if found is None:
            self._put(path, [item], before)
        elif isinstance(found, yaml.SequenceNode) and found.value and not found.flow_style:
            dash = self._dash_column(found)
            self._insert(self._last_line(found) + 1, _rendered([item], dash))
        elif isinstance(found, yaml.SequenceNode) and found.value:
            raise CannotEdit(
                f"line {found.start_mark.line + 1}: the list is written in brackets: write it as lines that begin"
                " with `- `, then run this again"
            )
        else:
            self._fill(path, found, [item])

    def replace(self, path: Path, value: str) -> None:
        """Give the scalar at ``path`` another value; whether it stands in quotes stays."""
        found = self._node(path)
        if not isinstance(found, yaml.ScalarNode) or found.style in ("|", ">"):
            raise CannotEdit(f"there is no plain value at {'.'.join(map(str, path))}")
        quoted = f"{found.style}{value}{found.style}" if found.style else _scalar(value)
        self.text = self.text[: found.start_mark.index] + quoted + self.text[found.end_mark.index :]

    def _node(self, path: Path) -> yaml.Node | None:
        node: yaml.Node | None = yaml.compose(self.text, Loader=yaml.SafeLoader)
        for part in path:
            if isinstance(node, yaml.MappingNode):
                node = next((value for key, value in node.value if key.value == part), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
            else:
                return None
        return node

    def _put(self, path: Path, value: Any, before: str | None) -> None:
        """Add a key, the last part of ``path``, to the mapping that the rest of it leads to."""
        parent = self._node(path[:-1])
        if not isinstance(parent, yaml.MappingNode) or parent.flow_style:
            raise CannotEdit(
                f"line {1 if parent is None else parent.start_mark.line + 1}: expected `key: value` lines"
            )
        column = parent.start_mark.column
        line = self._last_line(parent) + 1
        for key, _ in parent.value:
            if key.value == before:
                line = self._above_comments(key.start_mark.line)
        self._insert(line, _rendered({path[-1]: value}, column))

    def _fill(self, path: Path, found: yaml.Node, value: Any) -> None:
        """Put a value where there is none, `key:` or `key: []`."""
        parent = self._node(path[:-1])
        line = found.start_mark.line if isinstance(found, yaml.SequenceNode) else _key_line(parent, path[-1])
        lines = self.text.splitlines(keepends=True)
        indent = len(lines[line]) - len(lines[line].lstrip(" "))
        beside = lines[line][found.end_mark.column :] if found.end_mark.line == line else ""
        comment = beside.rstrip() if beside.lstrip().startswith("#") else ""
        lines[line] = f"{' ' * indent}{path[-1]}:{comment}\n"
        self.text = "".join(lines)
        self._insert(line + 1, _rendered(value, indent + 2))

    def _dash_column(self, sequence: yaml.SequenceNode) -> int:
        first = sequence.value[0].start_mark
        return self.text.splitlines()[first.line].rindex("-", 0, first.column)

    def _above_comments(self, line: int) -> int:
        """Return the line above the comments that stand right above a key: they belong to it."""
        lines = self.text.splitlines()
        while line > 0 and lines[line - 1].lstrip().startswith("#"):
            line -= 1
        return line

    def _last_line(self, node: yaml.Node) -> int:
        """Return the last line on which a node has content (from 0); what follows it are comments and blank lines."""
        if isinstance(node, yaml.MappingNode) and node.value and not node.flow_style:
            key, value = node.value[-1]
            return max(self._last_line(value), key.end_mark.line)
        if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
            return self._last_line(node.value[-1])
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            lines, last = self.text.splitlines(), node.end_mark.line - 1
            while last > node.start_mark.line and not lines[last].strip():
                last -= 1
            return last
        return node.end_mark.line

    def _insert(self, line: int, text: str) -> None:
        lines = self.text.splitlines(keepends=True)
        self.text = "".join([*lines[:line], text, *lines[line:]])


def _key_line(parent: yaml.Node | None, name: str | int) -> int:
    pairs = parent.value if isinstance(parent, yaml.MappingNode) else []
    return next(key.start_mark.line for key, _ in pairs if key.value == name)


class _Indented(yaml.SafeDumper):
    """Writes lists below their key, indented, as the mesh's files have them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _rendered(value: Any, column: int) -> str:
    # a list is indented below its key only, so it gets one for the moment
    written = yaml.dump(
        {"": value} if isinstance(value, list) else value,
        Dumper=_Indented,
        default_flow_style=False,
        sort_keys=False,
        allow_unicode=True,
        width=4096,
    )
    if isinstance(value, list):
        written = "".join(line[2:] for line in written.splitlines(keepends=True)[1:])
    return "".join(" " * column + line for line in written.splitlines(keepends=True))


def _scalar(value: str) -> str:
    return yaml.safe_dump(value, width=4096, allow_unicode=True).removesuffix("...\n").strip()
