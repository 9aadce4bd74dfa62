"""A world in a process of its own: starting one changes moto for good, which whoever asks for it may not want."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

from testkit.access_matrix.cells import Matrix
from testkit.access_matrix.world import World

_worlds: list[World] = []


class Matrices(NamedTuple):
    """What the contracts promise and what is seen."""

    expected: Matrix
    observed: Matrix


class Worker:
    """Asks the world in the other process."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def matrices(self, today: date) -> Matrices:
        """Make the grants what the contracts, as their files stand now, say on a day; then look."""
        return self._pool.submit(_matrices, today).result()


@contextmanager
def world_of(root: Path, home: Path) -> Iterator[Worker]:
    """A local AWS over the domains of a folder, for as long as the block lasts; its files lie in `home`."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, initializer=_begin, initargs=(root, home)) as pool:
        yield Worker(pool)
        pool.submit(_end).result()


def _begin(root: Path, home: Path) -> None:
    _worlds.append(World(root, home))


def _end() -> None:
    _worlds.pop().stop()


def _matrices(today: date) -> Matrices:
    world = _worlds[0]
    world.apply(today)
    return Matrices(world.expected(today), world.observed())
