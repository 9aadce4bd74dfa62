"""The mesh: every domain and every product that the files under one root declare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from interline.contracts.disk_cache import Lazy, cached_on_disk
from interline.contracts.model.contract import Contract
from interline.contracts.model.domain import Domain
from interline.contracts.model.names import is_address, is_name
from interline.contracts.model.product import Product, ProductFile
from interline.contracts.problems import MeshError, Problem, did_you_mean
from interline.contracts.yaml.reader import read


@dataclass(frozen=True, slots=True)
class Mesh:
    """All domains by name and all products by address."""

    root: Path
    domains: Mapping[str, Domain]
    products: Mapping[str, Product]


def load_mesh(root: Path) -> Mesh:
    """Read everything under ``root/domains``.

    Raises:
        MeshError: something is wrong somewhere; the error lists every problem of every file.
    """
    mesh, problems = read_mesh(root)
    if problems:
        raise MeshError(problems)
    return mesh


def read_mesh(root: Path) -> tuple[Mesh, list[Problem]]:
    """Read what can be read under ``root/domains``, and return the problems of the rest."""
    from interline.contracts.read_files import read_product_files

    domains, problems = _read_domains(root)
    products: dict[str, Product] = {}
    for folder in product_folders(root):
        domain = domains.get(folder.parent.name)
        if domain is None:
            continue
        address = f"{domain.name}.{folder.name}"
        try:
            file, contract = read_product_files(folder, address)
        except MeshError as error:
            problems += error.problems
        else:
            products[address] = Product(address, folder.name, domain, file, str(folder), Lazy(contract))
    return Mesh(root, domains, products), problems


def load_domains(root: Path) -> Mapping[str, Domain]:
    """Read only the ``domain.yaml`` files, so that no product's mistake matters.

    Raises:
        MeshError: a ``domain.yaml`` is wrong.
    """
    domains, problems = _read_domains(root)
    if problems:
        raise MeshError(problems)
    return domains


def load_domain(root: Path, name: str) -> Domain:
    """Read one ``domain.yaml``; cached, also for other processes, until the file changes.

    Raises:
        MeshError: there is no such domain, or its file is wrong.
    """
    file = f"{root}/domains/{name}/domain.yaml"

    def read() -> Domain:
        from interline.contracts.read_files import read_domain

        path = Path(file)
        if not is_name(name) or not path.is_file():
            known = sorted(entry.parent.name for entry in (root / "domains").glob("*/domain.yaml"))
            hint = did_you_mean(name, known) or f"known are {', '.join(known)}"
            raise MeshError([Problem(path, 0, f"there is no domain {name!r}", hint)])
        return read_domain(path)

    return cached_on_disk((file,), read) if is_name(name) else read()


def load_product(root: Path, address: str) -> Product:
    """Read one product and its domain and nothing else; cached, also for other processes, until their files change.

    Raises:
        MeshError: no such product, or its files are wrong.
    """
    if not is_address(address):
        raise MeshError([Problem(root / "domains", 0, f"{address!r} is no address", "<domain>.<product>")])
    domain, _, name = address.partition(".")
    folder = f"{root}/domains/{domain}/{name}"

    def read() -> tuple[ProductFile, Lazy[Contract]]:
        from interline.contracts.read_files import read_product_files

        path = Path(folder)
        if not path.is_dir():
            known = [f"{found.parent.name}.{found.name}" for found in product_folders(root)]
            hint = did_you_mean(address, known) or "`./interline new product` makes one"
            raise MeshError([Problem(path, 0, f"there is no product {address!r}", hint)])
        file, contract = read_product_files(path, address)
        return file, Lazy(contract)

    file, contract = cached_on_disk((f"{folder}/product.yaml", f"{folder}/contract.yaml"), read)
    return Product(address, name, load_domain(root, domain), file, folder, contract)


def product_folders(root: Path) -> list[Path]:
    """Return every folder that should hold a product, in order of address."""
    return sorted(
        entry
        for entry in (root / "domains").glob("*/*/")
        if not entry.name.startswith((".", "_"))
        and not entry.parent.name.startswith((".", "_"))
        and any(file.is_file() for file in entry.iterdir())
    )


def _read_domains(root: Path) -> tuple[dict[str, Domain], list[Problem]]:
    from interline.contracts.read_files import read_domain

    folder = root / "domains"
    if not folder.is_dir():
        return {}, [Problem(folder, 0, "is missing", "it holds one folder a domain")]
    domains: dict[str, Domain] = {}
    problems: list[Problem] = []
    owners: dict[str, str] = {}
    for entry in sorted(folder.iterdir()):
        if not entry.is_dir() or entry.name.startswith((".", "_")):
            continue
        try:
            domain = read_domain(entry / "domain.yaml")
        except MeshError as error:
            problems += error.problems
            continue
        if domain.account in owners:
            message = f"the account {domain.account} belongs to the domain {owners[domain.account]!r} already"
            line = read(entry / "domain.yaml").line(("account",))
            problems.append(Problem(entry / "domain.yaml", line, message, "one domain, one account"))
        owners.setdefault(domain.account, domain.name)
        domains[domain.name] = domain
    if not domains and not problems:
        problems.append(Problem(folder, 0, "holds no domain", "a domain is a folder with a domain.yaml"))
    return domains, problems
