"""Stopping reaches every process, also those in groups and sessions of their own."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.mesh import processes
from local.mesh.home import Home
from local.mesh.ports import PortTakenError, free_port
from local.mesh.signals import interruptible

# A server whose child has a child in a session of its own; both ignore SIGTERM.
_SERVER = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); " \
        "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'], start_new_session=True); " \
        "print(inner.pid, flush=True); time.sleep(300)"
inner = subprocess.Popen([sys.executable, "-c", child], process_group=0)
print(inner.pid, flush=True)
time.sleep(float(sys.argv[1]))
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "home")
    home.make()
    yield home
    processes.stop_all(home)


def _start(home: Home, seconds: float) -> tuple[processes.Server, list[int]]:
    server = processes.start(home, "server", [sys.executable, "-c", _SERVER, str(seconds)], dict(os.environ))
    deadline = time.monotonic() + 20
    while len(server.last_lines().split()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    return server, [int(word) for word in server.last_lines().split()]


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_descendants_end_with_their_server(home: Home) -> None:
    server, descendants = _start(home, 300)
    assert len(descendants) == 2
    assert [found.name for found in processes.running(home)] == ["server"]
    processes.stop(home, [server], grace=0.3)
    assert not any(map(_alive, [server.pid, *descendants]))
    assert processes.noted(home) == []


def test_orphans_of_a_dead_server_are_found_by_their_mark(home: Home) -> None:
    server, descendants = _start(home, 0)
    psutil.Process(server.pid).wait(timeout=20)
    assert all(map(_alive, descendants))
    assert processes.running(home) == []
    assert processes.stop_all(home, grace=0.3) == []
    assert not any(map(_alive, descendants))


def test_a_number_given_to_another_process_is_not_the_server(home: Home) -> None:
    stranger = processes.Server("server", os.getpid(), started=1.0, log="")
    assert stranger.process() is None


def test_a_taken_port_is_refused() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=str(port)):
            free_port(port)
    assert free_port(port) == port


def test_a_starting_server_is_noted_before_an_interrupt_is_heard(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = processes._note

    def interrupted_note(home: Home, servers: list[processes.Server]) -> None:
        signal.raise_signal(signal.SIGTERM)
        note(home, servers)

    monkeypatch.setattr(processes, "_note", interrupted_note)
    with interruptible(), pytest.raises(KeyboardInterrupt):
        _start(home, 300)
    monkeypatch.undo()
    [server] = processes.running(home)
    processes.stop(home, [server], grace=0.3)
    assert processes.marked(home) == []
