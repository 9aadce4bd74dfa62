"""Parse time and memory of Interline's DAG files, beside the same DAGs written by hand in plain Airflow.

Both are parsed by Airflow's own DagBag, each time in a fresh process, in turns; processor seconds are compared,
because a busy machine lengthens the others. Python's byte code of the DAG files is kept, as Python does unless told
otherwise, so the first turn of each is not counted.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.figures import BenchmarkError, Promise, show, verdicts
from benchmarks.generated_products import specifications, write_mesh
from benchmarks.plain_dags import write_plain_dags

ROOT = Path(__file__).resolve().parent.parent
SIZES = (10, 100, 1000)
TURNS = 5
LARGEST_RATIO = 1.3
LARGEST_TOTAL = 30.0
"""Seconds for every file of the largest mesh, on one processor."""
_FORKED_FILES = 20
_KINDS = ("Interline", "plain")


def measure(console: Console, sizes: Sequence[int] = SIZES, turns: int = TURNS) -> bool:
    """Measure, print, and return whether the promises are kept.

    Raises:
        BenchmarkError: a file was not parsed, or not into the same DAGs and tasks.
    """
    rows, forked_rows = [], []
    promises = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="interline-parse-") as name:
            folder = Path(name)
            folders = _write(folder, size)
            costs = _measure_all(console, folder, folders, size, turns)
            ours, plain = (costs[kind] for kind in _KINDS)
            ratio = _median(ours, "processor") / _median(plain, "processor")
            rows.append(
                (
                    f"{size:,}",
                    *(f"{1000 * _median(cost, 'processor') / size:.1f}" for cost in (ours, plain)),
                    f"{ratio:.2f}",
                    *(f"{_median(cost, 'seconds'):.1f}" for cost in (ours, plain)),
                    *(f"{_median(cost, 'memory') / 2**20:.0f}" for cost in (ours, plain)),
                )
            )
            forked = {kind: _forked(folder, folders[kind]) for kind in _KINDS}
            forked_rows.append(
                (f"{size:,}", *(f"{1000 * seconds:.0f}" for seconds in forked.values()),
                 f"{forked['Interline'] / forked['plain']:.2f}")
            )  # fmt: skip
            if size == max(sizes):
                promises = [
                    Promise(
                        f"parsing {size:,} products against plain Airflow:", ratio, LARGEST_RATIO, " times"
                    ),
                    Promise(f"parsing {size:,} products:", _median(ours, "seconds"), LARGEST_TOTAL, " s"),
                ]
    show(
        console,
        f"Parse: one DagBag over all files, beyond `import airflow`; medians of {turns} fresh processes",
        ("products", "ms a file", "plain", "ratio", "s in all", "plain", "MiB", "plain"),
        rows,
        "ms a file are processor time and include each variant's own imports",
    )
    show(
        console,
        "Parse as Airflow's DAG processor does: a new process for every file, serialised",
        ("products", "ms a file", "plain", "ratio"),
        forked_rows,
        f"processor time, medians of {_FORKED_FILES} files; the peer's modules are all preloaded, being Airflow's",
    )
    return verdicts(console, promises)


def _write(folder: Path, size: int) -> dict[str, Path]:
    write_mesh(folder, specifications(size))
    folders = {"Interline": folder / "dags", "plain": folder / "plain" / "dags"}
    if write_plain_dags(folder, folders["plain"]) != size:
        raise BenchmarkError(f"the generated mesh has not the {size} products it should have")
    return folders


def _measure_all(
    console: Console, folder: Path, folders: dict[str, Path], size: int, turns: int
) -> dict[str, list[dict[str, Any]]]:
    costs: dict[str, list[dict[str, Any]]] = {kind: [] for kind in _KINDS}
    for turn in range(turns + 1):
        for kind in _KINDS if turn % 2 else reversed(_KINDS):
            with console.status(f"{size:,} products, {kind}, turn {turn} of {turns}"):
                cost = _fresh(folder, folders[kind])
            if cost["errors"] or cost["dags"] != size:
                file, error = next(iter(cost["errors"].items()), ("", "no error told"))
                raise BenchmarkError(f"{kind}: {cost['dags']} of {size} files were parsed; {file}: {error}")
            if turn:
                costs[kind].append(cost)
    tasks = {kind: costs[kind][0]["tasks"] for kind in _KINDS}
    if len(set(tasks.values())) != 1:
        raise BenchmarkError(f"the DAGs compared have not the same number of tasks: {tasks}")
    return costs


def _forked(folder: Path, dags: Path) -> float:
    return float(_fresh(folder, dags, "--forked", str(_FORKED_FILES))["processor"])


def _fresh(home: Path, dags: Path, *options: str) -> dict[str, Any]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "AWS_")) and name != "PYTHONDONTWRITEBYTECODE"
    }
    environment = {
        **inherited,
        "AIRFLOW_HOME": str(home / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "300",
        # The peer knows nothing of Interline, its policies and what it imports beforehand among it.
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(
            home / "no-plugins" if dags.parent.name == "plain" else ROOT / "plugins"
        ),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")]),
    }
    command = [sys.executable, "-m", "benchmarks.parse_once", str(dags), *options]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise BenchmarkError(f"{' '.join(command)} failed:\n{finished.stderr[-2000:]}")
    return dict(json.loads(finished.stdout.splitlines()[-1]))


def _median(costs: Sequence[dict[str, Any]], name: str) -> float:
    return statistics.median(float(cost[name]) for cost in costs)
