"""Who may import whom, as pyproject.toml says."""

from __future__ import annotations

from pathlib import Path

import pytest
from importlinter.api import read_configuration
from importlinter.cli import lint_imports


def test_every_rule_is_kept(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = lint_imports(config_filename=str(root / "pyproject.toml"), no_cache=True)
    assert code == 0, capsys.readouterr().out


def test_nothing_but_the_commands_and_tests_may_import_the_local_aws(root: Path) -> None:
    rules = read_configuration(str(root / "pyproject.toml"))["contracts_options"]
    forbidden = [
        (set(rule["source_modules"]), set(rule["forbidden_modules"]))
        for rule in rules
        if rule["type"] == "forbidden"
    ]
    assert any("interline" in sources and {"local", "cli"} <= targets for sources, targets in forbidden)
    assert any("local" in sources and "cli" in targets for sources, targets in forbidden)
