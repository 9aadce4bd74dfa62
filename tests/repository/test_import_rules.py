"""Who may import whom, as pyproject.toml says."""

from __future__ import annotations

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
