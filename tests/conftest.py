"""The order of all tests: those that take moments, then pages followed on a copy of the repository, then the engines of the
local AWS, then the whole mesh.

So a small mistake is told first. Some engine tests put the engines under moto in this very process, which changes
moto for good; what uses moto as it comes therefore goes before them.

With several processes (`./interline test` uses pytest-xdist) the tests of one file stay together in one of them, and
so do those in tests/mesh/staying_up, which use one mesh that is up until the last of them. What takes minutes then does not
come last, or one process would end long after the others: the mesh goes before the engines, whose files take seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from local.gateway import service_descriptions
from tests.mesh_folder import MeshFolder

HERE = Path(__file__).parent
collect_ignore = ["conformance"]
"""Runs in an environment of its own: `./interline test --conformance`."""
SLOW = ("how_to", "engines", "mesh")
"""Folders that come last, in this order; with several processes in the opposite one."""
_ONE_MESH = "tests/mesh/staying_up/"
_ONE_AIRFLOW = "tests/mesh/postgresql/"


class TogetherByFile(LoadScopeScheduling):
    """Give each process whole files, and all tests of the shared mesh to one.

    A scheduler of our own because xdist 3.8 marks groups in a field of tests that pytest 9.2 no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        for folder in (_ONE_MESH, _ONE_AIRFLOW):
            if nodeid.startswith(folder):
                return folder
        return nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> TogetherByFile:
    """Take our scheduler for every way of distributing."""
    return TogetherByFile(config, log)


@pytest.fixture
def mesh_folder(tmp_path: Path) -> MeshFolder:
    """A valid mesh of two domains and one product."""
    return MeshFolder(tmp_path)


def pytest_configure() -> None:
    """Make AWS clients cheaper: the tests make thousands."""
    service_descriptions.share()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort by folder; otherwise the order stays.

    With several processes the shared mesh, which takes longest of all, begins at once in one of them, while the others
    tell small mistakes.
    """
    several = hasattr(config, "workerinput")
    items.sort(key=lambda item: _place(item, several))


def _place(item: pytest.Item, several: bool) -> int:
    folder, *others = item.path.relative_to(HERE).parts
    if several and [folder, *others[:1]] == ["mesh", "staying_up"]:
        return -1
    slow = SLOW[::-1] if several else SLOW
    return slow.index(folder) + 1 if folder in slow else 0
