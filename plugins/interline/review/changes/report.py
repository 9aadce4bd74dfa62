"""Everything one check found, whoever reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from interline.contracts import Problem
from interline.review.changes.change import Change
from interline.review.changes.comparison import Comparison
from interline.review.changes.end_of_life import EndingPort
from interline.review.changes.impact import Impact
from interline.review.changes.version_policy import Verdict


@dataclass(frozen=True)
class Report:
    """What a check has to say; paths in it are relative to the root of the mesh."""

    today: date
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    """What is worth knowing and no mistake."""
    ending_ports: tuple[EndingPort, ...]
    comparison: Comparison | None
    """None if there was no base to compare with."""

    @property
    def failed(self) -> bool:
        """Whether something must change before this may be merged."""
        return bool(self.problems or (self.comparison and self.comparison.refused))

    def changes_of(self, address: str) -> tuple[Change, ...]:
        """The changes of one product or domain, in the order of the report."""
        changes = self.comparison.changes if self.comparison else ()
        return tuple(change for change in changes if change.address == address)

    def impact_of(self, address: str) -> Impact | None:
        """Whom the changes of a port concern."""
        found = self.comparison.impacts if self.comparison else ()
        return next((impact for impact in found if impact.address == address), None)

    def verdict_of(self, address: str) -> Verdict | None:
        """The ruling on a port's contract."""
        found = self.comparison.verdicts if self.comparison else ()
        return next((verdict for verdict in found if verdict.address == address), None)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Products and domains with changes, refused ones first."""
        if self.comparison is None:
            return ()
        refused = {verdict.address for verdict in self.comparison.refused}
        found = dict.fromkeys(change.address for change in self.comparison.changes)
        return tuple(sorted(found, key=lambda address: (address not in refused, address)))

    @property
    def summary(self) -> str:
        """One line of figures."""
        parts = [counted(len(self.problems), "problem")]
        if self.comparison is not None:
            breaking = sum(change.breaking for change in self.comparison.changes)
            other = len(self.comparison.changes) - breaking
            parts += [counted(breaking, "breaking change"), counted(other, "compatible change")]
            refused = self.comparison.refused
            if refused:
                parts.append(f"refused: {', '.join(verdict.address for verdict in refused)}")
        if self.notes:
            parts.append(counted(len(self.notes), "note"))
        return ", ".join(parts)


def counted(number: int, what: str) -> str:
    """Return ``3 problems``."""
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """Return a text without what a terminal would obey: control characters are written out."""
    return "".join(c if c.isprintable() or c in "\r\n" else ascii(c)[1:-1] for c in text)


def relative(problem: Problem, root: Path) -> Problem:
    """Return a problem with its path relative to the root of the mesh, where it is below it."""
    path = problem.path
    if path.is_relative_to(root):
        path = path.relative_to(root)
    message = problem.message.replace(f"{root}/", "")
    return Problem(path, problem.line, message, problem.hint.replace(f"{root}/", ""))
