"""What the names in a model's SQL stand for: ports, landing sources, private tables, and the columns they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Origin(NamedTuple):
    """One column of a port (``bookings.reservations``) or of a landing source (``bookings_landing.booking_events``)."""

    address: str
    column: str


@dataclass(frozen=True)
class Relation:
    """A table that a model reads."""

    name: str
    """The address of a port, the name of a landing source, or the name of a private table."""
    columns: tuple[str, ...] | None
    """What a reader sees in it; None when nobody says: a landing table has what the crawler finds."""
    origins: Mapping[str, frozenset[Origin]] | None = None
    """For a private table: where each column comes from. None: the table is an origin itself."""
    hidden: frozenset[str] = field(default=frozenset())
    """Columns that it has but that this reader may not see."""

    def origins_of(self, column: str) -> frozenset[Origin]:
        """Return what a column of it comes from."""
        if self.origins is None:
            return frozenset((Origin(self.name, column),))
        return self.origins.get(column, frozenset())


@dataclass(frozen=True)
class Use:
    """A column that a model names, and the first line that names it."""

    relation: str
    column: str
    line: int


@dataclass
class Lineage:
    """The columns of one model."""

    columns: dict[str, frozenset[Origin]]
    """For each column that comes out, in order: what its value is made of."""
    lines: dict[str, int]
    """For each of them, the line that writes it."""
    uses: dict[tuple[str, str], Use]
    """Every column of every relation that it needs, by relation and column."""
    opaque: tuple[str, ...] = ()
    """Relations of unknown columns whose every column comes out by a star."""
