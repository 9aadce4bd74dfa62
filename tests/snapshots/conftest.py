"""The repository's DAGs, and the option that writes snapshots anew."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="interline-snapshots-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --update-snapshots."""
    parser.addoption("--update-snapshots", action="store_true", help="write what the DAGs render to now")


@pytest.fixture(scope="session")
def loaded_dags() -> dict[str, Any]:
    """Every DAG of ``dags/`` by its id."""
    from airflow.dag_processing.dagbag import DagBag

    logging.disable(logging.INFO)
    try:
        bag = DagBag(str(ROOT / "dags"))
    finally:
        logging.disable(logging.NOTSET)
    assert bag.import_errors == {}
    return dict(bag.dags)
