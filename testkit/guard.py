"""Servers that tests start end with the tests, also when those are killed with SIGKILL.

A process of its own reads from a pipe which servers to end; when the pipe ends, because the tests are gone, it ends them.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import time
from functools import cache
from typing import IO, cast

import psutil

_SECONDS_TO_END = 5.0


def guard(process: subprocess.Popen[bytes]) -> None:
    """End this process, which leads a session of its own, when the tests are gone."""
    pipe = cast("IO[bytes]", _guard().stdin)
    pipe.write(f"{process.pid} {psutil.Process(process.pid).create_time()!r}\n".encode())
    pipe.flush()


@cache
def _guard() -> subprocess.Popen[bytes]:
    # in a session of its own: a Ctrl-C, or what ends all processes of a terminal, must not end it first
    started = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, start_new_session=True)
    # tests that end in good order have stopped their servers
    atexit.register(started.kill)
    return started


def main() -> None:
    """Note a process group a line; at the end of the lines, end them all."""
    groups = [(int(pid), float(started)) for pid, started in (line.split() for line in sys.stdin)]
    for number, seconds in ((signal.SIGTERM, _SECONDS_TO_END), (signal.SIGKILL, 0.0)):
        for pid, started in groups:
            with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                # the number may have been given to another process since
                if abs(psutil.Process(pid).create_time() - started) < 1:
                    os.killpg(pid, number)
        time.sleep(seconds)


if __name__ == "__main__":
    main()
