#!/usr/bin/env python3
"""dbt on the command line, run by the dbt that is loaded already (`server.py`); without one, dbt itself.

Two environment variables say where: INTERLINE_DBT_SERVER, the folder of the server's socket, and INTERLINE_DBT_PROGRAM,
the path of dbt. Starts in milliseconds, as it imports nothing but a few modules of Python.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
from typing import NoReturn

FOLDER_VARIABLE = "INTERLINE_DBT_SERVER"
PROGRAM_VARIABLE = "INTERLINE_DBT_PROGRAM"
# as in server.py, which is another environment's
_SOCKET = "calls"
_LENGTH = struct.Struct("!i")
_NO_ANSWER = 2
"""dbt's own exit code for an error that nobody handled."""


def main() -> NoReturn:
    """Have dbt run with this process's arguments, and end with its exit code."""
    server = _server(os.environ[FOLDER_VARIABLE])
    if server is None:
        program = os.environ[PROGRAM_VARIABLE]
        os.execv(program, [program, *sys.argv[1:]])  # noqa: S606 (an argument list, no shell)
    call = {"arguments": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd()}  # noqa: PTH109
    message = json.dumps(call).encode()
    socket.send_fds(server, [_LENGTH.pack(len(message))], [0, 1, 2])
    server.sendall(message)
    answer = server.recv(_LENGTH.size, socket.MSG_WAITALL)
    if len(answer) < _LENGTH.size:
        print("interline: dbt ended without an exit code", file=sys.stderr)
        sys.exit(_NO_ANSWER)
    sys.exit(_LENGTH.unpack(answer)[0])


def _server(folder: str) -> socket.socket | None:
    """Return a connection to the server in `folder`, or None when there is none."""
    here = os.getcwd()  # noqa: PTH109 (pathlib would take longer to import than all else)
    server = socket.socket(socket.AF_UNIX)
    try:
        os.chdir(folder)
        server.connect(_SOCKET)
    except OSError:
        server.close()
        return None
    finally:
        os.chdir(here)
    return server


if __name__ == "__main__":
    main()
