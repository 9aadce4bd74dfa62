"""The mesh: every domain and every product that the files under one root declare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from interline.domains.contract import Contract
from interline.domains.domain import Domain, read_domain
from interline.domains.names import NAME_SHAPE, is_address, is_name
from interline.domains.odcs import contract_of
from interline.domains.problems import MeshError, Problem, did_you_mean
from interline.domains.product import ProductFile, Source, product_of
from interline.domains.yaml_reading import read


@dataclass(frozen=True, slots=True)
class Product:
    """One data product: its address, its domain, and what its two files say."""

    address: str
    name: str
    domain: Domain
    contract: Contract
    file: ProductFile
    folder: Path
    """``domains/<domain>/<product>``, where a training script lives beside the promises."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Addresses of the ports it reads."""
        return self.file.inputs

    @property
    def sources(self) -> tuple[Source, ...]:
        """What lands for it in its domain's landing bucket."""
        return self.file.sources

    @property
    def asset_uri(self) -> str:
        """The port's one URI, everywhere: Airflow, OpenLineage, catalog; also where its files are."""
        return f"s3://{self.domain.curated_bucket}/{self.name}"

    @property
    def location(self) -> str:
        """The S3 prefix of the port's Iceberg table."""
        return self.asset_uri + "/"

    def source(self, name: str) -> Source:
        """Return one source.

        Raises:
            KeyError: the product declares no such source; the message has the names it declares.
        """
        for source in self.sources:
            if source.name == name:
                return source
        names = [source.name for source in self.sources]
        hint = did_you_mean(name, names) or f"declared are {', '.join(names) or 'none'}"
        raise KeyError(f"{self.address} declares no source {name!r} in product.yaml ({hint})")


@dataclass(frozen=True, slots=True)
class Mesh:
    """All domains by name and all products by address."""

    root: Path
    domains: Mapping[str, Domain]
    products: Mapping[str, Product]


def asset_uri(address: str) -> str:
    """Return the URI of a port from its address alone, so that a consumer's DAG reads no producer's file."""
    domain, _, product = address.partition(".")
    return f"s3://{domain}-curated/{product}"


def load_mesh(root: Path) -> Mesh:
    """Read everything under ``root/domains``.

    Raises:
        MeshError: something is wrong somewhere; every problem of every file is told.
    """
    mesh, problems = read_mesh(root)
    if problems:
        raise MeshError(problems)
    return mesh


def read_mesh(root: Path) -> tuple[Mesh, list[Problem]]:
    """Read what can be read under ``root/domains``, and return the problems of the rest."""
    domains, problems = _read_domains(root)
    products: dict[str, Product] = {}
    for folder in product_folders(root):
        domain = domains.get(folder.parent.name)
        if domain is None:
            continue
        try:
            product = read_product(root, f"{folder.parent.name}.{folder.name}", domain)
        except MeshError as error:
            problems += error.problems
        else:
            products[product.address] = product
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
    """Read one ``domain.yaml``; kept until the file changes.

    Raises:
        MeshError: there is no such domain, or its file is wrong.
    """
    file = root / "domains" / name / "domain.yaml"
    if not is_name(name) or not file.is_file():
        known = sorted(entry.parent.name for entry in (root / "domains").glob("*/domain.yaml"))
        hint = did_you_mean(name, known) or f"known are {', '.join(known)}"
        raise MeshError([Problem(file, 0, f"there is no domain {name!r}", hint)])
    return _load_domain(file, _stamp(file))


def load_product(root: Path, address: str) -> Product:
    """Read one product and its domain and nothing else; kept until one of their files changes.

    Raises:
        MeshError: no such product, or its files are wrong.
    """
    if not is_address(address):
        raise MeshError([Problem(root / "domains", 0, f"{address!r} is no address", "<domain>.<product>")])
    domain, _, name = address.partition(".")
    folder = root / "domains" / domain / name
    if not folder.is_dir():
        known = [f"{found.parent.name}.{found.name}" for found in product_folders(root)]
        hint = did_you_mean(address, known) or "`./interline new product` makes one"
        raise MeshError([Problem(folder, 0, f"there is no product {address!r}", hint)])
    domain_file = root / "domains" / domain / "domain.yaml"
    files = (domain_file, folder / "product.yaml", folder / "contract.yaml")
    return _load_product(root, address, tuple(_stamp(file) for file in files))


def product_folders(root: Path) -> list[Path]:
    """Return every folder that should hold a product, in order of address."""
    return sorted(
        entry
        for entry in (root / "domains").glob("*/*/")
        if not entry.name.startswith((".", "_"))
        and not entry.parent.name.startswith((".", "_"))
        and any(file.is_file() for file in entry.iterdir())
    )


def _stamp(file: Path) -> tuple[int, int]:
    try:
        status = file.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=64)
def _load_domain(file: Path, _stamp: tuple[int, int]) -> Domain:
    return read_domain(file)


@lru_cache(maxsize=64)
def _load_product(root: Path, address: str, _stamps: tuple[tuple[int, int], ...]) -> Product:
    return read_product(root, address, load_domain(root, address.partition(".")[0]))


def read_product(root: Path, address: str, domain: Domain) -> Product:
    """Read ``product.yaml`` and ``contract.yaml`` of one product.

    Raises:
        MeshError: one of them is missing or wrong; problems of both are told.
    """
    name = address.partition(".")[2]
    folder = root / "domains" / domain.name / name
    problems: list[Problem] = []
    if not is_name(name):
        problems.append(Problem(folder, 0, f"{name!r} cannot name a product", f"expected {NAME_SHAPE}"))
        raise MeshError(problems)
    file: ProductFile | None = None
    contract: Contract | None = None
    try:
        file = product_of(read(folder / "product.yaml"), address)
    except MeshError as error:
        problems += error.problems
    try:
        contract = contract_of(read(folder / "contract.yaml"), address)
    except MeshError as error:
        problems += error.problems
    if file is None or contract is None:
        raise MeshError(problems)
    return Product(address, name, domain, contract, file, folder)


def _read_domains(root: Path) -> tuple[dict[str, Domain], list[Problem]]:
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
            problems.append(Problem(entry / "domain.yaml", 0, message, "one domain, one account"))
            continue
        owners[domain.account] = domain.name
        domains[domain.name] = domain
    if not domains and not problems:
        problems.append(Problem(folder, 0, "holds no domain", "a domain is a folder with a domain.yaml"))
    return domains, problems
