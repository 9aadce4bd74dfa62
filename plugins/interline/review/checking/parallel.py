"""One function applied to every product, on every core where that pays.

A child process is a copy of this one, so the mesh is not sent to it; only results come back. Their order is the products'
order, whichever process made them.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")

FEWEST = 60
"""Products; fewer take less time than starting processes."""
_AT_ONCE = 10
"""Products that are sent to a process at a time."""

_inherited: dict[str, Callable[[str], Any]] = {}
"""The function that child processes find here, because they are copies: it holds the mesh and is not sent."""


def map_products(function: Callable[[str], Result], addresses: Sequence[str]) -> list[Result]:
    """Return ``function(address)`` for every address, in order.

    On Linux, which copies a process safely, the work of many products is shared by the cores that this process may use.
    """
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1
    if cores < 2 or len(addresses) < FEWEST:
        return [function(address) for address in addresses]
    _inherited["function"] = function
    try:
        with ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("fork")) as pool:
            return list(pool.map(_call_inherited, addresses, chunksize=_AT_ONCE))
    finally:
        _inherited.clear()


def _call_inherited(address: str) -> Any:
    return _inherited["function"](address)
