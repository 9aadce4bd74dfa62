"""What the commands print on: colour and redrawing only on a terminal, 80 columns elsewhere."""

from __future__ import annotations

import os
import sys

from rich.console import Console


def console(*, stderr: bool = False) -> Console:
    """A console for standard output (or error); plain and 80 columns wide when it is no terminal."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else 80
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=False)
