"""The order of all tests: those that take moments, then the engines of the local AWS, then the whole mesh.

So a small mistake is told first. Some engine tests put the engines under moto in this very process, which changes
moto for good; what uses moto as it comes therefore goes before them.

With several processes (`./interline test` uses pytest-xdist) the tests of one file stay together in one of them, and
so do those that share the mesh which is up for the whole session; every other test of the mesh goes by itself.
"""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
SLOW = ("engines", "mesh")
"""Folders that come last, in this order."""
_SHARED_MESH = "mesh"
"""Fixture of the mesh that is up for the whole session."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by folder, and in tests/mesh the shared mesh first; otherwise the order stays."""
    items.sort(key=_place)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]


def _place(item: pytest.Item) -> tuple[int, bool]:
    folder = _folder(item)
    return SLOW.index(folder) + 1 if folder in SLOW else 0, folder == "mesh" and not _shares(item)


def _shares(item: pytest.Item) -> bool:
    return _SHARED_MESH in getattr(item, "fixturenames", ())


def _group(item: pytest.Item) -> str:
    if _folder(item) != "mesh":
        return str(item.path.relative_to(HERE))
    return _SHARED_MESH if _shares(item) else item.name
