"""Exit codes of `./interline`, the same for every command."""

OK = 0
FAILED = 1
"""The work was done and failed: a task of the run, a test, a check."""
USAGE = 2
"""The command line was wrong; nothing was done."""
SETUP = 3
"""The environments could not be set up (Python too old, no network, no room on the disk)."""
BUSY = 4
"""Refused: another run is using the mesh, or a port is taken."""
INTERRUPTED = 130
"""Ctrl-C; everything that was started has been stopped."""
