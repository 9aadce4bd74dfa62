"""Products that wait for themselves through others."""

from __future__ import annotations

from collections.abc import Iterator

from interline.contracts import Mesh, Problem
from interline.contracts.yaml.reader import read
from interline.review.checking.view import View


def cycle_problems(view: View) -> Iterator[Problem]:
    """Find each circle of input ports once; without recursion, since a chain of products may be long."""
    mesh = view.mesh
    done: set[str] = set()
    for start in mesh.products:
        trail: list[str] = []
        waiting: list[tuple[str, bool]] = [(start, False)]
        while waiting:
            address, left = waiting.pop()
            if left:
                trail.pop()
                done.add(address)
            elif address in trail:
                yield _circle(mesh, [*trail[trail.index(address) :], address])
            elif address not in done and address in mesh.products:
                trail.append(address)
                waiting.append((address, True))
                waiting += [(following, False) for following in reversed(mesh.products[address].inputs)]


def _circle(mesh: Mesh, circle: list[str]) -> Problem:
    product = mesh.products[circle[0]]
    place = ("inputPorts", product.inputs.index(circle[1]), "contractId")
    document = read(product.folder / "product.yaml")
    return document.problem(place, f"waits for itself: {' → '.join(circle)}", "one of these inputs has to go")
