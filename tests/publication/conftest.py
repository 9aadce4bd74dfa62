"""A copy of the repository's products that a test may change."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="interline-versions-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")


def copy_of_products(folder: Path) -> Path:
    """Copy the repository's ``domains/``, ``dags/`` and ``dbt/`` into a folder, and return it."""
    for tree in ("domains", "dags", "dbt"):
        shutil.copytree(ROOT / tree, folder / tree, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The repository's products in a folder of the test's own."""
    return copy_of_products(tmp_path)
