"""What a DAG file does while Airflow reads it: calls on an allow-list, and nothing else.

Airflow reads each DAG file again and again, in the DAG processor and in every task. So at module level a file only
declares: it may call the verbs, Airflow's operators and the like, and what computes without touching anything. A file, a
network, a database, a clock or the environment is for tasks.

Only the syntax tree is looked at, never the file run. That finds honest mistakes; a call can be hidden from any
reading on purpose, which is why accounts and roles keep domains apart, and not this.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path

from interline.contracts import Problem
from interline.review.checking.dag_effort import effort_problem, stopping_statements
from interline.review.checking.dag_names import Names, dotted
from interline.review.checking.pure_calls import is_allowed, is_allowed_builtin, is_allowed_method, why_not

_NOT_EVEN_NAMED = (
    "open",
    "exec",
    "eval",
    "compile",
    "__import__",
    "input",
    "breakpoint",
    "getattr",
    "vars",
    "globals",
)
_MAKING = ("__init__", "__new__", "__post_init__")
"""What is called when something is made of a class."""
_DEFERRING = ("task", "task_group", "setup", "teardown", "sensor")
"""Decorators whose functions run in a task; a task group's function runs at once, so its body is looked at."""


def call_problems(path: Path, tree: ast.Module, *, is_platform: bool = False) -> Iterator[Problem]:
    """Find calls at module level that are not on the allow-list.

    :param is_platform: whether it is the platform's file, which may call anything of the platform's own package
    """
    inspected = _Inspected(path, Names(tree), is_platform)
    inspected.statements(tree.body)
    inspected.module(tree)
    yield from sorted(set(inspected.problems))


