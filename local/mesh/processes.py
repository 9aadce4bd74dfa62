"""Starting servers and stopping them with all that they started.

Each server gets its own session, and every process inherits MARKER in its environment. A process
belongs to the mesh when it is in a server's session, descends from a server, or carries the
marker: so a task's dbt, or a training script in a group of its own, is found as well.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from local.mesh.home import Home, read_json, write_json
from local.mesh.signals import interrupted_afterwards

MARKER = "INTERLINE_MESH_HOME"
_SECONDS_TO_BE_GONE = 10.0
"""A killed process ends at once, but is gone only when the system comes to it: on a busy machine not at once."""


@dataclass(frozen=True)
class Server:
    """A process that was started; pid and start time together name it for good."""

    name: str
    pid: int
    started: float
    """Seconds since the epoch, as the system tells it."""
    log: str

    def process(self) -> psutil.Process | None:
        """The process, or None when it has ended."""
        try:
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.started) < 1 and process.status() != psutil.STATUS_ZOMBIE:
                return process
        except psutil.NoSuchProcess:
            return None
        return None

    def last_lines(self, count: int = 15) -> str:
        """The end of what it printed."""
        with contextlib.suppress(OSError):
            return "\n".join(
                Path(self.log).read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
            )
        return ""


def start(home: Home, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Server:
    """Start a server in its own session and note it in the home, so that any later command finds it."""
    log = home.logs / f"{name}.output.log"
    with log.open("ab") as output, interrupted_afterwards():
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**environment, MARKER: str(home.path)},
            cwd=home.path,
            start_new_session=True,
        )
        server = Server(name, process.pid, psutil.Process(process.pid).create_time(), str(log))
        _note(home, [*(known for known in noted(home) if known.name != name), server])
    return server


def noted(home: Home) -> list[Server]:
    """The servers that were started and not yet stopped, whether or not they still live."""
    content = read_json(home.processes_file) or {}
    return [Server(**entry) for entry in content.get("servers", [])]


def running(home: Home) -> list[Server]:
    """The servers that live."""
    return [server for server in noted(home) if server.process() is not None]


def _note(home: Home, servers: Iterable[Server]) -> None:
    write_json(home.processes_file, {"servers": [asdict(server) for server in servers]})


def stop(home: Home, servers: Sequence[Server], grace: float = 2.0) -> None:
    """End these servers and every process of theirs; SIGTERM first, SIGKILL after `grace` seconds."""
    victims = _family(servers)
    for process in victims:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _wait(victims, grace)
    # with what was started while the others were ending
    killed = {*victims, *_family(servers)}
    for process in killed:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    _wait(killed, _SECONDS_TO_BE_GONE)
    names = {server.name for server in servers}
    if names and home.path.is_dir():
        _note(home, [server for server in noted(home) if server.name not in names])


def stop_all(home: Home, grace: float = 2.0) -> list[str]:
    """End every process of this mesh, noted or not; returns the names of the servers that were running."""
    names = [server.name for server in running(home)]
    stop(home, noted(home), grace)
    leftovers = marked(home)
    for process in leftovers:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    _wait(leftovers, _SECONDS_TO_BE_GONE)
    return names


def _family(servers: Sequence[Server]) -> set[psutil.Process]:
    members: set[psutil.Process] = set()
    living = [process for server in servers if (process := server.process())]
    for process in living:
        with contextlib.suppress(psutil.NoSuchProcess):
            members.update([process, *process.children(recursive=True)])
    sessions = {server.pid for server in servers}
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # a session outlives its leader: its number still tells whose the orphans are
            if os.getsid(process.pid) in sessions:
                members.add(process)
    # who ends the others may itself be one of them
    return {process for process in members if process.pid != os.getpid()}


def marked(home: Home) -> list[psutil.Process]:
    """Every process that carries the mark of this home, whoever started it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(MARKER) == str(home.path):
                found.append(process)
    return found


def _wait(processes: Iterable[psutil.Process], seconds: float) -> None:
    """Wait until all have ended, reaping those that are our own children."""
    remaining = list(processes)
    end = time.monotonic() + seconds
    while remaining and time.monotonic() < end:
        _, remaining = psutil.wait_procs(remaining, timeout=max(0.0, min(0.2, end - time.monotonic())))
        remaining = [process for process in remaining if _alive(process)]


def _alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
