"""uv, the installer: the person's own where it is new enough, else a pinned one under `.interline/`."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cli.setup.errors import SetupError
from cli.setup.indexes import ask_pip, uv_environment
from cli.setup.progress import step

PINNED = "0.13.8"
OLDEST = (0, 8)


@dataclass(frozen=True)
class Uv:
    """A uv that can be run; `environment` holds the person's package indexes."""

    path: Path
    environment: dict[str, str]
    log: Path

    def run(self, *arguments: str) -> str:
        """Run uv and return what it printed; all it says is kept in the log.

        Raises:
            SetupError: uv failed; the message ends with its last lines.
        """
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"\n$ uv {' '.join(arguments)}\n")
            log.flush()
            finished = subprocess.run(
                [str(self.path), *arguments], capture_output=True, text=True,
                stdin=subprocess.DEVNULL, env=self.environment, check=False,
            )  # fmt: skip
            log.write(finished.stdout + finished.stderr)
        if finished.returncode:
            raise SetupError(
                f"uv {arguments[0]} failed:\n{_last_lines(finished.stderr)}",
                f"{_advice(finished.stderr)} The whole log: {self.log}",
            )
        return finished.stdout


def _last_lines(text: str, count: int = 12) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-count:])


def _advice(said: str) -> str:
    lowered = said.lower()
    if "no space left" in lowered or "disk quota" in lowered:
        return "The disk is full: Interline needs about 3 GB. Make room, then run the command again."
    if any(
        word in lowered
        for word in ("dns", "connect", "network", "timed out", "resolve host", "name resolution")
    ):
        return (
            "The package index did not answer. Look at the network; a mirror set for pip "
            "(pip config set global.index-url …) or for uv (UV_DEFAULT_INDEX) is used."
        )
    return "Nothing is half-made for good: run the command again once the cause is gone."


def version_of(path: str) -> tuple[int, ...] | None:
    """The version of the uv at `path`, or None when it does not run."""
    try:
        said = subprocess.run(
            [path, "--version"], capture_output=True, text=True, check=False, timeout=20
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"uv (\d+(?:\.\d+)+)", said)
    return tuple(int(part) for part in found.group(1).split(".")) if found else None


def find_or_install(state: Path) -> Uv:
    """The uv to use: on PATH from 0.8, else `state`/bootstrap, made now if it is not there.

    Raises:
        SetupError: it can be installed neither with this Python's `venv` nor with its pip.
    """
    log = state / "logs" / "setup.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    bootstrap = state / "bootstrap"
    own = bootstrap / "bin" / "uv"
    on_path = shutil.which("uv")
    if on_path and (version_of(on_path) or (0,)) >= OLDEST:
        path, python = Path(on_path), sys.executable
    else:
        path, python = own, sys.executable
        if version_of(str(own)) != tuple(int(part) for part in PINNED.split(".")):
            with step(f"uv {PINNED}, the installer"):
                _install(bootstrap, log)
    settings = ask_pip(python)
    environment = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_ENVIRONMENT}
    environment.update(uv_environment(settings, environment))
    environment["UV_NO_PROGRESS"] = "1"
    return Uv(path=path, environment=environment, log=log)


_OF_ANOTHER_ENVIRONMENT = {"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH"}


def _install(bootstrap: Path, log: Path) -> None:
    shutil.rmtree(bootstrap, ignore_errors=True)
    environment = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_ENVIRONMENT}
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(bootstrap)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if made.returncode == 0:
        pip = [str(bootstrap / "bin" / "python"), "-m", "pip", "install"]
    else:
        # Debian's python3 comes without ensurepip; where it has pip, that serves as well.
        shutil.rmtree(bootstrap, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "--prefix", str(bootstrap), "--ignore-installed"]
        present = subprocess.run(
            [sys.executable, "-m", "pip", "--version"],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        if present.returncode:
            raise SetupError(
                f"{sys.executable} can make no environment: {_last_lines(made.stdout + made.stderr, 4).strip()}",
                "Install its venv module (Debian and Ubuntu: apt-get install python3-venv), "
                "or put uv (https://docs.astral.sh/uv) on PATH, then run the command again.",
            )
    installed = subprocess.run(
        [*pip, "--quiet", "--no-input", "--disable-pip-version-check", f"uv=={PINNED}"],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    with log.open("a", encoding="utf-8") as file:
        file.write(f"\n$ pip install uv=={PINNED}\n{installed.stdout}{installed.stderr}")
    if installed.returncode:
        said = installed.stderr or installed.stdout
        raise SetupError(
            f"pip could not install uv {PINNED}:\n{_last_lines(said, 4)}", f"{_advice(said)} Log: {log}"
        )
