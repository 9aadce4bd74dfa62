"""Fixtures of the platform package's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from mesh_folder import MeshFolder


@pytest.fixture
def mesh_folder(tmp_path: Path) -> MeshFolder:
    """A valid mesh of two domains and one product."""
    return MeshFolder(tmp_path)
