"""What changed beside the contracts: products and domains that come and go, their inputs, sources and teams."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from interline.contracts import Mesh
from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.yaml.reader import read
from interline.review.changes.change import Change, Location
from interline.review.changes.pair import Side


def compare_product_files(old: Side, new: Side) -> Iterator[Change]:
    """Yield the changes of a product.yaml."""
    address = new.product.address
    before, after = old.product, new.product
    for position, port in enumerate(after.inputs):
        if port not in before.inputs:
            location = new.product_location(("inputPorts", position))
            yield Change("input-added", address, port, f"{address} reads {port} now", location)
    for position, port in enumerate(before.inputs):
        if port not in after.inputs:
            message = f"{address} no longer reads {port}"
            yield _removal(
                "input-removed", old, new, port, message, ("inputPorts", position), ("inputPorts",)
            )
    sources = {source.name: source for source in before.sources}
    for source in after.sources:
        was = sources.pop(source.name, None)
        location = new.product_location(("customProperties",))
        if was is None:
            message = f"{address} lands {source.name} ({source.format}), too"
            yield Change("source-added", address, source.name, message, location)
        elif was.format != source.format:
            message = f"{address} lands {source.name} as {source.format}, no longer as {was.format}"
            yield Change("source-changed", address, source.name, message, location)
    for name in sources:
        message, place = f"{address} no longer lands {name}", ("customProperties",)
        yield _removal("source-removed", old, new, name, message, place, place)
    described = ("title", "status", "purpose", "usage", "limitations", "tags", "version")
    differing = [name for name in described if getattr(before.file, name) != getattr(after.file, name)]
    if differing:
        message = f"product.yaml reads differently: {', '.join(differing)}"
        yield Change("product-described", address, differing[0], message, new.product_location(()))


def _removal(
    kind: str, old: Side, new: Side, subject: str, message: str, place: YamlPath, near: YamlPath
) -> Change:
    location, nearest = old.product_location(place), new.product_location(near)
    return Change(kind, new.product.address, subject, message, location, True, nearest)


def compare_domains(old: Mesh, new: Mesh) -> Iterator[Change]:
    """Yield the changes of every domain.yaml."""
    for name, domain in new.domains.items():
        path = PurePosixPath("domains", name, "domain.yaml")
        before = old.domains.get(name)
        if before is None and (old.root / path).exists():
            continue
        if before is None:
            message = f"the domain {name} (account {domain.account}) is new"
            yield Change("domain-added", name, name, message, Location(path, 1))
            continue
        for kind, key in (("account-changed", "account"), ("region-changed", "region")):
            was, now = getattr(before, key), getattr(domain, key)
            if was != now:
                message = f"the {key} of {name} was {was} and is {now}: every port of it moves"
                yield Change(kind, name, key, message, _line(new, path, key))
        if before.team != domain.team:
            message = f"{name} was answered for by {before.team.name} and is by {domain.team.name}"
            if before.team.name == domain.team.name:
                message = f"the team of {name} is reached in another way"
            yield Change("team-changed", name, "team", message, _line(new, path, "team"))
    for name in old.domains:
        path = PurePosixPath("domains", name, "domain.yaml")
        if name not in new.domains and not (new.root / path).exists():
            yield Change("domain-removed", name, name, f"the domain {name} is gone", Location(path, 1), True)


def _line(mesh: Mesh, path: PurePosixPath, key: str) -> Location:
    return Location(path, read(mesh.root / path).line((key,)))
