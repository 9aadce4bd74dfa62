"""Who may import whom, as pyproject.toml says."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

from importlinter.api import read_configuration


def test_every_rule_is_kept(root: Path) -> None:
    # In a process of its own: import-linter disables the loggers that are there, those of other tests too.
    finished = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--config", "pyproject.toml", "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "plugins")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_only_commands_and_tests_may_import_the_local_aws(root: Path) -> None:
    rules = read_configuration(str(root / "pyproject.toml"))["contracts_options"]
    forbidden = [
        (set(rule["source_modules"]), set(rule["forbidden_modules"]))
        for rule in rules
        if rule["type"] == "forbidden"
    ]
    assert any("interline" in sources and {"local", "cli"} <= targets for sources, targets in forbidden)
    assert any("local" in sources and "cli" in targets for sources, targets in forbidden)


def test_no_test_imports_a_benchmark(root: Path) -> None:
    """Tests are no package, so import-linter does not see them."""
    imported = {
        (file, name.partition(".")[0])
        for file in sorted((root / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file)))
        for name in _imported(node)
    }
    assert any(package == "testkit" for _, package in imported)
    assert [str(file) for file, package in imported if package == "benchmarks"] == []


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
