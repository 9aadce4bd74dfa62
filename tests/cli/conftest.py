"""A checkout of its own to set up, and an installer that records what it is asked for."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from cli.setup import uv
from cli.setup.indexes import ask_pip

REPOSITORY = Path(__file__).resolve().parents[2]

# Stands in for uv: makes environments as uv does (pyvenv.cfg, bin/python), from no network.
_INSTALLER = """#!{python} -IS
import json, os, pathlib, sys, time
arguments = sys.argv[1:]
folder = pathlib.Path(__file__).parent
if arguments == ["--version"]:
    print("uv 0.13.8")
    raise SystemExit
with open(folder / "calls.jsonl", "a") as calls:
    calls.write(json.dumps(arguments) + "\\n")
if arguments[:2] == ["python", "find"]:
    if arguments[-1] != "{version}":
        sys.exit("error: no interpreter found")
    print("{python}")
elif arguments[0] == "venv":
    environment = pathlib.Path(arguments[-1])
    (environment / "bin").mkdir(parents=True, exist_ok=True)
    link = environment / "bin" / "python"
    link.unlink(missing_ok=True)
    link.symlink_to("{python}")
    (environment / "pyvenv.cfg").write_text("home = /somewhere\\nversion_info = {version}.0\\n")
elif arguments[:2] == ["pip", "sync"]:
    time.sleep(float(os.environ.get("SLOW_INSTALLER", "0")))
    failure = folder / "failure"
    if failure.exists():
        sys.exit(failure.read_text())
"""


_ask_pip_once = cache(ask_pip)
"""pip's own answer, which is the same for every test of this process and takes longest of all that a set-up asks."""


@dataclass
class Checkout:
    """A copy of the launcher with small locks, and the recording installer."""

    root: Path
    installer: Path

    @property
    def calls(self) -> list[list[str]]:
        """What the installer was asked to do, apart from finding Pythons."""
        recorded = self.installer / "calls.jsonl"
        lines = recorded.read_text().splitlines() if recorded.exists() else []
        return [call for call in map(json.loads, lines) if call[0] != "python"]

    def fail_with(self, message: str | None) -> None:
        """Let installing fail, or work again."""
        failure = self.installer / "failure"
        failure.unlink(missing_ok=True)
        if message is not None:
            failure.write_text(message)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    root = tmp_path / "checkout"
    shutil.copytree(REPOSITORY / "cli", root / "cli", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "interline", root / "interline")
    (root / "requirements").mkdir()
    (root / "requirements" / "local.txt").write_text("one==1.0\ntwo==2.0\n")
    (root / "requirements" / "dbt.txt").write_text("three==3.0\n")
    installer = tmp_path / "installer"
    installer.mkdir()
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    (installer / "uv").write_text(_INSTALLER.format(python=sys.executable, version=version))
    (installer / "uv").chmod(0o755)
    monkeypatch.setenv("PATH", f"{installer}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "no-version-manager"))
    monkeypatch.setattr(uv, "ask_pip", _ask_pip_once)
    return Checkout(root, installer)
