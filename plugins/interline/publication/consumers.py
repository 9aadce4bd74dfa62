"""Who reads a port, and what that means when a day of it changes once more.

Airflow starts a consumer when all of its input ports have sent an event for a data day. When only one of them sends another
one, a consumer of that port alone runs again by itself; one that reads further ports would wait for events that never
come, so it has to be started for that day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from interline.contracts import MeshError, load_product, product_folders


@dataclass(frozen=True, slots=True)
class Consumer:
    """A product that runs again, after the products it reads that run again too."""

    address: str
    inputs: tuple[str, ...]
    again: tuple[str, ...]
    """Those of its inputs that change."""

    @property
    def by_itself(self) -> bool:
        """Whether Airflow starts it from the events alone."""
        return set(self.inputs) == set(self.again)


def inputs_of_all(root: Path) -> dict[str, tuple[str, ...]]:
    """Return what every product reads, by address; a product whose files are wrong is left out, for it cannot run."""
    inputs: dict[str, tuple[str, ...]] = {}
    for folder in product_folders(root):
        address = f"{folder.parent.name}.{folder.name}"
        try:
            inputs[address] = load_product(root, address).inputs
        except MeshError:
            continue
    return inputs


def direct_consumers(inputs: Mapping[str, tuple[str, ...]], address: str) -> list[Consumer]:
    """Return who reads a port, in order of address."""
    return [Consumer(reader, read, (address,)) for reader, read in sorted(inputs.items()) if address in read]


def following(inputs: Mapping[str, tuple[str, ...]], addresses: Iterable[str]) -> list[Consumer]:
    """Return everything that reads the ports directly or through others, each after what it reads."""
    again = set(addresses)
    todo = {address: read for address, read in inputs.items() if address not in again}
    found: dict[str, None] = {}
    grown = True
    while grown:
        grown = False
        for address, read in sorted(todo.items()):
            if address not in found and not again.isdisjoint(read):
                found[address] = None
                again.add(address)
                grown = True
    ordered: list[Consumer] = []
    placed = set(addresses)
    waiting = list(found)
    while waiting:
        ready = [
            address
            for address in waiting
            if all(port in placed or port not in again for port in todo[address])
        ] or waiting
        for address in ready:
            changing = tuple(port for port in todo[address] if port in again)
            ordered.append(Consumer(address, todo[address], changing))
            placed.add(address)
        waiting = [address for address in waiting if address not in placed]
    return ordered
