"""The same question about every product, asked on every core where that pays.

A child process is a copy of this one, so the mesh is not sent to it; only findings come back. The answers' order is the
products' order, whoever gave them.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

Answer = TypeVar("Answer")

FEWEST = 60
"""Products; asking about fewer takes less time than starting processes."""
_AT_ONCE = 10
"""Products that a process is asked about at a time."""

_asked: dict[str, Any] = {}


def spread(ask: Callable[[str], Answer], addresses: Sequence[str]) -> list[Answer]:
    """Return ``ask(address)`` for every address, in order.

    On Linux, which copies a process safely, the work of many products is shared by the cores that this process may use.
    """
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    if cores < 2 or len(addresses) < FEWEST:
        return [ask(address) for address in addresses]
    _asked["ask"] = ask
    try:
        with ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("fork")) as pool:
            return list(pool.map(_answer, addresses, chunksize=_AT_ONCE))
    finally:
        _asked.clear()


def _answer(address: str) -> Any:
    return _asked["ask"](address)
