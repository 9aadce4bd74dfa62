"""The repository's own DAGs, loaded once as Airflow loads them."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="interline-integrity-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def whole_dag_bag() -> Any:
    """A DagBag over ``dags/``; no database is needed for it."""
    from airflow.dag_processing.dagbag import DagBag

    logging.disable(logging.INFO)
    try:
        return DagBag(str(ROOT / "dags"))
    finally:
        logging.disable(logging.NOTSET)


@pytest.fixture(scope="session")
def dag_bag(whole_dag_bag: Any) -> Any:
    """The products' DAGs, with what could not be imported of any DAG."""
    return _part(whole_dag_bag, platform=False)


@pytest.fixture(scope="session")
def platform_dag_bag(whole_dag_bag: Any) -> Any:
    """The DAGs in ``dags/platform``, with what could not be imported of any DAG."""
    return _part(whole_dag_bag, platform=True)


def _part(bag: Any, *, platform: bool) -> Any:
    dags = {name: dag for name, dag in bag.dags.items() if name.startswith("platform.") == platform}
    return SimpleNamespace(dags=dags, import_errors=bag.import_errors)
