"""Which version number a contract must carry after its changes."""

from __future__ import annotations

import re
from typing import Literal

from interline.review.changes.kinds import Level

_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")


def numbers(version: str) -> tuple[int, int, int] | None:
    """Return major, minor and patch of ``1.4.0``; None if it is no such version."""
    match = _VERSION.fullmatch(version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def raised(version: str, by: Literal["patch", "minor", "major"] | Level) -> str:
    """Return the lowest version that is higher by this much: ``1.4.2`` raised by a minor is ``1.5.0``.

    Raises:
        ValueError: the version is not of the form ``1.4.2``.
    """
    level = Level[by.upper()] if isinstance(by, str) else by
    found = numbers(version)
    if found is None:
        raise ValueError(f"{version!r} is no version: expected major.minor.patch, for example 1.0.0")
    major, minor, patch = found
    if level is Level.MAJOR:
        return f"{major + 1}.0.0"
    if level is Level.MINOR:
        return f"{major}.{minor + 1}.0"
    if level is Level.PATCH:
        return f"{major}.{minor}.{patch + 1}"
    return version


def enough(before: str, after: str, level: Level) -> bool:
    """Say whether the version was raised at least as far as the changes ask for."""
    old, new = numbers(before), numbers(after)
    if old is None or new is None:
        return level is Level.NONE or before != after
    needed = numbers(raised(before, level))
    return needed is not None and new >= needed
