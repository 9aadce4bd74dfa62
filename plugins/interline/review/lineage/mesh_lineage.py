"""Lineage of the whole mesh, worked out product by product on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from interline.contracts import Mesh, MeshError, Problem, Product
from interline.contracts.model.row_tests import ExistsIn
from interline.contracts.yaml.text import read_text
from interline.review.lineage.model_template import Renderer
from interline.review.lineage.models import ColumnUse, Followed, follow
from interline.review.lineage.relations import Lineage, Origin

_MOST_MESHES = 4
"""Meshes whose lineage is kept; a check against a base has two."""


class LineageError(MeshError):
    """The models of a product can't be followed; carries why, with file and line."""


@dataclass(frozen=True)
class ProductLineage:
    """What one port is made of."""

    address: str
    columns: Mapping[str, frozenset[Origin]]
    """For each column of the port: the columns of input ports and landing sources whose values are in it."""
    lines: Mapping[str, int]
    """For each column of the port, the line of the port's model that writes it; 0 if it is not known."""
    reads: Mapping[str, frozenset[str]]
    """For each input port: every column that is used anywhere, to select, join, filter, order or check."""
    uses: tuple[ColumnUse, ...]
    """The same with file and line, landing sources included."""


class _MeshLineage:
    """What is known of one mesh."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self._renderer: Renderer | None = None
        self.macro_problems: list[Problem] = []
        self._followed: dict[str, Followed] = {}
        self._products: dict[str, ProductLineage] = {}
        self._readers: dict[str, list[str]] = {}
        for product in mesh.products.values():
            for address in product.inputs:
                self._readers.setdefault(address, []).append(product.address)
        try:
            self._renderer = Renderer(mesh.root / "dbt", read_text)
        except MeshError as error:
            self.macro_problems = error.problems

    def followed(self, address: str) -> Followed:
        known = self._followed.get(address)
        if known is None:
            product = self.mesh.products[address]
            if self._renderer is None:
                known = Followed(problems=list(self.macro_problems))
            else:
                known = follow(self.mesh, product, self._renderer)
            self._followed[address] = known
        return known

    def product(self, address: str) -> ProductLineage:
        known = self._products.get(address)
        if known is None:
            product = self.mesh.products[address]
            followed = self.followed(address)
            if followed.port is None:
                raise LineageError(followed.problems or [_no_model(self.mesh, product)])
            known = self._products[address] = _product_lineage(product, followed, followed.port)
        return known

    def consumers(self, address: str) -> list[str]:
        return self._readers.get(address, [])


def column_lineage(mesh: Mesh, address: str) -> ProductLineage:
    """Return what the columns of a port are made of and what its models use.

    Raises:
        KeyError: the mesh has no such product.
        LineageError: a model of the product can't be followed.
    """
    return _of(mesh).product(address)


def readers(mesh: Mesh, address: str) -> Mapping[str, frozenset[str]]:
    """Return the products that read a port, and the columns that each uses.

    Of a product whose models can't be followed nobody knows, so it counts as using all it may read.
    """
    lineage = _of(mesh)
    found: dict[str, frozenset[str]] = {}
    for consumer in lineage.consumers(address):
        try:
            found[consumer] = lineage.product(consumer).reads.get(address, frozenset())
        except LineageError:
            found[consumer] = _may_read(mesh, mesh.products[consumer], address)
    return found


def downstream(mesh: Mesh, address: str, column: str) -> frozenset[Origin]:
    """Return every column of other ports that has values of this one in it, however far down."""
    lineage = _of(mesh)
    found: set[Origin] = set()
    waiting = [Origin(address, column)]
    while waiting:
        origin = waiting.pop()
        for consumer in lineage.consumers(origin.address):
            try:
                columns = lineage.product(consumer).columns
            except LineageError:
                continue
            for name, origins in columns.items():
                made = Origin(consumer, name)
                if origin in origins and made not in found:
                    found.add(made)
                    waiting.append(made)
    return frozenset(found)


def model_problems(mesh: Mesh, address: str) -> list[Problem]:
    """Return what keeps the models of a product from being followed; empty when nothing does."""
    return list(_of(mesh).followed(address).problems)


_recent: list[_MeshLineage] = []


def _of(mesh: Mesh) -> _MeshLineage:
    for known in _recent:
        if known.mesh is mesh:
            return known
    made = _MeshLineage(mesh)
    _recent.insert(0, made)
    del _recent[_MOST_MESHES:]
    return made


def _product_lineage(product: Product, followed: Followed, port: Lineage) -> ProductLineage:
    reads: dict[str, set[str]] = {address: set() for address in product.inputs}
    uses: list[ColumnUse] = []
    for use in followed.uses:
        if use.address in reads:
            reads[use.address].add(use.column)
        if "." in use.address:
            uses.append(use)
    for rule in product.contract.row_rules:
        if isinstance(rule.test, ExistsIn) and rule.test.relation in reads:
            reads[rule.test.relation].update(rule.test.columns)
    return ProductLineage(
        product.address,
        port.columns,
        port.lines,
        {address: frozenset(used) for address, used in reads.items()},
        tuple(sorted(set(uses), key=lambda use: (use.address, use.column, use.path, use.line))),
    )


def _may_read(mesh: Mesh, consumer: Product, address: str) -> frozenset[str]:
    producer = mesh.products.get(address)
    if producer is None:
        return frozenset()
    contract = producer.contract
    for role in contract.roles:
        if role.domain == consumer.domain.name:
            return frozenset(contract.readable_by(role))
    return frozenset(contract.column_names)


def _no_model(mesh: Mesh, product: Product) -> Problem:
    path = mesh.root / "dbt" / "models" / product.domain.name / f"{product.name}.sql"
    return Problem(path, 0, f"the model of {product.address} is missing")
