"""A person's YAML file with something added or changed, every other character as it was.

Files are edited as text, at the places where a parser found things: comments, blank lines, quotes and indentation stay,
and a reviewer sees the added lines alone. ruamel.yaml, which keeps comments too, writes the whole file anew and with that
changes lines that nobody edited: lists that are not indented below their key, texts over several lines, blanks within
brackets, line ends.
"""

from __future__ import annotations

from typing import Any

import yaml

from interline.contracts.model.yaml_path import YamlPath


class DoubleQuoted(str):
    """A text that is written between double quotes, as people write dates and versions in these files."""

    __slots__ = ()


class CannotEdit(ValueError):
    """The file is written in a way that can only be edited by hand; the message says what to do."""


class YamlText:
    """The text of a strict YAML file (see ``yaml.reader``), edited step by step."""

    def __init__(self, text: str) -> None:
        self.text = text if text.endswith("\n") else text + "\n"

    def append(self, path: YamlPath, item: Any, *, before: str | None = None) -> None:
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

    def set(self, path: YamlPath, value: str) -> None:
        """Give the key at ``path`` a value; a key that is missing is put at the end of its mapping.

        Raises:
            CannotEdit: there is something other than a plain value, or no mapping to put the key into.
        """
        if self._node(path) is None:
            self._put(path, value, None)
        else:
            self.replace(path, value)

    def remove(self, path: YamlPath) -> None:
        """Take an item out of a list, with the comments right above it; ``path`` ends with its position.

        Raises:
            CannotEdit: there is no such item, or the list is written in brackets.
        """
        listed, item = self._node(path[:-1]), self._node(path)
        if item is None or not isinstance(listed, yaml.SequenceNode):
            raise CannotEdit(f"there is nothing at {'.'.join(map(str, path))}")
        if listed.flow_style:
            raise CannotEdit(
                f"line {listed.start_mark.line + 1}: the list is written in brackets: take the item out by hand"
            )
        if len(listed.value) == 1:
            key = _key(self._node(path[:-2]), path[-2])
            colon = key.end_mark.index + 1
            self.text = f"{self.text[:colon]} []{self.text[colon:]}"
        first, last = self._above_comments(item.start_mark.line), self._last_line(item)
        lines = self.text.splitlines(keepends=True)
        self.text = "".join([*lines[:first], *lines[last + 1 :]])

    def replace(self, path: YamlPath, value: str) -> None:
        """Give the scalar at ``path`` another value; whether it stands in quotes stays."""
        found = self._node(path)
        if not isinstance(found, yaml.ScalarNode) or found.style in ("|", ">"):
            raise CannotEdit(f"there is no plain value at {'.'.join(map(str, path))}")
        quoted = f"{found.style}{value}{found.style}" if found.style else _scalar(value)
        self.text = self.text[: found.start_mark.index] + quoted + self.text[found.end_mark.index :]

    def _node(self, path: YamlPath) -> yaml.Node | None:
        node: yaml.Node | None = yaml.compose(self.text, Loader=yaml.SafeLoader)
        for part in path:
            if isinstance(node, yaml.MappingNode):
                node = next((value for key, value in node.value if key.value == part), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
            else:
                return None
        return node

    def _put(self, path: YamlPath, value: Any, before: str | None) -> None:
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

    def _fill(self, path: YamlPath, found: yaml.Node, value: Any) -> None:
        """Put a value where there is none, `key:` or `key: []`."""
        parent = self._node(path[:-1])
        line = (
            found.start_mark.line
            if isinstance(found, yaml.SequenceNode)
            else _key(parent, path[-1]).start_mark.line
        )
        lines = self.text.splitlines(keepends=True)
        indent = len(lines[line]) - len(lines[line].lstrip(" "))
        beside = lines[line][found.end_mark.column :] if found.end_mark.line == line else ""
        comment = beside.rstrip() if beside.lstrip().startswith("#") else ""
        lines[line] = f"{' ' * indent}{path[-1]}:{comment}\n"
        self.text = "".join(lines)
        self._insert(line + 1, _rendered(value, indent + 2))

    def _dash_column(self, sequence: yaml.SequenceNode) -> int:
        first = sequence.value[0].start_mark
        column: int = self.text.splitlines()[first.line].rindex("-", 0, first.column)
        return column

    def _above_comments(self, line: int) -> int:
        """Return the line above the comments that stand right above a key: they belong to it."""
        lines = self.text.splitlines()
        while line > 0 and lines[line - 1].lstrip().startswith("#"):
            line -= 1
        return line

    def _last_line(self, node: yaml.Node) -> int:
        """Return the last line on which a node has content (from 0); what follows it are comments and blank lines."""
        last: int = node.end_mark.line
        if isinstance(node, yaml.MappingNode) and node.value and not node.flow_style:
            key, value = node.value[-1]
            return max(self._last_line(value), int(key.end_mark.line))
        if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
            return self._last_line(node.value[-1])
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            lines, last = self.text.splitlines(), last - 1
            while last > node.start_mark.line and not lines[last].strip():
                last -= 1
        return last

    def _insert(self, line: int, text: str) -> None:
        lines = self.text.splitlines(keepends=True)
        self.text = "".join([*lines[:line], text, *lines[line:]])


def _key(parent: yaml.Node | None, name: str | int) -> yaml.Node:
    """Return the node of a key that is there."""
    pairs: list[tuple[yaml.Node, yaml.Node]] = parent.value if isinstance(parent, yaml.MappingNode) else []
    return next(key for key, _ in pairs if key.value == name)


class _Indented(yaml.SafeDumper):
    """Writes lists below their key, indented, as the mesh's files have them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


_Indented.add_representer(
    DoubleQuoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')
)


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
