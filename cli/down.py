"""`./interline down`: stop everything."""

from __future__ import annotations

from cli.console import console
from cli.errors import error_reporting
from cli.options import Home
from cli.repository import HOME
from local.mesh import processes
from local.mesh.home import Home as MeshHome

EXAMPLES = """Examples:\n
\b
  ./interline down                      stops Airflow, its tasks and the local AWS
  ./interline down --home /tmp/other    those of another home
"""


def down(home: Home = None) -> None:
    """Stop Airflow, its tasks, and the local AWS; a run that is under way ends as well.

    What the products hold lives in the local AWS, so the next run starts from empty buckets.
    """
    with error_reporting():
        mesh_home = MeshHome((home or HOME).resolve())
        stopped = processes.stop_all(mesh_home) if mesh_home.path.is_dir() else []
        mesh_home.airflow_file.unlink(missing_ok=True)
    console().print(f"Stopped: {', '.join(stopped)}" if stopped else "Nothing was running.")
