"""The contracts as they lie under a root, read so that one broken file never takes anybody's access away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from interline.access import DesiredState, desired
from interline.contracts import Domain, Mesh, load_domain, load_product, product_folders, read_mesh


@dataclass(frozen=True)
class Wanted:
    """What the contracts say, and whose accounts are to agree with it."""

    desired: DesiredState
    domains: tuple[Domain, ...]


def wanted(root: Path, today: date) -> Wanted:
    """Read all contracts under ``root``.

    Ports of products that cannot be read are left alone; the account of a domain whose ``domain.yaml`` cannot be read is
    not even looked at.
    """
    mesh, problems = read_mesh(root)
    unreadable: dict[str, str] = {}
    for folder in product_folders(root):
        address = f"{folder.parent.name}.{folder.name}"
        if address not in mesh.products:
            about = [problem for problem in problems if problem.path.is_relative_to(folder)]
            unreadable[address] = str(about[0]) if about else "it cannot be read"
    domains = tuple(domain for _, domain in sorted(mesh.domains.items()) if not domain.is_platform)
    return Wanted(desired(mesh, today, unreadable), domains)


def wanted_of_port(root: Path, address: str, today: date) -> DesiredState:
    """Read one product's contract, and of the other domains only those that it names.

    Raises:
        interline.contracts.MeshError: it cannot be read, or it names a domain that is not there.
    """
    product = load_product(root, address)
    names = {product.domain.name, *(role.domain for role in product.contract.roles)}
    domains = {name: load_domain(root, name) for name in sorted(names)}
    return desired(Mesh(root, domains, {address: product}), today)
