"""Load dbt, then run it for each caller in a fork: `python -P local/mesh/dbt/server.py FOLDER`.

Runs in dbt's own environment and so imports nothing of Interline. A caller (`client.py`) sends over a socket in FOLDER
its three standard streams and, as one JSON object preceded by its length in four bytes, `arguments`, `environment` and
`folder`; it gets back dbt's exit code as four bytes. Whoever ends first, the other ends too.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import struct
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

SOCKET = "calls"
"""The socket's name in its folder."""
LENGTH = struct.Struct("!i")
"""Before a message its length in bytes, and all of the answer."""
STREAMS = 3
_PRELOADED = ("dbt.cli.main", "dbt.adapters.redshift", "dbt.parser.manifest", "dbt.task.build")
_SECONDS_TO_END = 10


def listen(folder: Path) -> socket.socket:
    """Return the socket in `folder`, which only this user may enter."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    # the name of a socket has room for some hundred bytes, so it is one without its folder
    os.chdir(folder)
    Path(SOCKET).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(SOCKET)
    listener.listen()
    return listener


def next_call(listener: socket.socket) -> socket.socket:
    """Fork for every caller; returns only in the forks, each with its caller."""
    # the system reaps what ends
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        caller, _ = listener.accept()
        sys.stdout.flush()
        sys.stderr.flush()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            return caller
        caller.close()


def answer(caller: socket.socket) -> int:
    """Run dbt as the caller asks and return the exit code, which the caller has then."""
    code = 1
    answered = threading.Event()
    try:
        call = _take(caller)
        threading.Thread(target=_end_with, args=[caller, answered], daemon=True).start()
        code = _run(call)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    answered.set()
    caller.sendall(LENGTH.pack(code))
    return code


def _take(caller: socket.socket) -> dict[str, Any]:
    """Take the caller's streams in place of ours and return what it asks for."""
    received, streams, _, _ = socket.recv_fds(caller, LENGTH.size, STREAMS)
    for stream, place in zip(streams, range(STREAMS), strict=True):
        os.dup2(stream, place)
        os.close(stream)
    (length,) = LENGTH.unpack(received)
    with caller.makefile("rb") as message:
        call: dict[str, Any] = json.loads(message.read(length))
    return call


def _end_with(caller: socket.socket, answered: threading.Event) -> None:
    while caller.recv(1):
        pass
    if answered.is_set():
        return
    os.killpg(0, signal.SIGTERM)
    time.sleep(_SECONDS_TO_END)
    os.killpg(0, signal.SIGKILL)


def _run(call: dict[str, Any]) -> int:
    os.environ.clear()
    os.environ.update(call["environment"])
    time.tzset()
    os.chdir(call["folder"])
    sys.argv = ["dbt", *call["arguments"]]
    try:
        importlib.import_module("dbt.cli.main").cli()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def main() -> None:
    """Listen at once, so that callers wait for the loading; then run dbt in a fork for each."""
    listener = listen(Path(sys.argv[1]))
    for name in _PRELOADED:
        importlib.import_module(name)
    # a fork that never looks at these again need not copy them
    gc.collect()
    gc.freeze()
    sys.exit(answer(next_call(listener)))


if __name__ == "__main__":
    main()
