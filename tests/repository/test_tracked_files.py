"""What no file of the repository may hold, and what none may be called."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

# written so that this file does not match itself
REGISTRY = re.compile(
    r"\b(?:py" + r"pi|python" + r"hosted|npm" + r"js|deb\.deb" + r"ian|index\.cra" + r"tes)\.(?:org|com|io)\b"
)
MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me/\w+|Us" + r"ers/\w+)/[\w.]")
# a key of one letter, or with EXAMPLE in it, is nobody's
SECRET = re.compile(
    r"\b(?:AK"
    + r"IA|AS"
    + r"IA)(?!([A-Z])\1{15})(?!\w*EXAMPLE)[A-Z0-9]{16}\b|-----BEG"
    + r"IN [A-Z ]*PRIVATE KEY-----"
)
# a project's name goes before the number of one of its own, as in apache/airflow #52665
ISSUE = re.compile(r"\biss" + r"ues? #?[0-9]|(?<!\w)(?<!\w )#[0-9]{2,5}\b")
FORBIDDEN_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "shared", "lib"}


def found(pattern: re.Pattern[str], texts: dict[Path, str]) -> list[str]:
    return [
        f"{file}:{number}: {line.strip()[:120]}"
        for file, text in texts.items()
        if pattern.search(text)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (ISSUE, "two kinds more that iss" + "ue 3 names"),
        (ISSUE, "see iss" + "ues #12"),
        (ISSUE, "fixed (#" + "52665)"),
        (REGISTRY, "index = https://py" + "pi.org/simple"),
        (REGISTRY, "https://files.python" + "hosted.org/packages"),
        (MACHINE_PATH, 'root = "/wo' + 'rk/main/dags"'),
        (MACHINE_PATH, "cd /ho" + "me/ann/interline"),
        (SECRET, "key = AK" + "IAABCDEFGHIJKLMNOP"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def test_no_package_registry_is_named(texts: dict[Path, str]) -> None:
    assert found(REGISTRY, texts) == []


def test_no_path_of_somebodys_machine_is_named(texts: dict[Path, str]) -> None:
    assert found(MACHINE_PATH, texts) == []


def test_no_issue_is_cited_without_its_project(texts: dict[Path, str]) -> None:
    """Readers have other projects' trackers, by name as in `apache/airflow #52665`, and not the one of this repository."""
    prose = {
        file: text
        for file, text in texts.items()
        if file.suffix in (".py", ".md", ".yaml", ".yml", ".sql", ".toml")
    }
    assert found(ISSUE, prose) == []


def test_no_key_is_kept(texts: dict[Path, str]) -> None:
    assert found(SECRET, texts) == []


def test_no_name_that_says_nothing(tracked: list[Path]) -> None:
    assert [str(file) for file in tracked if {*file.parts[:-1], file.stem} & FORBIDDEN_NAMES] == []


def test_no_two_test_files_have_one_name(tracked: list[Path]) -> None:
    """pytest imports test files by their bare names (its import mode "prepend")."""
    names = [file.name for file in tracked if file.parts[0] == "tests" and file.match("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_nothing_generated_is_tracked(tracked: list[Path]) -> None:
    generated = {"__pycache__", ".interline", "target", ".env", ".pytest_cache", ".ruff_cache", ".mypy_cache"}
    assert [str(file) for file in tracked if set(file.parts) & generated or file.suffix == ".pyc"] == []


def test_what_runs_on_aws_imports_nothing_of_this_machine(texts: dict[Path, str]) -> None:
    """import-linter sees packages only; DAG files and training scripts belong to none."""
    here_only = {"local", "cli", "tests", "testkit", "benchmarks", "moto"}
    bad = []
    for file, text in texts.items():
        if file.suffix != ".py" or file.parts[0] not in ("dags", "domains", "plugins", "dbt"):
            continue
        for node in ast.walk(ast.parse(text, str(file))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            bad += [f"{file}:{node.lineno}: {name}" for name in names if name.partition(".")[0] in here_only]
    assert bad == []
