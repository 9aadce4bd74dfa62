"""The matrix that the contracts promise: no AWS, no grant, only what the contracts say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from interline.contracts import Mesh, Product, Role
from testkit.access_matrix.cells import ENGINES, Cell, Matrix
from testkit.access_matrix.probes import Filled, matching


def expected_matrix(mesh: Mesh, today: date, ports: Mapping[str, Filled]) -> Matrix:
    """Who may see what on a day.

    `ports` are the tables, by address; they may have more columns than the contracts promise. Engines differ in one
    thing: credentials are vended for a whole table or not at all.
    """
    cells: set[Cell] = set()
    seen: set[Cell] = set()
    for address, product in mesh.products.items():
        filled = ports[address]
        for role in consumers(mesh):
            columns, rows = _readable(product, role, today, filled)
            whole = columns == set(filled.columns) and len(rows) == len(filled.rows)
            for engine in ENGINES:
                for column in filled.columns:
                    for row in range(len(filled.rows)):
                        cell = Cell(role, address, column, row, engine)
                        cells.add(cell)
                        visible = column in columns and row in rows
                        if whole if engine == "vended credentials" else visible:
                            seen.add(cell)
    return Matrix(frozenset(cells), frozenset(seen))


def consumers(mesh: Mesh) -> list[str]:
    """The domains that may come and read: all but the platform, which has no cluster and no workgroup."""
    return sorted(name for name, domain in mesh.domains.items() if not domain.is_platform)


def _readable(product: Product, domain: str, today: date, filled: Filled) -> tuple[set[str], set[int]]:
    """The columns and the probe rows of a port that a domain may see."""
    if domain == product.domain.name:
        return set(filled.columns), set(range(len(filled.rows)))
    role = _role(product, domain)
    if role is None or not role.in_force(today):
        return set(), set()
    columns = set(product.contract.readable_by(role)) & set(filled.columns)
    return columns, matching(filled, role.rows) if columns else set()


def _role(product: Product, domain: str) -> Role | None:
    return next((role for role in product.contract.roles if role.domain == domain), None)
