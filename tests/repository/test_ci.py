"""What `.ci/run` does, and in which order."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

STEPS = [
    "environments", "lint", "format", "import rules", "types", "dead code", "check", "picture", "fast tests",
    "pages, engines and mesh", "conformance",
]  # fmt: skip


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """A checkout whose commands succeed at once."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(root / ".ci" / "run", tmp_path / ".ci" / "run")
    programs = tmp_path / ".interline" / "environments" / "airflow" / "bin"
    programs.mkdir(parents=True)
    for program in (
        tmp_path / "interline",
        *(programs / name for name in ("ruff", "mypy", "lint-imports", "python")),
    ):
        program.write_text('#!/bin/sh\necho "ran $0 $*"\n')
        program.chmod(0o755)
    return tmp_path


def run(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([checkout / ".ci" / "run"], capture_output=True, text=True, check=False)


def test_it_prints_what_took_how_long(checkout: Path) -> None:
    finished = run(checkout)
    assert finished.returncode == 0, finished.stderr
    assert re.findall(r"^== ([a-z, ]+): ", finished.stdout, re.MULTILINE) == STEPS
    summary = finished.stdout.partition("== What took how long\n")[2]
    assert re.findall(r"^ +\d+ s  (.*)$", summary, re.MULTILINE) == [*STEPS, "in all"]


def test_the_first_failure_ends_it(checkout: Path) -> None:
    mypy = checkout / ".interline" / "environments" / "airflow" / "bin" / "mypy"
    mypy.write_text("#!/bin/sh\nexit 2\n")
    finished = run(checkout)
    assert finished.returncode == 2
    summary = finished.stdout.partition("== What took how long\n")[2]
    assert re.findall(r"^ +\d+ s  (.*)$", summary, re.MULTILINE) == [*STEPS[:4], "types FAILED", "in all"]
