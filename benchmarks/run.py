"""Wall time of a warm `./interline run`, beside the same work done bare on the same kind of local AWS.

Warm: both environments are installed, Airflow's database exists and dbt has parsed its macros, but no data is there.
The run counts from the command to the printed table; the bare work from a ready local AWS to the last published port.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from rich.console import Console

from benchmarks.bare_work import BareMesh
from benchmarks.figures import BenchmarkError, Promise, show, verdicts
from interline.contracts import load_mesh
from local.mesh import aws, processes
from local.mesh.home import Home, read_json
from local.mesh.landing import Input, Lander
from local.mesh.selection import select_days, select_products
from local.source_systems import SEED

ROOT = Path(__file__).resolve().parent.parent
TURNS = 1
LARGEST_OVERHEAD = 2.5
LONGEST_RUN = 240.0
"""Seconds on 2 cores at the default scale and days."""
_WARMING = ("--days", "1", "--scale", "0.05")


def measure(console: Console, days: int = 3, scale: float = 1.0, turns: int = TURNS) -> bool:
    """Measure, print, and return whether the promises are kept.

    Raises:
        BenchmarkError: a run failed, or the two did not do the same work.
    """
    runs, bare = [], []
    with tempfile.TemporaryDirectory(prefix="interline-run-") as name:
        folder = Path(name)
        try:
            with console.status("warming: one small run"):
                _run(folder / "run", *_WARMING)
            for turn in range(1, turns + 1):
                with console.status(f"turn {turn} of {turns}: ./interline run"):
                    seconds, rows_of_run = _run(folder / "run", "--days", str(days), "--scale", str(scale))
                runs.append(seconds)
                with console.status(f"turn {turn} of {turns}: the same work, bare"):
                    seconds, rows_of_bare = _bare(folder / f"bare{turn}", days, scale)
                bare.append(seconds)
                if rows_of_run != rows_of_bare:
                    raise BenchmarkError(f"not the same work: {rows_of_run} rows against {rows_of_bare}")
        finally:
            for home in folder.iterdir():
                processes.stop_all(Home(home))
    ours, peer = statistics.median(runs), statistics.median(bare)
    product_days = len(rows_of_run) * days
    show(
        console,
        f"Run: {len(rows_of_run)} products, {days} data days, scale {scale:g}; medians of {turns}",
        ("", "s in all", "s a product day"),
        [
            ("./interline run, warm", f"{ours:.1f}", f"{ours / product_days:.1f}"),
            ("the same work, bare", f"{peer:.1f}", f"{peer / product_days:.1f}"),
            ("overhead", f"{ours - peer:.1f}", f"{(ours - peer) / product_days:.1f}"),
        ],
        f"both end with the same rows in every port; load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
    )
    promises = [Promise("a warm run against its bare work:", ours / peer, LARGEST_OVERHEAD, " times")]
    if (days, scale) == (3, 1.0):
        promises.append(Promise("a warm run of three days:", ours, LONGEST_RUN, " s"))
    return verdicts(console, promises)


def _run(home: Path, *options: str) -> tuple[float, dict[str, int]]:
    """One `./interline run` with no data before it: its seconds, and the rows of each port."""
    command = [str(ROOT / "interline"), "run", "--home", str(home), *options]
    begun = time.perf_counter()
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begun
    if finished.returncode:
        raise BenchmarkError(
            f"{' '.join(command)} failed:\n{finished.stdout[-3000:]}{finished.stderr[-1000:]}"
        )
    last_run = read_json(Home(home).last_run_file)
    if last_run is None:
        raise BenchmarkError("the run left no account of what it did")
    # the local AWS goes, and all data with it
    processes.stop_all(Home(home))
    return seconds, {product["address"]: product["rows"] for product in last_run["products"]}


def _bare(folder: Path, days: int, scale: float) -> tuple[float, dict[str, int]]:
    """The bare work on a local AWS of its own: its seconds, and the rows of each port."""
    home = Home(folder)
    home.make()
    mesh = load_mesh(ROOT)
    products = select_products(mesh, ())
    domains = frozenset(product.domain.name for product in products.values())
    selected = select_days(days, None, None)
    ready = aws.wait(home, aws.launch(ROOT, home))
    lander = Lander(Input(domains, SEED, scale), selected)
    try:
        begun = time.perf_counter()
        lander.begin()
        lander.use(ready)
        work = BareMesh(ROOT, mesh, ready)
        work.do(list(products.values()), selected, lander)
        seconds = time.perf_counter() - begun
        rows = {address: work.rows(address) for address in products}
    finally:
        lander.stop()
        processes.stop_all(home)
    return seconds, json.loads(json.dumps(rows))
