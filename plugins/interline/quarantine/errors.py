"""What can be wrong with what is asked of a quarantine."""

from __future__ import annotations

from collections.abc import Sequence

MOST_PROBLEMS = 20


class QuarantineError(Exception):
    """Something was asked of a quarantine that cannot be done; the message says what to do."""


class CorrectionError(Exception):
    """Corrections that cannot be used: every problem found, with its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        more = len(self.problems) - MOST_PROBLEMS
        shown = [*self.problems[:MOST_PROBLEMS], *([f"and {more} more"] if more > 0 else [])]
        super().__init__("\n".join(shown))
