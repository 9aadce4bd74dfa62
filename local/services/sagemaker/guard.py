"""Runs in a process of its own: `guard.py PROGRAM [ARGUMENT…]` becomes `python PROGRAM …`, tied to its parent's life.

If the local AWS is killed, the kernel kills the user's script too (Linux; elsewhere the script runs to its end).
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie, then become the program."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == 1:
            sys.exit("the local AWS ended before the script began")
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])  # noqa: S606


if __name__ == "__main__":
    main()
