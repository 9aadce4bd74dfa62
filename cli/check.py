"""`./interline check`: contracts, products, DAG files, in seconds and without AWS."""

from __future__ import annotations

import typer

from cli import exits
from cli.console import console
from cli.errors import told
from cli.repository import ROOT

EXAMPLES = """Examples:\n
\b
  ./interline check
"""


def check() -> None:
    """Check addresses, contracts, products and DAG files; says file, line and what to do."""
    with told():
        from interline.checking import check_mesh

        problems = check_mesh(ROOT)
    screen = console()
    for problem in problems:
        screen.print(str(problem), markup=False, soft_wrap=True)
    if problems:
        screen.print(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}")
        raise typer.Exit(exits.FAILED)
    screen.print("All is well.")