class _Inspected:
    """One file, walked as Python would execute it."""

    def __init__(self, path: Path, names: Names, is_platform: bool) -> None:
        self.problems: list[Problem] = []
        self._path = path
        self._names = names
        self._is_platform = is_platform
        self._entered: set[str] = set()
        self._inside: set[str] = set()
        """Functions whose bodies are being walked."""

    def module(self, tree: ast.Module) -> None:
        """Find what ends the reading of the whole file, and what gives a name of Airflow or a verb another meaning."""
        for statement in stopping_statements(tree.body):
            self._problem(statement, "raises while it is read", "Airflow could not load it")
        for node in ast.walk(tree):
            name = ""
            if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
                name = node.id
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                name = node.name
            if self._names.written.get(name, "").startswith(("airflow.", "interline.")):
                self._problem(
                    node,
                    f"gives {name} another meaning than {self._names.written[name]}",
                    "take another name",
                )

    def statements(self, body: list[ast.stmt]) -> None:
        """Walk statements that are executed."""
        for statement in body:
            self._executed(statement)

    def _executed(self, node: ast.AST) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._function(node)
        elif isinstance(node, ast.Lambda):
            for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
                self._executed(default)
        elif isinstance(node, ast.If) and _is_never_when_read(node.test):
            self.statements(node.orelse)
        elif isinstance(node, ast.While):
            self._problem(
                node, "loops with while", "a DAG file ends by itself: use for over something finite"
            )
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            return
        else:
            origin = dotted(node.func, self._names) if isinstance(node, ast.Call) else None
            effort = effort_problem(node, origin)
            if effort is not None:
                self._problem(node, *effort)
            if isinstance(node, ast.Call):
                self._call(node)
            elif isinstance(node, ast.ClassDef):
                self._class(node)
            elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
                self._alias(node.value)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                self._name(node)
            elif isinstance(node, ast.Attribute) and dotted(node, self._names) in ("os.environ", "sys.argv"):
                self._problem(node, "reads its environment", "a DAG is the same wherever it is read")
            for child in ast.iter_child_nodes(node):
                self._executed(child)

    def _class(self, node: ast.ClassDef) -> None:
        """Walk what Python itself calls of a class: its special methods, and all of a metaclass's."""
        is_metaclass = any(isinstance(base, ast.Name) and base.id == "type" for base in node.bases)
        for method in node.body:
            if not isinstance(method, ast.FunctionDef) or not method.name.startswith("__"):
                continue
            if is_metaclass or method.name not in _MAKING:
                self._enter(f"{node.name}.{method.name}", method)
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call):
                self._inspect_call(decorator, decorator, ())

    def _alias(self, value: ast.expr | None) -> None:
        """Refuse another name for a function of Python that may not be called."""
        if not isinstance(value, ast.Name) or self._names.knows(value.id) or not value.id[0].islower():
            return
        if hasattr(builtins, value.id) and not is_allowed_builtin(value.id):
            self._refuse(value, value.id)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self._executed(decorator)
            if not isinstance(decorator, ast.Call):
                self._inspect_call(decorator, decorator, ())
        for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            self._executed(default)

    def _call(self, node: ast.Call) -> None:
        arguments = (*node.args, *(keyword.value for keyword in node.keywords))
        self._inspect_call(node, node.func, arguments)

    def _inspect_call(self, node: ast.AST, function: ast.expr, arguments: tuple[ast.expr, ...]) -> None:
        origin = dotted(function, self._names)
        if origin is not None:
            if not is_allowed(origin, is_platform=self._is_platform):
                self._refuse(node, origin)
            elif not origin.startswith(("airflow.", "interline.")):
                self._arguments(arguments)
            return
        if isinstance(function, ast.Name):
            self._local(node, function.id, arguments)
        elif isinstance(function, ast.Attribute):
            if not is_allowed_method(function.attr):
                self._refuse(node, f"….{function.attr}")
            self._arguments(arguments)
        elif isinstance(function, (ast.Call, ast.Subscript, ast.Lambda)):
            if isinstance(function, ast.Lambda):
                self._executed(function.body)
            elif isinstance(function, ast.Subscript):
                self._refuse(node, ast.unparse(function)[:60])

    def _local(self, node: ast.AST, name: str, arguments: tuple[ast.expr, ...]) -> None:
        """Inspect a call of a function or class of this file, of a value made here, or of Python itself."""
        functions = self._names.functions.get(name, [])
        if functions:
            for function in functions:
                self._enter(name, function)
        elif name in self._names.classes:
            for made in self._names.classes[name]:
                for method in made.body:
                    if isinstance(method, ast.FunctionDef) and method.name in _MAKING:
                        self._enter(f"{name}.{method.name}", method)
        elif name in self._names.made:
            return
        elif not is_allowed_builtin(name):
            self._refuse(node, name)
        else:
            self._arguments(arguments)

    def _enter(self, name: str, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        """Walk the body of a function that is called while the file is read."""
        if name in self._inside:
            self._problem(
                function,
                f"has {name}(), which calls itself",
                "a DAG file ends by itself: use for over something finite",
            )
            return
        if name in self._entered:
            return
        self._entered.add(name)
        self._inside.add(name)
        if isinstance(function, ast.Lambda):
            self._executed(function.body)
        elif not self._is_deferred(function):
            self.statements(function.body)
        self._inside.discard(name)

    def _is_deferred(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        for decorator in function.decorator_list:
            origin = (
                dotted(decorator.func if isinstance(decorator, ast.Call) else decorator, self._names) or ""
            )
            last = origin.rpartition(".")[2]
            if origin.startswith("airflow.") and (last in _DEFERRING or ".task." in f"{origin}."):
                return last != "task_group"
        return False

    def _arguments(self, arguments: tuple[ast.expr, ...]) -> None:
        """Look at functions that are handed to something that may call them at once."""
        for argument in arguments:
            if isinstance(argument, (ast.Name, ast.Attribute)):
                origin = dotted(argument, self._names)
                if origin is not None and not is_allowed(origin, is_platform=self._is_platform):
                    self._refuse(argument, origin)
                elif isinstance(argument, ast.Name) and argument.id in self._names.functions:
                    self._local(argument, argument.id, ())
            elif isinstance(argument, ast.Lambda):
                self._executed(argument.body)

    def _name(self, node: ast.Name) -> None:
        if node.id in _NOT_EVEN_NAMED and not self._names.knows(node.id):
            self._refuse(node, node.id)

    def _refuse(self, node: ast.AST, name: str) -> None:
        message, hint = why_not(name)
        self._problem(node, message, hint)

    def _problem(self, node: ast.AST, message: str, hint: str) -> None:
        self.problems.append(Problem(self._path, getattr(node, "lineno", 0), message, hint))


def _is_never_when_read(test: ast.expr) -> bool:
    """Say whether a condition never holds when Airflow reads the file: type checking, or running it as a script."""
    if isinstance(test, ast.Name):
        return test.id == "TYPE_CHECKING"
    if isinstance(test, ast.Attribute):
        return test.attr == "TYPE_CHECKING"
    if isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__":
        other = test.comparators[0]
        return (
            isinstance(test.ops[0], ast.Eq) and isinstance(other, ast.Constant) and other.value == "__main__"
        )
    return False
