"""Ending servers whose owner is gone, however it ended: `python -m local.mesh.watch HOME OWNER SERVER …`.

A process that is killed with SIGKILL stops nothing. So beside the servers of a run stands a small process that waits for
the run to be gone, and then ends what the run would have ended: the servers that are named, or with `--all` the command that
started it and then every process of the home. Whoever stops servers in good order stops their watch too.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from local.mesh import processes
from local.mesh.configuration import plain_environment
from local.mesh.home import BusyError, Home
from local.mesh.signals import uninterrupted

OWNER_VARIABLE = "INTERLINE_OWNER"
"""Names a process, by its number, with which every mesh ends that a command starts: the tests set it to their own."""
RUN_WATCH = "watch-of-run"
"""Among the mesh's processes: ends Airflow with the run that started it."""
OWNER_WATCH = "watch-of-owner"
"""Among the mesh's processes: ends the whole mesh with the process that OWNER_VARIABLE names."""
_SECONDS_FOR_THE_COMMAND = 30.0
_LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Owner:
    """A process, named for good by its number and its start."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Owner:
        """The process that has this number now. Raises psutil.NoSuchProcess."""
        return cls(pid, psutil.Process(pid).create_time())

    @classmethod
    def read(cls, text: str) -> Owner:
        """What `str` made of an owner."""
        pid, _, started = text.partition(":")
        return cls(int(pid), float(started))

    def __str__(self) -> str:
        return f"{self.pid}:{self.started!r}"

    def process(self) -> psutil.Process | None:
        """The process, or None when it has ended."""
        return processes.Server("owner", self.pid, self.started, log="").process()

    def wait(self) -> None:
        """Wait until it has ended, also when nobody has taken note of its end."""
        while self.process() is not None:
            time.sleep(_LOOK_SECONDS)


def end_with_run(home: Home, root: Path, servers: tuple[str, ...]) -> None:
    """Have servers of this home end when this process is gone."""
    _start(home, root, RUN_WATCH, str(Owner.of(os.getpid())), *servers)


def end_with_owner(home: Home, root: Path) -> None:
    """Have the whole mesh, and this command, end when the process that the environment names is gone; if it names one."""
    number = os.environ.get(OWNER_VARIABLE)
    if number:
        _start(home, root, OWNER_WATCH, str(Owner.of(int(number))), "--all", str(Owner.of(os.getpid())))


def _start(home: Home, root: Path, name: str, *arguments: str) -> None:
    processes.stop(home, [server for server in processes.noted(home) if server.name == name])
    command = [sys.executable, "-m", "local.mesh.watch", str(home.path), *arguments]
    processes.start(home, name, command, plain_environment(root))


def end_servers(home: Home, names: list[str]) -> None:
    """End the named servers, unless another command has taken the home in the meantime and deals with them itself."""
    if not home.path.is_dir():
        processes.stop_all(home)
        return
    with contextlib.suppress(BusyError), home.alone("down"):
        processes.stop(home, [server for server in processes.noted(home) if server.name in names])


def end_all(home: Home, command: Owner) -> None:
    """End the command, which then stops what it started, and whatever is left of the home."""
    process = command.process()
    if process is not None:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            process.terminate()
            process.wait(_SECONDS_FOR_THE_COMMAND)
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    processes.stop_all(home)


def main() -> None:
    """Wait for the owner to be gone, then end what is its."""
    parser = argparse.ArgumentParser(prog="python -m local.mesh.watch", description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("owner", type=Owner.read)
    parser.add_argument("servers", nargs="*")
    parser.add_argument("--all", type=Owner.read, metavar="COMMAND")
    given = parser.parse_args()
    home = Home(given.home)
    given.owner.wait()
    with uninterrupted():
        if given.all is not None:
            end_all(home, given.all)
        else:
            end_servers(home, given.servers)


if __name__ == "__main__":
    main()
