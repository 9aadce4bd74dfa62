"""`./interline test --conformance`: what others wrote, run against the local AWS.

dbt's adapter tests and real clients do not agree with Airflow's packages, so they have an environment of their own; the
local AWS runs in this one. `tests/conformance/conftest.py` prints the table.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cli.repository import ROOT
from cli.setup.environments import conformance, ensure_conformance

FOLDER = ROOT / "tests" / "conformance"
DESCRIPTION_VARIABLE = "INTERLINE_CONFORMANCE_AWS"
"""Names the file in which the local AWS describes itself to the suite."""
_START_SECONDS = 60
_ON_ALL_CORES = ("-n", "logical", "--dist", "loadscope")


class ConformanceError(Exception):
    """The suite could not be started."""


def run(arguments: Sequence[str]) -> int:
    """Run the suite with further words for pytest, or on all cores without any; pytest's exit code.

    Raises:
        SetupError: the environment could not be made.
        ConformanceError: the local AWS did not start.
    """
    ensure_conformance(ROOT)
    command = [
        str(conformance(ROOT).python), "-P", "-m", "pytest",
        "-c", str(FOLDER / "pytest.ini"), "--rootdir", str(FOLDER), "--confcutdir", str(FOLDER),
        *(arguments or _ON_ALL_CORES),
    ]  # fmt: skip
    if not any(Path(word.partition("::")[0]).exists() for word in arguments):
        command.append(str(FOLDER))
    with (
        tempfile.TemporaryDirectory(prefix="interline-conformance-") as folder,
        _local_aws(Path(folder)) as file,
    ):
        environment = {name: value for name, value in os.environ.items() if not _is_personal(name)}
        environment[DESCRIPTION_VARIABLE] = str(file)
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def _is_personal(name: str) -> bool:
    """Whether a variable would let a person's own AWS, database or dbt settings take part."""
    return name == "PYTHONPATH" or name.startswith(("AWS_", "DBT_", "PG", "PYICEBERG_"))


@contextmanager
def _local_aws(home: Path) -> Iterator[Path]:
    """A local AWS of its own for as long as the block lasts; the file in which it describes itself."""
    description, errors = home / "aws.json", home / "server.err"
    with errors.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "local.server", "--home", str(home), "--root", str(ROOT)],
            env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            cwd=ROOT,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        end = time.monotonic() + _START_SECONDS
        while not (description.exists() and json.loads(description.read_text(encoding="utf-8"))):
            if process.poll() is not None or time.monotonic() > end:
                raise ConformanceError(
                    f"the local AWS did not start:\n{errors.read_text(encoding='utf-8', errors='replace')}"
                )
            time.sleep(0.05)
        yield description
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
