"""Checkouts of this repository's own mesh."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pull_request import REPOSITORY, Checkout


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout that nobody changes."""
    root = tmp_path_factory.mktemp("pristine") / "mesh"
    for tree in ("domains", "dags", "dbt"):
        ignored = shutil.ignore_patterns("__pycache__", "target", "logs", "*.pyc")
        shutil.copytree(REPOSITORY / tree, root / tree, ignore=ignored)
    checkout = Checkout(root)
    checkout.git("init", "-q", "-b", "main", "--template=")
    checkout.commit()
    # few files: every test copies them
    checkout.git("repack", "-q", "-a", "-d")
    checkout.git("checkout", "-q", "-b", "change")
    return checkout


@pytest.fixture
def checkout(pristine: Checkout, tmp_path: Path) -> Checkout:
    """A checkout of one's own."""
    root = tmp_path / "mesh"
    shutil.copytree(pristine.root, root, ignore=shutil.ignore_patterns("__pycache__"))
    return Checkout(root)
