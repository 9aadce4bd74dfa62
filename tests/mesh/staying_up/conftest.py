"""One mesh stays up for all tests of this folder, so their order matters: who only looks comes before who breaks runs."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
ORDER = (
    "test_status.py",
    "test_versions.py",
    "test_the_run.py",
    "test_bad_input.py",
    "test_broken_runs.py",
    "test_platform_runs.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort this folder's tests among themselves, where they stand."""
    places = [place for place, item in enumerate(items) if item.path.parent == HERE]
    ours = sorted((items[place] for place in places), key=lambda item: ORDER.index(item.path.name))
    for place, item in zip(places, ours, strict=True):
        items[place] = item


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End the mesh with the last test of this folder: even idle, its servers take a good part of a core from all others."""
    mesh = getattr(item, "funcargs", {}).get("mesh")
    if mesh is not None and (nextitem is None or nextitem.path.parent != HERE):
        mesh.end()
