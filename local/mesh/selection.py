"""Which products a run is about, and which data days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from interline.contracts import Mesh, Product
from interline.contracts.problems import did_you_mean
from local.source_systems import FIRST_DAY, LAST_DAY

_DAYS = 3


class SelectionError(ValueError):
    """A domain or day that does not exist; the message says what does."""


@dataclass(frozen=True)
class Selection:
    """Products in an order in which each comes after those it reads, and data days in order."""

    products: Mapping[str, Product]
    days: tuple[date, ...]

    @property
    def source_aligned(self) -> tuple[Product, ...]:
        """Those that read no port: they are started, the others follow their inputs."""
        return tuple(product for product in self.products.values() if not product.inputs)

    @property
    def domains(self) -> frozenset[str]:
        return frozenset(product.domain.name for product in self.products.values())


def select_products(mesh: Mesh, domains: Iterable[str]) -> dict[str, Product]:
    """The products of these domains (all when none is named) and, transitively, those they read.

    Raises:
        SelectionError: no such domain, a domain without products, or an input port that no product offers.
    """
    chosen = tuple(domains)
    for name in chosen:
        if name not in mesh.domains:
            known = ", ".join(sorted(mesh.domains))
            raise SelectionError(
                f"there is no domain {name!r} ({did_you_mean(name, mesh.domains) or 'there are ' + known})"
            )
    ordered: dict[str, Product] = {}

    def add(address: str, path: tuple[str, ...]) -> None:
        if address in ordered:
            return
        if address in path:
            raise SelectionError(f"products read each other in a circle: {' → '.join((*path, address))}")
        product = mesh.products.get(address)
        if product is None:
            hint = did_you_mean(address, mesh.products) or "./interline check tells more"
            raise SelectionError(f"{path[-1]} reads {address}, which no product offers ({hint})")
        for needed in product.inputs:
            add(needed, (*path, address))
        ordered[address] = product

    for address, product in sorted(mesh.products.items()):
        if not chosen or product.domain.name in chosen:
            add(address, ())
    if not ordered:
        raise SelectionError(f"no data products in {', '.join(chosen) or 'this repository'}")
    return ordered


def select_days(count: int | None, first: date | None, last: date | None) -> tuple[date, ...]:
    """Data days: the first `count` that the input covers, or those from `first` to `last`.

    Raises:
        SelectionError: outside of what the input covers, or in the wrong order.
    """
    length = timedelta(days=(_DAYS if count is None else count) - 1)
    begin = first or (FIRST_DAY if last is None or count is None else last - length)
    end = last or begin + length
    if first and last and count is not None and end - begin != length:
        raise SelectionError(
            f"--from {first} --to {last} are {(end - begin).days + 1} days, not --days {count}"
        )
    covered = f"the input covers {FIRST_DAY} to {LAST_DAY}"
    if end < begin:
        raise SelectionError(f"no data day from {begin} to {end} ({covered})")
    for day in (begin, end):
        if not FIRST_DAY <= day <= LAST_DAY:
            raise SelectionError(f"{day} is no data day: {covered}")
    return tuple(begin + timedelta(days=number) for number in range((end - begin).days + 1))
