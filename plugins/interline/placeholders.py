"""Places in a scaffolded file that only a person can fill in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from interline.domains import Problem

FILL_IN = "FILL IN:"


def placeholders(path: Path) -> Iterator[Problem]:
    """Return a problem for every place of a file that is still to be filled in."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for number, line in enumerate(lines, start=1):
        _, mark, asked = line.partition(FILL_IN)
        if mark:
            asked = asked.split(FILL_IN)[0].strip().strip("\"'")
            yield Problem(path, number, f"is still to be filled in: {asked}", "write it in place of the mark")
