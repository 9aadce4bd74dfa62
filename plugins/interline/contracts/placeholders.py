"""Places in a scaffolded file that only a person can fill in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from interline.contracts import MeshError, Problem
from interline.contracts.yaml.text import read_text

FILL_IN = "FILL IN:"


def placeholders(path: Path) -> Iterator[Problem]:
    """Return a problem for every place of a file that is still to be filled in."""
    try:
        text = read_text(path)
    except MeshError:
        return
    if FILL_IN not in text:
        return
    for number, line in enumerate(text.splitlines(), start=1):
        _, mark, missing = line.partition(FILL_IN)
        if mark:
            missing = missing.split(FILL_IN)[0].strip().strip("\"'")
            yield Problem(
                path, number, f"is still to be filled in: {missing}", "write it in place of the mark"
            )
