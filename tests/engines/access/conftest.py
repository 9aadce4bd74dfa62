"""One local AWS for the tests of access, for nothing else: they take away what no contract says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testkit.access_faults.scene import Scene
from tests.engines.conftest import REPOSITORY, start_local_aws


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Two domains with their tables."""
    aws = start_local_aws(tmp_path_factory.mktemp("access-aws"))
    yield Scene(aws.endpoint, aws.environment, REPOSITORY)
    aws.stop()
