"""What `./interline` does: set up if needed, then become the real command line."""

import os
import sys
from pathlib import Path

from cli import exits
from cli.setup.environments import ensure, environments
from cli.setup.errors import SetupError

ROOT = Path(__file__).resolve().parent.parent.parent

_HELP = """\
Usage: ./interline COMMAND [OPTIONS]

Interline: a data mesh on AWS, run by Apache Airflow; here on this machine.

  run                 land input, run every domain's products, print the result
  up | down | status  keep Airflow's UI open | stop everything | what is running
  test                run the tests
  check               check contracts, products and DAG files in seconds
  new product D.P     scaffold a new data product

This machine is not set up yet: the first command sets up two environments
below .interline/ (uv, Airflow, dbt; some 1.6 GB), and then does its work.
After that, every command has --help with examples.
"""


def main(arguments: list[str]) -> int:
    """Set up, then replace this process by the command line; returns only when that is not possible."""
    airflow, _dbt = environments(ROOT)
    try:
        wants_help = not arguments or arguments[0] in ("--help", "-h", "help")
        if wants_help and not airflow.is_whole():
            sys.stdout.write(_HELP)
            return exits.OK
        ensure(ROOT)
    except SetupError as error:
        sys.stderr.write(f"interline: {error}\n")
        return exits.SETUP
    except KeyboardInterrupt:
        sys.stderr.write("\ninterline: interrupted; the next command carries on with the set-up\n")
        return exits.INTERRUPTED
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
    for name in ("PYTHONHOME", "VIRTUAL_ENV"):
        environment.pop(name, None)
    command = [str(airflow.python), "-P", "-m", "cli", *arguments]
    sys.stdout.flush()
    os.execve(command[0], command, environment)  # noqa: S606 (an argument list, no shell)
    raise AssertionError("execve does not return")
