"""The environments, each made from its lock, marked with a stamp when it is whole.

The stamp is written last: an environment without one, or whose lock or Python has changed since, is
made again (only what differs is installed where it was whole for another lock). A set-up that was
killed therefore repairs itself at the next command.
"""

import fcntl
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.setup import pythons
from cli.setup import uv as uv_installer
from cli.setup.errors import SetupError
from cli.setup.progress import step

STATE = ".interline"


@dataclass(frozen=True)
class Environment:
    """A virtual environment below `.interline/environments/`."""

    title: str
    folder: Path
    lock: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def stamp(self) -> Path:
        return self.folder / "interline-stamp.json"

    def recipe(self) -> dict[str, str]:
        """What this environment is made of: the lock's digest and the Python it runs on."""
        try:
            lock = self.lock.read_bytes()
        except OSError as error:
            raise SetupError(
                f"{self.lock}: {error.strerror}", "It belongs to the repository: git checkout restores it."
            ) from error
        return {"lock": hashlib.sha256(lock).hexdigest(), "python": self._python_version()}

    def _python_version(self) -> str:
        try:
            lines = (self.folder / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
        except OSError:
            return "none"
        settings = dict(line.partition(" = ")[::2] for line in lines)
        return f"{settings.get('version_info', 'none')} in {settings.get('home', 'none')}"

    def is_whole(self) -> bool:
        """Whether the stamp says that this environment was made to its end from this very lock."""
        try:
            stamp = json.loads(self.stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return stamp == self.recipe() and os.access(self.python, os.X_OK)

    def was_whole(self) -> bool:
        """Whether it was whole for another lock: then only what differs is to be installed."""
        try:
            stamp = json.loads(self.stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return stamp.get("python") == self._python_version() and os.access(self.python, os.X_OK)

    def mark_whole(self) -> None:
        """Write the stamp, atomically."""
        draft = self.stamp.with_suffix(".draft")
        draft.write_text(json.dumps(self.recipe()), encoding="utf-8")
        draft.replace(self.stamp)

    def package_count(self) -> int:
        lines = self.lock.read_text(encoding="utf-8").splitlines()
        return sum("==" in line and not line.lstrip().startswith("#") for line in lines)


def environments(root: Path) -> tuple[Environment, Environment]:
    """Airflow's environment (platform, local AWS, commands, tests) and dbt's."""
    folder = root / STATE / "environments"
    return (
        Environment("Airflow", folder / "airflow", root / "requirements" / "local.txt"),
        Environment("dbt", folder / "dbt", root / "requirements" / "dbt.txt"),
    )


def conformance(root: Path) -> Environment:
    """The environment of the conformance suite, which only `./interline test --conformance` makes."""
    folder = root / STATE / "environments"
    return Environment("Conformance", folder / "conformance", root / "requirements" / "conformance.txt")


def ensure(root: Path) -> None:
    """Make what every command needs; returns at once when both environments are whole.

    Raises:
        SetupError: it is not possible; what was whole before stays whole.
    """
    _ensure(root, environments(root))


def ensure_conformance(root: Path) -> None:
    """Make the environment of the conformance suite.

    Raises:
        SetupError: it is not possible; what was whole before stays whole.
    """
    _ensure(root, (conformance(root),))


def _ensure(root: Path, required: Sequence[Environment]) -> None:
    if all(environment.is_whole() for environment in required):
        return
    state = root / STATE
    try:
        state.mkdir(parents=True, exist_ok=True)
        with _alone(state / "setup.lock"):
            missing = [environment for environment in required if not environment.is_whole()]
            if missing:
                _make(missing, state)
    except OSError as error:
        where = error.filename or state
        raise SetupError(
            f"cannot write {where}: {error.strerror}",
            "Interline keeps all it makes below .interline/ and needs about 3 GB there.",
        ) from error


def _make(missing: list[Environment], state: Path) -> None:
    sys.stderr.write(f"Setting up below {state} (once; a few minutes when nothing is cached)\n")
    uv = uv_installer.find_or_install(state)
    python = pythons.find(uv)
    for environment in missing:
        title = f"{environment.title}: {environment.package_count()} packages on Python"
        with step(f"{title} {_short(python)}"):
            if not environment.was_whole():
                environment.stamp.unlink(missing_ok=True)
                uv.run("venv", "--clear", "--no-project", "--python", python, str(environment.folder))
            # the lock is complete, so nothing is resolved: exactly these packages, and no others
            uv.run(
                "pip",
                "sync",
                "--compile-bytecode",
                "--python",
                str(environment.python),
                str(environment.lock),
            )
            environment.mark_whole()
    sys.stderr.write("Ready.\n")


def _short(python: str) -> str:
    version = pythons.version_of(python)
    return f"{version[0]}.{version[1]}" if version else f"{python} (downloaded)"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock on `path`: a second set-up waits for the first."""
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            sys.stderr.write(
                f"Another ./interline (process {file.read().strip()}) is setting up; waiting for it …\n"
            )
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
