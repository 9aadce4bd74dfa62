"""Two meshes compared: every change, the version it demands, its impact, and what follows for grants and DAGs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from interline.access import Plan, desired_state, difference
from interline.contracts import Mesh, Problem, Product
from interline.review.changes.base import Base
from interline.review.changes.change import Change, Location
from interline.review.changes.contracts import compare_contracts
from interline.review.changes.dags import DagChange, compare_dags
from interline.review.changes.impact import Impact, impacts
from interline.review.changes.meshes import FILES, read_base
from interline.review.changes.pair import Side
from interline.review.changes.products import compare_domains, compare_product_files
from interline.review.changes.version_policy import (
    Verdict,
    verdict_on_added,
    verdict_on_change,
    verdict_on_removed,
)


@dataclass(frozen=True)
class Comparison:
    """What a pull request changes."""

    base: str
    commit: str
    uncommitted: int
    changes: tuple[Change, ...]
    verdicts: tuple[Verdict, ...]
    successions: tuple[Succession, ...]
    impacts: tuple[Impact, ...]
    dags: tuple[DagChange, ...]
    access: Plan
    uncompared: tuple[Problem, ...]
    """What of the base is refused by today's rules, so that it could not be compared."""
    unread: tuple[str, ...] = ()
    """Products whose files can't be read as they are now, so that nobody knows what changes."""

    @property
    def refused(self) -> tuple[Verdict, ...]:
        """The rulings because of which the check fails."""
        return tuple(verdict for verdict in self.verdicts if verdict.refused)


@dataclass(frozen=True)
class Succession:
    """A new major version beside an older one, and what its consumers find there."""

    address: str
    follows: str
    version: str
    before: str
    changes: tuple[Change, ...]


def compare(base: Base, new: Mesh, today: date) -> Comparison:
    """Compare the mesh of a checkout with the mesh of its base.

    :param base: the base's files, see :func:`interline.review.changes.base.base_of`
    :param new: the mesh as it is now, as far as it can be read
    :param today: the day on which roles and ports have ended or not
    """
    old, uncompared = read_base(base, new)
    changes = list(compare_domains(old, new))
    verdicts: list[Verdict] = []
    unread = tuple(sorted(_unread(new)))
    for address in sorted({*old.products, *new.products}):
        before, after = old.products.get(address), new.products.get(address)
        if before is not None and after is not None:
            found = _changed(base, before, after, old, new, today, verdicts)
        elif after is not None:
            if _is_there(old, address):
                continue
            found = _added(after, new, verdicts)
        elif before is not None and not _is_there(new, address):
            found = _removed(before, old, new, today, verdicts)
        else:
            continue
        changes += found
    was, now = _completed(old, new)
    return Comparison(
        base.name,
        base.commit,
        base.uncommitted,
        tuple(changes),
        tuple(verdicts),
        tuple(_successions(old, new, today)),
        tuple(impacts(changes, old, new, today)),
        tuple(compare_dags(base, was, now)),
        difference(desired_state(was, today), desired_state(now, today)),
        tuple(_relative(problem, base.root) for problem in uncompared),
        unread,
    )


def _unread(mesh: Mesh) -> Iterator[str]:
    """Yield the addresses of contracts that are there and do not load."""
    for path in (mesh.root / "domains").glob("*/*/contract.yaml"):
        address = f"{path.parent.parent.name}.{path.parent.name}"
        if address not in mesh.products:
            yield address


def _relative(problem: Problem, root: Path) -> Problem:
    """A problem of the base, without the temporary folder in which its files are."""
    path = problem.path.relative_to(root) if problem.path.is_relative_to(root) else problem.path
    here = f"{root}/"
    return Problem(path, problem.line, problem.message.replace(here, ""), problem.hint.replace(here, ""))


def _changed(
    base: Base, before: Product, after: Product, old: Mesh, new: Mesh, today: date, verdicts: list[Verdict]
) -> list[Change]:
    folder = PurePosixPath("domains", after.domain.name, after.name)
    if base.is_same(folder, FILES):
        return []
    sides = Side(old.root, before), Side(new.root, after)
    changes: list[Change] = []
    if not base.is_same(folder, ("contract.yaml",)):
        changes = compare_contracts(*sides, today)
        if changes:
            verdicts.append(verdict_on_change(*sides, changes))
    return [*changes, *compare_product_files(*sides)]


def _added(product: Product, new: Mesh, verdicts: list[Verdict]) -> list[Change]:
    location = Location(Side(new.root, product).path, 1)
    verdicts.append(verdict_on_added(product, location))
    message = f"{product.address} {product.contract.version} is new"
    return [Change("port-added", product.address, product.name, message, location)]


def _removed(product: Product, old: Mesh, new: Mesh, today: date, verdicts: list[Verdict]) -> list[Change]:
    side = Side(old.root, product)
    readers = sorted(other.address for other in new.products.values() if product.address in other.inputs)
    verdict = verdict_on_removed(side, readers, today)
    verdicts.append(verdict)
    kind = "port-removed" if verdict.refused else "ended-port-removed"
    message = f"{product.address} {product.contract.version} is gone"
    return [Change(kind, product.address, product.name, message, Location(side.path, 1), True)]


def _completed(old: Mesh, new: Mesh) -> tuple[Mesh, Mesh]:
    """Return both meshes with what one of them cannot read taken from the other: a mistake revokes no grant."""
    unread_before = {
        address: product
        for address, product in new.products.items()
        if address not in old.products and _is_there(old, address)
    }
    unread_now = {
        address: product
        for address, product in old.products.items()
        if address not in new.products and _is_there(new, address)
    }
    return (
        Mesh(
            old.root,
            {**new.domains, **old.domains} if unread_before else old.domains,
            {**old.products, **unread_before},
        ),
        Mesh(
            new.root,
            {**old.domains, **new.domains} if unread_now else new.domains,
            {**new.products, **unread_now},
        ),
    )


def _is_there(mesh: Mesh, address: str) -> bool:
    """Whether the product's folder has a contract; if it could not be read, that is reported as a problem."""
    return (mesh.root / "domains" / address.replace(".", "/") / "contract.yaml").exists()


def _successions(old: Mesh, new: Mesh, today: date) -> Iterator[Succession]:
    """Yield what a new major version changes against the one it follows, for those who will move."""
    for address, product in sorted(new.products.items()):
        if address in old.products or product.major < 2:
            continue
        earlier = [
            other
            for other in new.products.values()
            if other.contract_id == product.contract_id and other.major < product.major
        ]
        follows = max(earlier, key=lambda other: other.major, default=None)
        if follows is not None:
            found = compare_contracts(Side(new.root, follows), Side(new.root, product), today)
            changes = [change for change in found if change.subject not in ("status", "endOfLife")]
            message = (product.contract.version, follows.contract.version)
            yield Succession(address, follows.address, *message, tuple(changes))
