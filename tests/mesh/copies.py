"""A copy of the repository that a test may add to, and the command line over it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.mesh.conftest import REPOSITORY

PARTS = (
    "cli", "local", "plugins", "domains", "dags", "dbt", "requirements", "interline", "pyproject.toml", "CODEOWNERS",
)  # fmt: skip


def copy_repository(root: Path) -> None:
    """Copy what the command line needs of the repository."""
    root.mkdir()
    for part in PARTS:
        source = REPOSITORY / part
        if source.is_dir():
            shutil.copytree(
                source, root / part, ignore=shutil.ignore_patterns("__pycache__", "target", "logs")
            )
        else:
            shutil.copy(source, root / part)


def interline(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that starts nothing, to its end."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "cli", *arguments], capture_output=True, text=True, check=False, cwd=root,
        env={"PYTHONPATH": f"{root}:{root / 'plugins'}", "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
    )  # fmt: skip


def files_of(root: Path) -> dict[str, bytes]:
    """The files of the three trees and CODEOWNERS, by path."""
    found = {
        str(path.relative_to(root)): path.read_bytes()
        for part in ("domains", "dags", "dbt")
        for path in sorted((root / part).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    return found | {"CODEOWNERS": (root / "CODEOWNERS").read_bytes()}
