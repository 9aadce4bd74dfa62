"""One change between two versions of the mesh, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from interline.review.changes.kinds import KINDS, Kind, Level


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A line of a file; the path is relative to the root of the mesh. Line 0 means the file as a whole."""

    path: PurePosixPath
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else str(self.path)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was."""

    kind_name: str
    address: str
    """The product (or the domain) whose promise it is."""
    subject: str
    """The column, role, rule or property that changed."""
    message: str
    """What changed, in words, with the values before and after."""
    location: Location
    """Where it stands now; where it stood in the base if it is gone."""
    in_base: bool = False
    """True: ``spot`` is a line of the base."""
    near: Location | None = None
    """For what is gone: the line now at which a reader would look for it; None if the file is gone too."""
    column: str | None = None
    """The column by its name in the base, if it is one column's change; None concerns every reader of the port."""

    @property
    def kind(self) -> Kind:
        """Its kind in the catalogue."""
        return KINDS[self.kind_name]

    @property
    def level(self) -> Level:
        """How far it raises the version."""
        return self.kind.level

    @property
    def breaking(self) -> bool:
        """Whether consumers can be hurt by it."""
        return self.kind.breaking


def highest(changes: Iterable[Change]) -> Level:
    """Return the highest level of some changes; ``NONE`` of none."""
    return max((change.level for change in changes), default=Level.NONE)
