"""`./interline test`: the tests, by pytest."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer

from cli import conformance, exits
from cli.repository import ROOT
from cli.setup.errors import SetupError

EXAMPLES = """Examples:\n
  ./interline test                    everything, the whole mesh included\n
  ./interline test --fast             without engines, mesh and how-to pages; under a minute\n
  ./interline test --slow             what --fast leaves out\n
  ./interline test -k revenue -x      further words go to pytest, on one core\n
  ./interline test tests/cli\n
  ./interline test --conformance      dbt's adapter tests and real clients against the local AWS\n
  ./interline test --conformance -m quick
"""
SLOW = ("tests/how_to", "tests/engines", "tests/mesh")
"""Folders whose tests run whole commands on copies of the repository, start a local AWS or the whole mesh; every other
folder is fast."""
_ON_ALL_CORES = ("-n", "logical", "--no-loadscope-reorder")
_PYTEST_FOUND_NO_TESTS = 5


def run_tests(
    context: typer.Context,
    fast: Annotated[
        bool, typer.Option("--fast", help="Leave out the tests that start servers or copy the repository.")
    ] = False,
    slow: Annotated[bool, typer.Option("--slow", help="Run only the tests that --fast leaves out.")] = False,
    conformance_suite: Annotated[
        bool,
        typer.Option(
            "--conformance",
            help="Run dbt's adapter tests and real clients, in an environment of their own, against the local AWS.",
        ),
    ] = False,
) -> None:
    """Run the tests; any further words are given to pytest."""
    command = [sys.executable, "-m", "pytest", *(context.args or _ON_ALL_CORES)]
    if fast and slow:
        raise typer.BadParameter("--fast and --slow leave nothing to run")
    if conformance_suite:
        if fast or slow:
            raise typer.BadParameter("--conformance is a suite of its own")
        raise typer.Exit(_run_conformance(context.args))
    if slow:
        command += SLOW
    if fast:
        command += [f"--ignore={folder}" for folder in SLOW]
    try:
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
    except KeyboardInterrupt:
        raise typer.Exit(exits.INTERRUPTED) from None
    if code == _PYTEST_FOUND_NO_TESTS:
        typer.echo("No test matches.", err=True)
    raise typer.Exit(exits.OK if code == 0 else exits.FAILED)


def _run_conformance(arguments: list[str]) -> int:
    try:
        code = conformance.run(arguments)
    except SetupError as error:
        typer.echo(f"interline: {error}", err=True)
        return exits.SETUP
    except conformance.ConformanceError as error:
        typer.echo(f"interline: {error}", err=True)
        return exits.FAILED
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    return exits.OK if code == 0 else exits.FAILED
