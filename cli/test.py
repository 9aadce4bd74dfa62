"""`./interline test`: the tests, by pytest."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer

from cli import exits
from cli.repository import ROOT

EXAMPLES = """Examples:\n
  ./interline test                    everything, the whole mesh included\n
  ./interline test --fast             without engines and mesh; under a minute\n
  ./interline test -k revenue -x      further words go to one pytest\n
  ./interline test tests/cli
"""
MESH = "tests/mesh"
"""Tests that run the whole mesh: it keeps every core busy by itself, so they go one by one."""
SLOW = ("tests/engines", MESH)
"""Folders whose tests start a local AWS or the whole mesh; every other folder is fast."""
_ON_ALL_CORES = ("-n", "logical", "--dist", "loadfile")
_PYTEST_FOUND_NO_TESTS = 5


def run_tests(
    context: typer.Context,
    fast: Annotated[bool, typer.Option("--fast", help="Leave out the tests that start servers.")] = False,
) -> None:
    """Run the tests; any further words are given to pytest."""
    ignored = [f"--ignore={folder}" for folder in SLOW] if fast else []
    try:
        if context.args:
            codes = [_pytest(*ignored, *context.args)]
        else:
            codes = [_pytest(*_ON_ALL_CORES, *(ignored or [f"--ignore={MESH}"]))]
            codes += [] if fast else [_pytest(MESH)]
    except KeyboardInterrupt:
        raise typer.Exit(exits.INTERRUPTED) from None
    if codes == [_PYTEST_FOUND_NO_TESTS]:
        typer.echo("No test matches.", err=True)
    raise typer.Exit(exits.FAILED if any(codes) else exits.OK)


def _pytest(*words: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *words], cwd=ROOT, check=False).returncode
