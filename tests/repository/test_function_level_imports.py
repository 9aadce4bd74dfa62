"""Imports inside functions put off what is slow or not always there; they never hide a circle."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"interline": ROOT / "plugins" / "interline", "local": ROOT / "local", "cli": ROOT / "cli"}

# What costs so much to import (milliseconds, warm, on one quiet core) that a command or a DAG file waits for it only
# when it needs it. What each brings with it is slow no more once it is there.
SLOW = {
    "airflow": 2200,
    "airflow.models": 680,  # beyond airflow itself
    "boto3": 250,
    "botocore": 190,
    "duckdb": 170,
    "httpx": 130,
    "jsonschema": 170,
    "moto": 430,
    "numpy": 120,
    "open_data_contract_standard": 130,
    "openlineage": 100,
    "pandas": 420,
    "pyarrow": 210,
    "pyiceberg": 540,
    "redshift_connector": 300,
    "sklearn": 1900,
    "sqlalchemy": 150,
    "sqlglot": 160,
}
BRINGS = {
    "airflow": {"httpx", "jsonschema", "sqlalchemy"},
    "airflow.models": {"airflow.models"},
    "boto3": {"botocore"},
    "moto": {"boto3", "botocore"},
    "pandas": {"numpy"},
    "pyiceberg.io.pyarrow": {"pyarrow"},
    # 150 ms and more beyond airflow itself
    "airflow.providers.amazon.aws.hooks.sagemaker": {"airflow.providers.amazon.aws.hooks.sagemaker"},
    "sklearn": {"numpy"},
}


@dataclass(frozen=True)
class Import:
    """One module that a statement imports; a reason is a comment on the statement's line."""

    module: str
    line: int
    inside: bool
    reason: str


@dataclass(frozen=True)
class Module:
    """A module of ours by its dotted name."""

    name: str
    path: Path

    @cached_property
    def imports(self) -> list[Import]:
        text = self.path.read_text(encoding="utf-8")
        return list(self._found(ast.parse(text), text.splitlines(), inside=False))

    def _found(self, node: ast.AST, lines: list[str], *, inside: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                continue  # no import is in an expression, and most of a file is expressions
            if isinstance(child, ast.Import | ast.ImportFrom):
                reason = re.search(r"#\s*(?!noqa|type:)(\w.*)", lines[child.lineno - 1])
                for name in self._names(child):
                    yield Import(name, child.lineno, inside, reason[1] if reason else "")
            elif not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
                deeper = inside or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
                yield from self._found(child, lines, inside=deeper)

    def _names(self, node: ast.Import | ast.ImportFrom) -> list[str]:
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        assert node.level == 0, f"{self.path}:{node.lineno}: imports here say the whole name"
        assert node.module is not None
        # "from package import module" imports the module too
        return [
            inner if (inner := f"{node.module}.{alias.name}") in modules() else node.module
            for alias in node.names
        ]


@lru_cache(maxsize=1)
def modules() -> dict[str, Module]:
    """Every module of ours by its name."""
    found = {}
    for package, folder in PACKAGES.items():
        for path in folder.rglob("*.py"):
            parts = (package, *path.relative_to(folder).with_suffix("").parts)
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = Module(name, path)
    return found


def is_ours(name: str) -> bool:
    return name.split(".")[0] in PACKAGES


def slow_parts(name: str) -> set[str]:
    """What is slow about importing a module that is not ours."""
    parts = name.split(".")
    whole = {".".join(parts[: number + 1]) for number in range(len(parts))}
    brought = {each for known, more in BRINGS.items() if known in whole for each in more}
    return ({parts[0]} & SLOW.keys()) | brought


@cache
def slow_imports(name: str) -> frozenset[str]:
    """The slow modules that importing a module of ours imports, through whatever it imports at its top."""
    found: set[str] = set()
    waiting, seen = [name], set()
    while waiting:
        parts = waiting.pop().split(".")
        for each in (".".join(parts[: number + 1]) for number in range(len(parts))):
            if each in seen or each not in modules():
                continue
            seen.add(each)
            for imported in modules()[each].imports:
                if not imported.inside and is_ours(imported.module):
                    waiting.append(imported.module)
                elif not imported.inside:
                    found |= slow_parts(imported.module)
    return frozenset(found)


def without_reason() -> dict[str, set[str]]:
    """By file: what its functions import that neither is slow nor has a reason on its line.

    A reason excuses modules that are not ours: those that are not always there. Ours are always there.
    """
    found: dict[str, set[str]] = {}
    for module in modules().values():
        there = slow_imports(module.name)
        for imported in module.imports:
            if not imported.inside or (imported.reason and not is_ours(imported.module)):
                continue
            slow = slow_imports(imported.module) if is_ours(imported.module) else slow_parts(imported.module)
            if not slow - there:
                found.setdefault(str(module.path.relative_to(ROOT)), set()).add(imported.module)
    return found


def test_functions_import_only_what_is_slow_or_optional() -> None:
    assert without_reason() == {}, "import these at the top"


def test_the_rule_sees_what_is_slow_and_what_is_not() -> None:
    assert len(modules()) > 300
    assert {"duckdb", "sqlglot"} <= slow_imports("local.engines.redshift.cluster")
    assert "airflow" in slow_imports("interline.airflow.dag")
    assert not slow_imports("local.gateway.errors")
    assert slow_parts("moto.core.responses") == {"moto", "boto3", "botocore"}
    assert not slow_parts("json")


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    # imports inside functions and those for type checkers count too
    graph = grimp.build_graph(package, cache_dir=None)
    order: dict[str, int] = {}
    for start in sorted(graph.modules):
        _visit(graph, start, order, [])


def _visit(graph: grimp.ImportGraph, module: str, finished: dict[str, int], path: list[str]) -> None:
    assert module not in path, f"a circle: {' imports '.join([*path[path.index(module) :], module])}"
    if module in finished:
        return
    for imported in sorted(graph.find_modules_directly_imported_by(module)):
        _visit(graph, imported, finished, [*path, module])
    finished[module] = len(finished)
