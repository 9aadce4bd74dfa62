"""Which version number a contract must carry after its changes."""

from __future__ import annotations

from interline.contracts.model.version_number import Part, raise_version, version_numbers
from interline.review.changes.kinds import Level

_PARTS: dict[Level, Part] = {Level.PATCH: "patch", Level.MINOR: "minor", Level.MAJOR: "major"}


def lowest_version(before: str, level: Level) -> str:
    """Return the lowest version that changes of a level ask for; the same version if they ask for none.

    Raises:
        ValueError: the version is not of the form ``1.4.2``.
    """
    return before if level is Level.NONE else raise_version(before, _PARTS[level])


def enough(before: str, after: str, level: Level) -> bool:
    """Say whether the version was raised at least as far as the changes ask for."""
    old, new = version_numbers(before), version_numbers(after)
    if old is None or new is None:
        return level is Level.NONE or before != after
    needed = version_numbers(lowest_version(before, level))
    return needed is not None and new >= needed
