"""How a source system is declared: by a `SOURCES` in its own module, which no list names."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

File = tuple[str, bytes]
"""Name and content of a file that is delivered."""


@dataclass(frozen=True)
class Delivery:
    """A data day that source systems deliver.

    Attributes:
        day: the data day.
        seed: another seed is another world on the same flights.
        scale: 1 is the usual size.
    """

    day: date
    seed: int
    scale: float

    def scaled(self, size: int) -> int:
        """`size` is how many there are of something at scale 1; at least 1."""
        return max(1, round(size * self.scale))


@dataclass(frozen=True)
class Source:
    """A feed of a source system.

    Attributes:
        domain: the domain to whose landing bucket it delivers.
        name: the folder there, and the name by which a product's `sources` and the verbs `land` and `crawl` know it.
        files: what it delivers for a data day, from nothing but the delivery: the same bytes whenever it is called.
    """

    domain: str
    name: str
    files: Callable[[Delivery], Iterable[File]]


class BrokenDeclaration(Exception):
    """Two source systems deliver the same; the message says what."""


@cache
def sources() -> tuple[Source, ...]:
    """Every source that a module of this package declares in its `SOURCES`, in the order of domains and names.

    Raises BrokenDeclaration when two deliver to one folder of a domain.
    """
    found: dict[tuple[str, str], Source] = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)], f"{__package__}."):
        for source in getattr(importlib.import_module(module.name), "SOURCES", ()):
            if (source.domain, source.name) in found:
                raise BrokenDeclaration(f"two source systems deliver {source.name} to {source.domain}")
            found[source.domain, source.name] = source
    return tuple(found[key] for key in sorted(found))
