"""What is wrong with a file a person wrote, said so that the person can put it right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in one place.

    ``line`` counts from 1; 0 means the file as a whole. ``hint`` says what to do about it.
    """

    path: Path
    line: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else f"{self.path}"
        return f"{place}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class MeshError(Exception):
    """Files under ``domains/`` that cannot be used; carries every problem found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: list[Problem] = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[MeshError], tuple[list[Problem]]]:
        return type(self), (self.problems,)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the known word nearest to ``word``, or an empty string."""
    known = list(known)
    nearest = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if not nearest:
        by_lower_case = {candidate.lower(): candidate for candidate in known}
        same = by_lower_case.get(word.lower())
        nearest = [same] if same else []
    return f"did you mean {nearest[0]!r}?" if nearest else ""


def one_of(words: Sequence[str]) -> str:
    """Return words as a person would list them: ``a, b or c``."""
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " or " + words[-1]
