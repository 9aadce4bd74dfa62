"""The launcher under Pythons old and new, before the set-up and after it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.setup.environments import ensure, environments
from tests.cli.conftest import REPOSITORY, Checkout

LAUNCHER = REPOSITORY / "interline"


def _launch(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(root / "interline"), *arguments], capture_output=True, text=True, check=False
    )


def test_an_old_python_hears_its_version_and_what_to_do() -> None:
    program = (
        "import sys; sys.version_info = (3, 9, 18, 'final', 0); sys.argv = ['./interline', 'run']; "
        f"exec(compile(open({str(LAUNCHER)!r}).read(), 'interline', 'exec'))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 3
    assert "Python 3.9.18" in result.stderr
    assert "needs Python 3.11 or newer" in result.stderr
    assert "python3.12 ./interline run" in result.stderr


def test_an_old_python_can_read_the_launcher() -> None:
    tree = ast.parse(LAUNCHER.read_text(), feature_version=(3, 4))
    too_new = (ast.JoinedStr, ast.AnnAssign, ast.AsyncFunctionDef, ast.NamedExpr, ast.FunctionDef)
    assert not [node for node in ast.walk(tree) if isinstance(node, too_new)]


def test_setting_up_needs_the_standard_library_only() -> None:
    for file in (REPOSITORY / "cli" / "setup").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            modules = []
            if isinstance(node, ast.Import):
                modules = [name.name for name in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            for module in modules:
                top = module.split(".")[0]
                assert (
                    top in sys.stdlib_module_names
                    or module in ("cli", "cli.setup")
                    or module.startswith("cli.setup.")
                )


def test_help_before_the_set_up_makes_nothing(checkout: Checkout) -> None:
    result = _launch(checkout.root, "--help")
    assert result.returncode == 0
    assert "./interline COMMAND" in result.stdout
    assert all(len(line) <= 80 for line in result.stdout.splitlines())
    assert not (checkout.root / ".interline").exists()


def test_after_the_set_up_it_becomes_the_command_line(checkout: Checkout) -> None:
    ensure(checkout.root)
    airflow, _dbt = environments(checkout.root)
    airflow.python.unlink()
    airflow.python.write_text(
        '#!/bin/sh\necho "$PYTHONPATH"; for word in "$@"; do echo "<$word>"; done; exit 7\n'
    )
    airflow.python.chmod(0o755)
    result = _launch(checkout.root, "run", "--domain", "two words")
    assert result.returncode == 7
    root = os.path.realpath(checkout.root)
    assert result.stdout.splitlines() == [
        f"{root}:{root}/plugins", "<-P>", "<-m>", "<cli>", "<run>", "<--domain>", "<two words>",
    ]  # fmt: skip


def test_a_failed_set_up_has_its_own_exit_code(checkout: Checkout) -> None:
    checkout.fail_with("error: No space left on device")
    result = _launch(checkout.root, "check")
    assert result.returncode == 3
    assert result.stderr.splitlines()[-1].startswith("The disk is full")
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("link", ["interline-elsewhere"])
def test_it_may_be_called_through_a_link(checkout: Checkout, tmp_path: Path, link: str) -> None:
    (tmp_path / link).symlink_to(checkout.root / "interline")
    result = subprocess.run(
        [sys.executable, str(tmp_path / link), "--help"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0
