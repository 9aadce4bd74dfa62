"""The order of all tests: those that take moments, then the engines of the local AWS, then the whole mesh.

So a small mistake is told first. Some engine tests put the engines under moto in this very process, which changes
moto for good; what uses moto as it comes therefore goes before them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
SLOW = ("engines", "mesh")
"""Folders that come last, in this order."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by folder; within a folder the order stays."""
    items.sort(key=lambda item: _place(item.path.relative_to(HERE).parts[0]))


def _place(folder: str) -> int:
    return SLOW.index(folder) + 1 if folder in SLOW else 0
