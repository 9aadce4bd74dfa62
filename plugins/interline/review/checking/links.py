"""Symbolic links that lead out of the repository: what is behind them is nobody's promise, and is not read aloud."""

from __future__ import annotations

import os
from pathlib import Path

from interline.contracts import Problem

_TREES = ("domains", "dags", "dbt")


def links_out_of(root: Path) -> list[Problem]:
    """Return a problem for every link under the three trees whose target is not under ``root``."""
    problems: list[Problem] = []
    home = root.resolve()
    for tree in _TREES:
        for folder, folders, files in os.walk(root / tree):
            for name in (*folders, *files):
                path = Path(folder, name)
                if path.is_symlink() and not _inside(path, home):
                    message = "is a link that leads out of the repository, or nowhere"
                    problems.append(Problem(path, 0, message, "put the file itself here"))
    return problems


def _inside(path: Path, home: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(home)
    except (OSError, RuntimeError):
        return False
