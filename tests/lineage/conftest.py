"""The repository's mesh, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from interline.domains import Mesh, load_mesh

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def mesh() -> Mesh:
    """The mesh of this repository."""
    return load_mesh(ROOT)
