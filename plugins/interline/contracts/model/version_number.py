"""The version of a contract as numbers: major, minor and patch (semver.org, 2.0.0)."""

from __future__ import annotations

import re
from typing import Literal

_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")

Part = Literal["major", "minor", "patch"]


def version_numbers(version: str) -> tuple[int, int, int] | None:
    """Return major, minor and patch of ``1.4.0``; None if it is no such version."""
    match = _VERSION.fullmatch(version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def raise_version(version: str, part: Part) -> str:
    """Return the lowest version that is higher by this part: ``1.4.2`` raised by a minor is ``1.5.0``.

    Raises:
        ValueError: the version is not of the form ``1.4.2``.
    """
    numbers = version_numbers(version)
    if numbers is None:
        raise ValueError(f"{version!r} is no version: expected major.minor.patch, for example 1.0.0")
    major, minor, patch = numbers
    if part == "major":
        return f"{major + 1}.0.0"
    if part == "minor":
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"
