"""DAGs and their tasks as DAG files order them, read from syntax trees: a DAG file is never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from interline.contracts.model.verbs import LINK_TASK, VERBS


@dataclass(frozen=True, slots=True)
class Outline:
    """One DAG of a file."""

    dag_id: str
    line: int
    schedule: str
    """As it is written; empty if it has none, and runs when its input ports publish."""
    tasks: tuple[str, ...]


def outlines(path: Path, reads_other_domains: bool) -> list[Outline]:
    """Return the DAGs of one file; none if the file is missing or no Python.

    :param path: a DAG file
    :param reads_other_domains: whether the product reads a port of another domain, so that its first build links them
    """
    try:
        tree = ast.parse(path.read_bytes(), path.name)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    reader = _Reader(reads_other_domains)
    try:
        reader.visit(tree)
    except RecursionError:
        return []
    return reader.found


class _Reader(ast.NodeVisitor):
    """Collects calls that make DAGs and tasks, in the order of the file."""

    def __init__(self, links: bool) -> None:
        self.found: list[Outline] = []
        self._links = links
        self._groups: list[str] = []

    def visit_With(self, node: ast.With) -> None:
        groups = 0
        for item in node.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and _name(call.func) in ("data_product", "DAG"):
                self._begin(call, "dag_id")
            elif isinstance(call, ast.Call) and _name(call.func) == "TaskGroup":
                self._groups.append(_text(call, 0, "group_id") or "?")
                groups += 1
        for statement in node.body:
            self.visit(statement)
        del self._groups[len(self._groups) - groups :]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            name = _name(call.func if call else decorator)
            if name == "dag":
                self._begin(call, "dag_id", node.name, node.lineno)
            elif name == "task" or name.startswith("task."):
                self._add((_text(call, None, "task_id") if call else "") or node.name)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = _name(node.func)
        if verb := VERBS.get(name):
            if verb.links_inputs and self._links and self.found and LINK_TASK not in self.found[-1].tasks:
                self._add(LINK_TASK)
            texts = (a.value for a in node.args if isinstance(a, ast.Constant))
            for task in verb.task_ids(tuple(text for text in texts if isinstance(text, str))):
                self._add(task)
        elif task_id := _text(node, None, "task_id"):
            self._add(task_id)
        self.generic_visit(node)

    def _begin(self, call: ast.Call | None, keyword: str, name: str = "", line: int = 0) -> None:
        dag_id = (_text(call, 0, keyword) if call else "") or name
        schedule = next((k.value for k in call.keywords if k.arg == "schedule"), None) if call else None
        written = ast.unparse(schedule).strip("'\"") if schedule is not None else ""
        written = "" if written == "None" else written
        self.found.append(Outline(dag_id, line or (call.lineno if call else 0), written, ()))

    def _add(self, task: str) -> None:
        if self.found:
            last = self.found[-1]
            task_id = ".".join((*self._groups, task))
            if task_id not in last.tasks:
                self.found[-1] = Outline(last.dag_id, last.line, last.schedule, (*last.tasks, task_id))


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}" if _name(node.value) == "task" else node.attr
    return ""


def _text(call: ast.Call, position: int | None, keyword: str) -> str:
    """A constant text given to a call by position or by name, or an empty string."""
    named: Iterator[ast.expr] = (k.value for k in call.keywords if k.arg == keyword)
    value = next(named, None)
    if value is None and position is not None and len(call.args) > position:
        value = call.args[position]
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""
