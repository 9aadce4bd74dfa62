"""Interline's figures, each with its peer in the same run; `parse`, `check`, `run`, `access-matrix`, `reconcile` or
`faults` alone when it is named."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "plugins"))

from rich.console import Console
from rich.markup import escape

from benchmarks import access_faults, access_matrix, check, parse, reconcile, run
from benchmarks.bare_work import BareWorkError
from benchmarks.figures import BenchmarkError
from testkit.access_faults.proxy import ProxyError

WHICH = ("all", "parse", "check", "run", "access-matrix", "reconcile", "faults")


def main() -> int:
    """Measure what the command line names; the exit code is 1 when a promise is broken or a measure failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog="At the repository's root: .interline/environments/airflow/bin/python -m benchmarks. "
        "All takes about half an hour on 2 cores that have nothing else to do.",
    )
    parser.add_argument("which", nargs="?", choices=WHICH, default="all")
    parser.add_argument(
        "--products", nargs="+", type=int, default=parse.SIZES, help="parse: sizes of the mesh"
    )
    parser.add_argument("--days", type=int, default=3, help="run: data days")
    parser.add_argument("--scale", type=float, default=1.0, help="run: size of the input")
    parser.add_argument("--turns", type=int, help="how often each is measured")
    given = parser.parse_args()
    console = Console()
    passed = True
    try:
        if given.which in ("all", "parse"):
            passed &= parse.measure(console, given.products, given.turns or parse.TURNS)
        if given.which in ("all", "check"):
            passed &= check.measure(console)
        if given.which in ("all", "access-matrix"):
            passed &= access_matrix.measure(console)
        if given.which in ("all", "reconcile"):
            passed &= reconcile.measure(console)
        if given.which in ("all", "faults"):
            passed &= access_faults.measure(console)
        if given.which in ("all", "run"):
            passed &= run.measure(console, given.days, given.scale, given.turns or run.TURNS)
    except (BenchmarkError, BareWorkError, ProxyError) as error:
        console.print(f"[bold red]{escape(str(error))}[/]")
        return 1
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
