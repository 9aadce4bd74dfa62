"""A person adds a product with one command and four files, and no other file is touched."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.airflow.home import Home
from tests.mesh.conftest import REPOSITORY, Mesh

PARTS = ("cli", "local", "plugins", "domains", "dags", "dbt", "requirements", "interline", "pyproject.toml")


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[Mesh]:
    root = tmp_path / "repository"
    root.mkdir()
    for part in PARTS:
        source = REPOSITORY / part
        if source.is_dir():
            shutil.copytree(
                source, root / part, ignore=shutil.ignore_patterns("__pycache__", "target", "logs")
            )
        else:
            shutil.copy(source, root / part)
    mesh = Mesh(Home(tmp_path / "home"), root)
    try:
        yield mesh
    finally:
        mesh.end()


def _interline(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "cli", *arguments], capture_output=True, text=True, check=False,
        env={"PYTHONPATH": f"{root}:{root / 'plugins'}", "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
    )  # fmt: skip


def _files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for part in ("domains", "dags", "dbt")
        for path in sorted((root / part).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_ancillaries(copied: Mesh) -> None:
    root = copied.root
    before = _files(root)
    made = _interline(root, "new", "product", "bookings.ancillaries", "--reads", "bookings.reservations")
    assert made.returncode == 0, made.stderr
    new = set(_files(root)) - set(before)
    assert new == {
        "domains/bookings/ancillaries/product.yaml", "domains/bookings/ancillaries/contract.yaml",
        "dags/bookings/ancillaries.py", "dbt/models/bookings/ancillaries.sql",
    }  # fmt: skip
    left = _interline(root, "check")
    assert left.returncode == 1
    assert "is still to be filled in" in left.stdout
    for name in new:
        path = root / name
        path.write_text(
            path.read_text()
            .replace("FILL IN:", "Ancillaries:")
            .replace("where true", "where i.passengers > 1")
        )
    filled = _interline(root, "check")
    assert filled.returncode == 0, filled.stdout
    run = copied.interline("run", "--days", "1", "--scale", "0.1", "--domain", "bookings")
    assert run.code == 0, run.output
    counted = copied.session("bookings").athena(
        "SELECT count(*) FROM reservations WHERE passengers > 1", "bookings_curated"
    )
    assert int(run.table["bookings.ancillaries"].rows.replace(",", "")) == int(counted[0][0] or 0) > 0
    assert {name: content for name, content in _files(root).items() if name not in new} == before
