"""The mesh at the base, read with as little work as its differences ask for."""

from __future__ import annotations

from pathlib import PurePosixPath

from interline.contracts import Domain, Mesh, MeshError, Problem, Product, product_folders
from interline.contracts.disk_cache import Lazy
from interline.contracts.read_files import read_domain, read_product_files
from interline.review.changes.base import Base

FILES = ("product.yaml", "contract.yaml")


def read_base(base: Base, new: Mesh) -> tuple[Mesh, list[Problem]]:
    """Read the mesh of the base; products whose two files are the same now are taken from ``new``.

    Returns the mesh and what is wrong with the rest. The rules for reading are today's: what the base promised in a form
    that is refused now cannot be compared.
    """
    problems: list[Problem] = []
    domains: dict[str, Domain] = {}
    for path in sorted((base.root / "domains").glob("*/domain.yaml")):
        try:
            domains[path.parent.name] = read_domain(path)
        except MeshError as error:
            problems += error.problems
    products: dict[str, Product] = {}
    for folder in product_folders(base.root):
        domain = domains.get(folder.parent.name)
        if domain is None:
            continue
        address = f"{domain.name}.{folder.name}"
        known = new.products.get(address)
        relative = PurePosixPath(folder.relative_to(base.root).as_posix())
        if known is not None and base.is_same(relative, FILES):
            products[address] = Product(
                address, folder.name, domain, known.file, str(folder), known.lazy_contract
            )
            continue
        try:
            file, contract = read_product_files(folder, address)
        except MeshError as error:
            problems += error.problems
        else:
            products[address] = Product(address, folder.name, domain, file, str(folder), Lazy(contract))
    return Mesh(base.root, domains, products), problems
