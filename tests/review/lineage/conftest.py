"""The repository's mesh, read once."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from interline.contracts import Mesh, load_mesh

ROOT = Path(__file__).resolve().parents[3]

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="interline-lineage-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")


@pytest.fixture(scope="session")
def mesh() -> Mesh:
    """The mesh of this repository."""
    return load_mesh(ROOT)
