"""A DAG file stays in its domain: no import, connection, pool, account or bucket of another one.

Airflow can't hold this, and the cluster policy (``interline.airflow.policy``) sees connections only when a file is run. Here the
file is read as a syntax tree, so a connection or pool must be written as text, or as a name given to text in the file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from interline.contracts import PLATFORM, Domain, Problem, did_you_mean
from interline.review.checking.view import View

_BUCKET = re.compile(r"\b([a-z][a-z0-9_]*)-(landing|curated|artifacts)\b")
_ACCOUNT = re.compile(r"\b[0-9]{12}\b")


def domain_problems(view: View, path: Path, tree: ast.Module, domain: str) -> Iterator[Problem]:
    """Find what a file of a domain takes from another; the platform's files act for all of them."""
    yield from _imports(view, path, tree, domain)
    own = view.mesh.domains.get(domain)
    if own is not None and domain != PLATFORM:
        yield from _References(view, path, tree, own).problems()


def _imports(view: View, path: Path, tree: ast.Module, domain: str) -> Iterator[Problem]:
    for node in ast.walk(tree):
        for module in _imported(node, path, view.root / "dags"):
            parts = module.split(".")
            if parts[0] in ("dags", "domains") and len(parts) > 1:
                parts = parts[1:]
            if parts[0] in view.mesh.domains and parts[0] != domain:
                yield Problem(
                    path,
                    getattr(node, "lineno", 0),
                    f"imports {module} of the domain {parts[0]}",
                    "domains never import each other: read its port, or ask the platform for a verb",
                )
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(name.name == "*" for name in node.names):
            message = f"imports everything of {node.module or '.'}"
            yield Problem(path, node.lineno, message, "name what it needs, so that it can be read")


def _imported(node: ast.AST, path: Path, dags: Path) -> list[str]:
    """Return the modules that a statement imports, relative ones as seen from ``dags/``."""
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if node.level:
            folders = list(path.relative_to(dags).parts[:-1])
            base = ["dags", *folders][: len(folders) + 2 - node.level]
            module = ".".join([*base, *([module] if module else [])])
        if module in ("", "dags", "domains"):
            return [".".join(filter(None, (module, name.name))) for name in node.names]
        return [module]
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
            return [node.args[0].value]
    return []


@dataclass
class _References:
    """What one file names of other domains."""

    view: View
    path: Path
    tree: ast.Module
    own: Domain

    def problems(self) -> Iterator[Problem]:
        constants = self._constants()
        reported: set[int] = set()
        for name, value in self._named_values():
            if name == "pool":
                yield from self._pool(value, constants, reported)
            elif name.endswith("conn_id"):
                yield from self._connection(name, value, constants, reported)
        documentation = self._documentation()
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            if id(node) not in documentation and id(node) not in reported:
                yield from self._text(node, node.value)

    def _named_values(self) -> Iterator[tuple[str, ast.expr]]:
        """Return every value that has a name beside it: keyword arguments, and entries of dictionaries."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.keyword) and node.arg:
                yield node.arg, node.value
            elif isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value, value

    def _constants(self) -> dict[str, ast.Constant]:
        """Return names that the file gives, once, to a constant."""
        assigned: dict[str, list[ast.expr | None]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        assigned.setdefault(target.id, []).append(node.value)
            elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) and isinstance(
                node.target, ast.Name
            ):
                assigned.setdefault(node.target.id, []).append(node.value)
        return {
            name: values[0]
            for name, values in assigned.items()
            if len(values) == 1 and isinstance(values[0], ast.Constant)
        }

    def _pool(
        self, value: ast.expr, constants: dict[str, ast.Constant], reported: set[int]
    ) -> Iterator[Problem]:
        constant = _resolved(value, constants)
        reported.add(id(constant))
        expected = f"leave it out: tasks of {self.own.name} share its pool {self.own.pool!r}"
        if constant is None:
            yield Problem(self.path, value.lineno, "has a pool that only running it would tell", expected)
        elif constant.value != self.own.pool:
            whose = f" of the domain {constant.value!s}" if constant.value in self.view.mesh.domains else ""
            yield Problem(self.path, value.lineno, f"uses the pool {constant.value!r}{whose}", expected)

    def _connection(
        self, name: str, value: ast.expr, constants: dict[str, ast.Constant], reported: set[int]
    ) -> Iterator[Problem]:
        constant = _resolved(value, constants)
        expected = f'tasks here act as {self.own.name}: write {name}="{self.own.connection}"'
        if constant is None:
            yield Problem(self.path, value.lineno, f"has a {name} that only running it would tell", expected)
            return
        reported.add(id(constant))
        if constant.value == self.own.connection:
            return
        by_connection = {domain.connection: domain.name for domain in self.view.mesh.domains.values()}
        if constant.value in by_connection:
            message = f"uses the connection {constant.value!r} of the domain {by_connection[constant.value]}"
            yield Problem(self.path, value.lineno, message, expected)
        elif name == "aws_conn_id" or (isinstance(constant.value, str) and constant.value.startswith("aws_")):
            hint = did_you_mean(str(constant.value), [self.own.connection]) or expected
            yield Problem(self.path, value.lineno, f"uses the connection {constant.value!r}", hint)

    def _text(self, node: ast.Constant, text: str) -> Iterator[Problem]:
        domains = self.view.mesh.domains
        hint = "a domain reaches only its own account; read the port through your model"
        for other in domains.values():
            if other.name != self.own.name and text == other.connection:
                message = f"names the connection {text!r} of the domain {other.name}"
                yield Problem(self.path, node.lineno, message, f"tasks here act as {self.own.name}")
        accounts = {domain.account: domain.name for domain in domains.values()}
        for number in set(_ACCOUNT.findall(text)) & accounts.keys():
            if accounts[number] != self.own.name:
                message = f"names the account {number} of the domain {accounts[number]}"
                yield Problem(self.path, node.lineno, message, hint)
        for name, kind in set(_BUCKET.findall(text)):
            if name in domains and name != self.own.name:
                message = f"names the bucket {name}-{kind} of the domain {name}"
                yield Problem(self.path, node.lineno, message, hint)

    def _documentation(self) -> set[int]:
        """Return the texts that stand for themselves: docstrings, which may name whatever they like."""
        return {
            id(node.value)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }


def _resolved(value: ast.expr, constants: dict[str, ast.Constant]) -> ast.Constant | None:
    if isinstance(value, ast.Name):
        return constants.get(value.id)
    return value if isinstance(value, ast.Constant) else None
