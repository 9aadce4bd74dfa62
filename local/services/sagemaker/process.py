"""A user's script as a process: its own group, its own environment, its lines, its end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

GRACE_SECONDS = 120
STDERR_LINES = 20

_GUARD = Path(__file__).with_name("guard.py")
_running: set[ScriptProcess] = set()
_running_lock = threading.Lock()


class ScriptProcess:
    """One run of a script. `run` waits for it; `stop` may be called from another thread."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._stopped = False
        self._killer: threading.Timer | None = None
        self.last_errors: deque[str] = deque(maxlen=STDERR_LINES)

    def run(
        self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str], seconds: float
    ) -> tuple[int, bool]:
        """Run `python *command` in `folder` with exactly `environment`; gives (exit code, whether time ran out).

        At the time limit the script gets SIGTERM and, 120 seconds later, SIGKILL, as a SageMaker container does.
        A negative exit code is the signal that ended it.
        """
        with self._lock:
            if self._stopped:
                return -signal.SIGTERM, False
            process = subprocess.Popen(
                [sys.executable, str(_GUARD), *command],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )
            self._process = process
        with _running_lock:
            _running.add(self)
        timed_out = threading.Event()

        def time_is_up() -> None:
            timed_out.set()
            self._end()

        timer = threading.Timer(seconds, time_is_up)
        timer.daemon = True
        timer.start()
        readers = [
            threading.Thread(target=self._read, args=(process.stdout, False), daemon=True),
            threading.Thread(target=self._read, args=(process.stderr, True), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            code = process.wait()
        finally:
            timer.cancel()
            # What the script started and left behind ends with it.
            self._signal(signal.SIGKILL)
            for reader in readers:
                reader.join(timeout=5)
            if self._killer is not None:
                self._killer.cancel()
            with _running_lock:
                _running.discard(self)
        return code, timed_out.is_set()

    def stop(self) -> None:
        """Ask the script to end; kill it when it has not after 120 seconds."""
        with self._lock:
            self._stopped = True
        self._end()

    def kill(self) -> None:
        """End the script at once."""
        with self._lock:
            self._stopped = True
        self._signal(signal.SIGKILL)

    @property
    def was_stopped(self) -> bool:
        """Whether `stop` or `kill` was called."""
        return self._stopped

    def _end(self) -> None:
        self._signal(signal.SIGTERM)
        self._killer = threading.Timer(GRACE_SECONDS, lambda: self._signal(signal.SIGKILL))
        self._killer.daemon = True
        self._killer.start()

    def _signal(self, number: int) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _read(self, stream: object, is_error: bool) -> None:
        for line in stream:  # type: ignore[attr-defined]
            text = line.rstrip("\n")
            if is_error:
                self.last_errors.append(text)
            self._on_line(text)


def kill_all() -> None:
    """End every script that runs: the local AWS ends."""
    with _running_lock:
        scripts = list(_running)
    for script in scripts:
        script.kill()
