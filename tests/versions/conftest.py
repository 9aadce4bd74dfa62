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


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The repository's ``domains/``, ``dags/`` and ``dbt/``, in a folder of the test's own."""
    for folder in ("domains", "dags", "dbt"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path
