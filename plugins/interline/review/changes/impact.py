"""The impact of changes: products and the columns they use, what is made of those, DAGs, and roles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from interline.contracts import Mesh
from interline.review.changes.change import Change, Location
from interline.review.lineage import LineageError, column_lineage, downstream, model_problems, readers


@dataclass(frozen=True, slots=True)
class Reader:
    """A product that reads a changed port."""

    address: str
    uses: tuple[str, ...]
    """Columns of the port that its SQL uses, by their names in the base."""
    touched: tuple[str, ...]
    """Those of them that breaking changes concern."""
    locations: tuple[Location, ...]
    """Where its SQL first names each touched column."""
    moved: bool
    """True: with this pull request it uses none of them any more."""


@dataclass(frozen=True, slots=True)
class Impact:
    """Whom the changes of one port concern."""

    address: str
    columns: tuple[str, ...]
    """Columns with breaking changes; empty and ``whole`` where the port as a whole changed."""
    whole: bool
    readers: tuple[Reader, ...]
    derived_columns: tuple[str, ...]
    """``<address>.<column>`` of every column, however far down, that is made of the columns."""
    dags: tuple[str, ...]
    """DAGs that run on the port's publications, directly or through others."""
    roles: tuple[str, ...]
    """Domains that may read what changes, whether a product of theirs does or not."""

    @property
    def affected(self) -> tuple[Reader, ...]:
        """The readers that use what breaks, and have not moved."""
        return tuple(reader for reader in self.readers if reader.touched and not reader.moved)


def impacts(changes: Iterable[Change], old: Mesh, new: Mesh, today: date) -> list[Impact]:
    """Return, for each port of the base that something changes, its impact; in order of address."""
    by_address: dict[str, list[Change]] = {}
    for change in changes:
        if change.address in old.products and change.level:
            by_address.setdefault(change.address, []).append(change)
    return [_impact(address, found, old, new, today) for address, found in sorted(by_address.items())]


def _impact(address: str, changes: Sequence[Change], old: Mesh, new: Mesh, today: date) -> Impact:
    breaking = [change for change in changes if change.breaking]
    columns = tuple(dict.fromkeys(change.column for change in breaking if change.column is not None))
    contract = old.products[address].contract
    made = {origin for column in columns for origin in downstream(old, address, column)}
    found = [
        _reader(consumer, used, address, breaking, old, new)
        for consumer, used in sorted(readers(old, address).items())
    ]
    roles = tuple(
        role.domain
        for role in contract.roles
        if role.in_force(today)
        and (
            not breaking
            or any(_concerns(change, role.domain, contract.readable_by(role)) for change in breaking)
        )
    )
    return Impact(
        address,
        columns,
        any(change.column is None for change in breaking),
        tuple(found),
        tuple(sorted(f"{origin.address}.{origin.column}" for origin in made)),
        _dags(old, address),
        roles,
    )


def _concerns(change: Change, domain: str, columns: Iterable[str]) -> bool:
    """Whether a change is one for a domain that reads some columns: a role's change is for that role alone."""
    if change.kind_name.startswith("role-") and change.subject != domain:
        return False
    return change.column is None or change.column in columns


def _reader(
    consumer: str, used: frozenset[str], address: str, breaking: Sequence[Change], old: Mesh, new: Mesh
) -> Reader:
    domain = consumer.partition(".")[0]
    mine = [change for change in breaking if _concerns(change, domain, used)]
    whole = any(change.column is None for change in mine)
    touched = tuple(sorted(used if whole else {change.column for change in mine if change.column}))
    now = new.products.get(consumer)
    moved = now is None or address not in now.inputs
    if not moved and touched and not whole:
        # what names a column that is gone uses it, and is reported as a problem of the model
        uses = readers(new, address).get(consumer, frozenset())
        moved = not model_problems(new, consumer) and not uses & set(touched)
    locations = () if moved or whole else tuple(_locations(consumer, address, touched, old, new))
    return Reader(consumer, tuple(sorted(used)), touched, locations, moved)


def _locations(consumer: str, address: str, columns: tuple[str, ...], old: Mesh, new: Mesh) -> list[Location]:
    """Where columns are used now; in the base where the SQL of now cannot be followed."""
    for mesh in (new, old):
        try:
            uses = column_lineage(mesh, consumer).uses
        except LineageError:
            continue
        locations = {
            use.column: Location(_relative(use.path, mesh.root), use.line)
            for use in uses
            if use.address == address and use.column in columns
        }
        if locations:
            return [locations[column] for column in columns if column in locations]
    return []


def _relative(path: Path, root: Path) -> PurePosixPath:
    return PurePosixPath(path.relative_to(root).as_posix())


def _dags(mesh: Mesh, address: str) -> tuple[str, ...]:
    found: set[str] = set()
    waiting = [address]
    while waiting:
        read = waiting.pop()
        for product in mesh.products.values():
            if read in product.inputs and product.address not in found:
                found.add(product.address)
                waiting.append(product.address)
    return tuple(sorted(found))
