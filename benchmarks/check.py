"""How long a check takes: on the repository, and on generated meshes of up to a thousand products, all of them right.

Each in a fresh process, importing included. Beside it stands the least that any check must do: reading the same
files, parsing the models' Jinja and cutting their SQL into tokens, on one core.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.figures import BenchmarkError, Promise, show, verdicts
from benchmarks.generated_products import specifications, write_mesh

ROOT = Path(__file__).resolve().parent.parent
SIZES = (100, 1000)
LONGEST_HERE = 5.0
"""Seconds for the repository itself."""
LONGEST_LARGE = 60.0
"""Seconds for a thousand products."""


def measure(console: Console, sizes: Sequence[int] = SIZES) -> bool:
    """Measure, print, and return whether the promises are kept.

    Raises:
        BenchmarkError: a mesh that is right was found wrong, or not all of its products were checked.
    """
    rows, promises = [], []
    here = _checked(ROOT, None)
    rows.append(_row("this repository", here, ROOT))
    promises.append(Promise("checking this repository:", here["seconds"], LONGEST_HERE, " s"))
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="interline-check-") as name:
            write_mesh(Path(name), specifications(size))
            cost = _checked(Path(name), size)
            rows.append(_row(f"{size:,} products", cost, Path(name)))
            if size == max(sizes) and size >= 1000:
                promises.append(Promise(f"checking {size:,} products:", cost["seconds"], LONGEST_LARGE, " s"))
    show(
        console,
        "Check: a fresh process over a whole mesh",
        ("mesh", "s", "processor s", "ms a product", "MiB", "least s"),
        rows,
        "processor seconds are of all cores together, and ms a product of them; least: only reading files and words of models",
    )
    return verdicts(console, promises)


def _checked(root: Path, size: int | None) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.check_once", str(root)]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'plugins'}"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"the check ended with code {done.returncode}: {done.stderr[-2000:]}")
    cost: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if cost["problems"]:
        raise BenchmarkError("a mesh that is right was found wrong:\n" + "\n".join(cost["problems"]))
    if size is not None and cost["products"] != size:
        raise BenchmarkError(f"{cost['products']} of {size} products were checked")
    return cost


def _row(name: str, cost: dict[str, Any], root: Path) -> tuple[str, ...]:
    return (
        name,
        f"{cost['seconds']:.1f}",
        f"{cost['processor']:.1f}",
        f"{1000 * cost['processor'] / cost['products']:.0f}",
        f"{cost['memory'] / 2**20:.0f}",
        f"{_least(root):.1f}",
    )


def _least(root: Path) -> float:
    """Return the processor seconds of reading every file and the words of every model, without understanding any."""
    import sqlglot
    from jinja2 import Environment

    started = time.process_time()
    for tree in ("domains", "dags", "dbt"):
        for path in (root / tree).rglob("*.*"):
            if path.suffix in (".yaml", ".py", ".sql"):
                path.read_bytes()
    for path in (root / "dbt" / "models").rglob("*.sql"):
        text = path.read_text(encoding="utf-8")
        Environment(autoescape=False).parse(text)  # noqa: S701 - it is SQL
        sqlglot.tokenize(text, dialect="redshift")
    return time.process_time() - started
