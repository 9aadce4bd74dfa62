"""What notes a version comes after its commit, in the same task, in a process with another preference."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_a_publish_is_never_deferred_or_resumed() -> None:
    """What notes the version comes after the commit: a task that is deferred would go on in the provider's own code."""
    product = """
from pathlib import Path
from airflow.dag_processing.dagbag import DagBag
dag = DagBag(str(Path("dags/bookings/revenue.py"))).dags["bookings.revenue"]
assert dag.get_task("publish.commit").deferrable is False
"""
    environment = {**os.environ, "AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE": "True", "PYTHONPATH": "plugins"}
    done = subprocess.run(
        [sys.executable, "-c", product],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
