"""Which Python the environments are made with: 3.12 as on MWAA where there is one, else 3.11 or 3.13."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from cli.setup.errors import SetupError
from cli.setup.uv import Uv

BY_PREFERENCE = ((3, 12), (3, 11), (3, 13))


def find(uv: Uv) -> str:
    """The path of the best Python on this machine, or `3.12` for uv to download one.

    Candidates are run before they are believed: a version manager's shim may stand for nothing.
    """
    for version in BY_PREFERENCE:
        for candidate in _candidates(uv, version):
            if version_of(candidate) == version:
                return candidate
    return ".".join(str(part) for part in BY_PREFERENCE[0])


def _candidates(uv: Uv, version: tuple[int, int]) -> Iterator[str]:
    name = f"{version[0]}.{version[1]}"
    if sys.version_info[:2] == version:
        yield os.path.realpath(sys.executable)
    # where uv knows none, a version manager may still keep one outside PATH
    with contextlib.suppress(SetupError):
        yield uv.run("python", "find", "--no-project", "--no-python-downloads", "--system", name).strip()
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    newest_first = sorted(root.glob(f"versions/{name}.*/bin/python{name}"), key=_patch_version, reverse=True)
    yield from map(str, newest_first)


def _patch_version(python: Path) -> int:
    patch = python.parent.parent.name.split(".")[-1]
    return int(patch) if patch.isdigit() else -1


def version_of(python: str) -> tuple[int, int] | None:
    """(major, minor) of a Python, or None when it does not run."""
    try:
        answer = subprocess.run(
            [python, "-I", "-c", "import sys; print(*sys.version_info[:2])"],
            capture_output=True, text=True, check=False, timeout=20,
        )  # fmt: skip
        major, minor = answer.stdout.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
