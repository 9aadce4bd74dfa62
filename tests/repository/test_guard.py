"""Tests that are killed leave no server behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

PROGRAM = """
import subprocess, sys, time
from testkit.guard import guard
server = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
guard(server)
print(server.pid, flush=True)
time.sleep(300)
"""


def test_a_killed_test_run_takes_its_servers_along(root: Path) -> None:
    tests = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert tests.stdout is not None
    server = psutil.Process(int(tests.stdout.readline()))
    tests.send_signal(signal.SIGKILL)
    tests.wait()
    end = time.monotonic() + 30
    while server.is_running() and server.status() != psutil.STATUS_ZOMBIE and time.monotonic() < end:
        time.sleep(0.05)
    assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE
