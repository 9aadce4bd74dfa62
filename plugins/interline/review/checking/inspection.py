"""The whole check: everything is read once, every subject adds what it finds, causes come before what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from interline.contracts import Mesh, Problem, Product, read_mesh
from interline.review.checking.contract_findings import contract_notes, contract_problems
from interline.review.checking.cycles import cycle_problems
from interline.review.checking.dag_declarations import declaration_problems
from interline.review.checking.dag_trees import dag_tree_problems
from interline.review.checking.links import links_out_of
from interline.review.checking.models import model_problems
from interline.review.checking.orphans import orphan_problems
from interline.review.checking.parallel import map_products
from interline.review.checking.ports import port_problems
from interline.review.checking.product_files import product_file_problems
from interline.review.checking.view import View

ProductCheck: TypeAlias = Callable[[View, Product], Iterable[Problem]]
"""Finds what is wrong with one product whose files could be read."""
MeshCheck: TypeAlias = Callable[[View], Iterable[Problem]]
"""Finds what is wrong with the mesh as a whole, or with files that belong to no product."""


def _contract_problems(_view: View, product: Product) -> list[Problem]:
    return contract_problems(product)


PRODUCT_CHECKS: tuple[ProductCheck, ...] = (
    product_file_problems,
    _contract_problems,
    port_problems,
    declaration_problems,
    model_problems,
)
MESH_CHECKS: tuple[MeshCheck, ...] = (
    dag_tree_problems,
    orphan_problems,
    cycle_problems,
)
"""Every check there is; ``docs/adding-a-check.md`` adds one."""


@dataclass(frozen=True)
class Inspection:
    """A mesh as its files say it, and what is to be said about them."""

    mesh: Mesh
    problems: tuple[Problem, ...]
    """What is wrong; causes first."""
    notes: tuple[Problem, ...]
    """What a contract says that nothing executes: not wrong, but nothing to rely on."""


def check_mesh(root: Path) -> list[Problem]:
    """Return everything that is wrong under ``root``, which holds ``domains/``, ``dags/`` and ``dbt/``.

    An empty list means: every file of every product is there and valid, the same addresses stand in all three trees,
    every port that is read exists and is granted, column by column, and no product waits for itself.
    """
    return list(inspect_mesh(root).problems)


def inspect_mesh(root: Path) -> Inspection:
    """Return the mesh under ``root`` and everything that is wrong with it."""
    links = links_out_of(root)
    mesh, problems = read_mesh(root)
    view = View(mesh, problems)
    found = list(problems)
    notes: list[Problem] = []
    for of_product, notes_of_product in map_products(partial(_findings, view), list(mesh.products)):
        found += of_product
        notes += notes_of_product
    for check in MESH_CHECKS:
        found += check(view)
    behind = [problem.path for problem in links]
    found = [problem for problem in found if not _is_behind(problem.path, behind)]
    return Inspection(mesh, tuple(in_order(root, [*links, *found])), tuple(sorted(set(notes))))


def _findings(view: View, address: str) -> tuple[list[Problem], list[Problem]]:
    """Return what is wrong with one product, and what its contract says that nothing executes."""
    product = view.mesh.products[address]
    problems = [problem for check in PRODUCT_CHECKS for problem in check(view, product)]
    return problems, contract_notes(product)


def in_order(root: Path, problems: Iterable[Problem]) -> list[Problem]:
    """Return problems without repeats: domains first, then promises, then models, then DAG files, by file and line."""
    return sorted(set(problems), key=lambda problem: (_rank(root, problem.path), problem))


def _rank(root: Path, path: Path) -> int:
    if path.name == "domain.yaml":
        return 0
    parts = path.relative_to(root).parts if path.is_relative_to(root) else ("",)
    return {"domains": 1, "dbt": 2, "dags": 3}.get(parts[0] if parts else "", 4)


def _is_behind(path: Path, links: list[Path]) -> bool:
    return any(path == link or link in path.parents for link in links)
