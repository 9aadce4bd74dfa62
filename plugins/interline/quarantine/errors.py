"""What commands on a quarantine can fail with."""

from __future__ import annotations

from collections.abc import Sequence

MOST_PROBLEMS = 20


class QuarantineError(Exception):
    """A command on a quarantine cannot be carried out; the message says what to do."""


class CorrectionError(Exception):
    """Corrections that cannot be used: every problem found, with its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        more = len(self.problems) - MOST_PROBLEMS
        shown = [*self.problems[:MOST_PROBLEMS], *([f"and {more} more"] if more > 0 else [])]
        super().__init__("\n".join(shown))
