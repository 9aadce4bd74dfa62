"""Showing one step of the set-up after the other, with how long each takes."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_WIDTH = 60


@contextmanager
def step(what: str) -> Iterator[list[str]]:
    """Print `what`, count seconds while the block runs (on a terminal), then print how long it took.

    The block may append words to the yielded list; they are shown at the end, in place of `done`.
    """
    outcome: list[str] = []
    live = sys.stderr.isatty()
    begun = time.monotonic()
    finished = threading.Event()

    def count() -> None:
        while not finished.wait(0.5):
            sys.stderr.write(f"\r  {what:<{_WIDTH}} {time.monotonic() - begun:4.0f} s")
            sys.stderr.flush()

    counter = threading.Thread(target=count, daemon=True)
    if live:
        counter.start()
    else:
        sys.stderr.write(f"  {what} ...\n")
        sys.stderr.flush()
    succeeded = False
    try:
        yield outcome
        succeeded = True
    finally:
        finished.set()
        if live:
            counter.join()
        said = (" ".join(outcome) or "done") if succeeded else "failed"
        start = "\r" if live else ""
        sys.stderr.write(f"{start}  {what:<{_WIDTH}} {time.monotonic() - begun:4.0f} s  {said}\n")
        sys.stderr.flush()
