"""`python -m benchmarks`: every figure with its peer; `parse` or `run` after it for that one alone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "plugins"))

from rich.console import Console

from benchmarks import parse


def main() -> int:
    """Run what the command line names; the exit code is 1 when a promise is broken."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog="Start it at the repository's root with .interline/environments/airflow/bin/python.",
    )
    parser.add_argument("which", nargs="*", choices=[[], "parse"], help="all if none is named")
    parser.add_argument(
        "--products", nargs="+", type=int, default=parse.SIZES, help="sizes of the generated mesh"
    )
    parser.add_argument("--turns", type=int, default=parse.TURNS, help="how often each is parsed")
    arguments = parser.parse_args()
    console = Console()
    try:
        kept = parse.measure(console, arguments.products, arguments.turns)
    except parse.BenchmarkError as error:
        console.print(f"[bold red]{error}[/]")
        return 1
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
