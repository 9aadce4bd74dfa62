"""What changed beside the contracts: products and domains that come and go, their inputs, sources and teams."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from interline.contracts import Mesh
from interline.contracts.model.location import Place
from interline.review.changes.change import Change, Spot
from interline.review.changes.pair import Side


def compare_product_files(old: Side, new: Side) -> Iterator[Change]:
    """Yield the changes of a product.yaml."""
    address = new.product.address
    before, after = old.product, new.product
    for position, read in enumerate(after.inputs):
        if read not in before.inputs:
            spot = new.product_spot(("inputPorts", position))
            yield Change("input-added", address, read, f"{address} reads {read} now", spot)
    for position, read in enumerate(before.inputs):
        if read not in after.inputs:
            told = f"{address} no longer reads {read}"
            yield _gone("input-removed", old, new, read, told, ("inputPorts", position), ("inputPorts",))
    sources = {source.name: source for source in before.sources}
    for source in after.sources:
        was = sources.pop(source.name, None)
        spot = new.product_spot(("customProperties",))
        if was is None:
            told = f"{address} lands {source.name} ({source.format}), too"
            yield Change("source-added", address, source.name, told, spot)
        elif was.format != source.format:
            told = f"{address} lands {source.name} as {source.format}, no longer as {was.format}"
            yield Change("source-changed", address, source.name, told, spot)
    for name in sources:
        told, place = f"{address} no longer lands {name}", ("customProperties",)
        yield _gone("source-removed", old, new, name, told, place, place)
    described = ("title", "status", "purpose", "usage", "limitations", "tags", "version")
    differing = [name for name in described if getattr(before.file, name) != getattr(after.file, name)]
    if differing:
        told = f"product.yaml reads differently: {', '.join(differing)}"
        yield Change("product-described", address, differing[0], told, new.product_spot(()))


def _gone(kind: str, old: Side, new: Side, subject: str, told: str, place: Place, near: Place) -> Change:
    spot, nearest = old.product_spot(place), new.product_spot(near)
    return Change(kind, new.product.address, subject, told, spot, True, nearest)


def compare_domains(old: Mesh, new: Mesh) -> Iterator[Change]:
    """Yield the changes of every domain.yaml."""
    for name, domain in new.domains.items():
        path = PurePosixPath("domains", name, "domain.yaml")
        before = old.domains.get(name)
        if before is None and (old.root / path).exists():
            continue
        if before is None:
            told = f"the domain {name} (account {domain.account}) is new"
            yield Change("domain-added", name, name, told, Spot(path, 1))
            continue
        for kind, key in (("account-changed", "account"), ("region-changed", "region")):
            was, now = getattr(before, key), getattr(domain, key)
            if was != now:
                told = f"the {key} of {name} was {was} and is {now}: every port of it moves"
                yield Change(kind, name, key, told, _line(new, path, key))
        if before.team != domain.team:
            told = f"{name} was answered for by {before.team.name} and is by {domain.team.name}"
            if before.team.name == domain.team.name:
                told = f"the team of {name} is reached in another way"
            yield Change("team-changed", name, "team", told, _line(new, path, "team"))
    for name in old.domains:
        path = PurePosixPath("domains", name, "domain.yaml")
        if name not in new.domains and not (new.root / path).exists():
            yield Change("domain-removed", name, name, f"the domain {name} is gone", Spot(path, 1), True)


def _line(mesh: Mesh, path: PurePosixPath, key: str) -> Spot:
    from interline.contracts.yaml.reader import read

    return Spot(path, read(mesh.root / path).line((key,)))
