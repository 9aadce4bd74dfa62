"""The repository's own files, as git tracks them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Every file that git tracks, relative to the root; one that was deleted but not committed is left out."""
    git = shutil.which("git")
    assert git is not None, "these tests read the repository as git tracks it"
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    files = [Path(name) for name in listed.decode().split("\0") if name]
    assert len(files) > 100, "git lists hardly any file: is this the repository?"
    return [file for file in files if (ROOT / file).is_file()]


@pytest.fixture(scope="session")
def texts(tracked: list[Path]) -> dict[Path, str]:
    """The text of every tracked file."""
    return {file: (ROOT / file).read_text(encoding="utf-8") for file in tracked}
