"""Ports that end: who still reads them, and what may no longer read them on a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from interline.contracts import Mesh, Problem, Product
from interline.contracts.yaml.reader import read


@dataclass(frozen=True, slots=True)
class EndingPort:
    """A port that is deprecated, or ends on a day, and who has not moved yet."""

    address: str
    version: str
    last_day: date | None
    successor: str
    """The product that holds its next major version; empty if there is none."""
    readers: tuple[str, ...]
    """Products that read it."""
    roles: tuple[str, ...]
    """Domains that may read it."""


def ending_ports(mesh: Mesh, today: date) -> list[EndingPort]:
    """Return every port that is on its way out, in order of address."""
    found: list[EndingPort] = []
    versions = _by_contract(mesh)
    for address, product in sorted(mesh.products.items()):
        contract = product.contract
        if contract.status != "deprecated" and contract.end_of_life is None:
            continue
        readers = tuple(sorted(other.address for other in mesh.products.values() if address in other.inputs))
        roles = tuple(role.domain for role in contract.roles if role.in_force(today))
        successor = _successor(versions[product.contract_id], product)
        found.append(
            EndingPort(
                address,
                contract.version,
                contract.end_of_life,
                successor.address if successor else "",
                readers,
                roles,
            )
        )
    return found


def end_of_life_problems(mesh: Mesh, today: date) -> Iterator[Problem]:
    """Yield what reads a port after its last day or its role's, and ports that have a successor and no last day."""
    yield from _expired_roles(mesh, today)
    for port in ending_ports(mesh, today):
        if port.last_day is None or port.last_day >= today:
            continue
        for reader in port.readers:
            path = mesh.products[reader].folder / "product.yaml"
            position = mesh.products[reader].inputs.index(port.address)
            successor = mesh.products.get(port.successor)
            hint = f"read version {successor.contract.version} of it" if successor else "read another port"
            message = f"{reader} reads {port.address} {port.version}, which ended on {port.last_day}"
            yield Problem(path, read(path).line(("inputPorts", position)), message, hint)
    versions = _by_contract(mesh)
    for product in mesh.products.values():
        successor, contract = _successor(versions[product.contract_id], product), product.contract
        if successor is None or successor.contract.status != "active" or contract.status == "retired":
            continue
        if contract.status != "deprecated" or contract.end_of_life is None:
            path = product.folder / "contract.yaml"
            missing = (
                "is not deprecated" if contract.status != "deprecated" else "has no last day (`endOfLife`)"
            )
            yield Problem(
                path,
                read(path).line(("status",)),
                f"{product.address} has the successor {successor.address} and {missing}",
                "write `status: deprecated` and a service level `endOfLife` with its last day",
            )


def _expired_roles(mesh: Mesh, today: date) -> Iterator[Problem]:
    for address, reader in sorted(mesh.products.items()):
        for position, port in enumerate(reader.inputs):
            producer = mesh.products.get(port)
            roles = producer.contract.roles if producer is not None else ()
            for role in roles:
                if producer is None or role.domain != reader.domain.name or role.in_force(today):
                    continue
                path = reader.folder / "product.yaml"
                where = (producer.folder / "contract.yaml").relative_to(mesh.root)
                yield Problem(
                    path,
                    read(path).line(("inputPorts", position)),
                    f"{address} reads {port}, and the role {role.domain} ended on {role.expires}",
                    f"leave it out, or ask {producer.domain.team.name} for a later last day in {where}",
                )


def _by_contract(mesh: Mesh) -> dict[str, list[Product]]:
    """Products by the contract whose major versions they hold, lowest first."""
    found: dict[str, list[Product]] = {}
    for product in mesh.products.values():
        found.setdefault(product.contract_id, []).append(product)
    return {
        contract: sorted(products, key=lambda product: product.major) for contract, products in found.items()
    }


def _successor(majors: list[Product], product: Product) -> Product | None:
    return next((other for other in majors if other.major > product.major), None)
