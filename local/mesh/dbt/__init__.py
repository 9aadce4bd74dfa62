"""dbt as a server: loaded once, it runs every build of a mesh in a process forked from it.

Importing dbt and its Redshift adapter takes longer than building a small product. Airflow's scheduler forks its
workers for the same reason. What runs is dbt itself, with the arguments, environment, folder and output of the one
who called.
"""

from __future__ import annotations

import sys
from pathlib import Path

from local.mesh.dbt.client import FOLDER_VARIABLE, PROGRAM_VARIABLE

NAME = "dbt"
"""Of the server among the mesh's processes."""
DBT_VARIABLE = "INTERLINE_DBT"
"""Where the build operator looks for the path of dbt."""
_HERE = Path(__file__).parent


def dbt_executable() -> Path:
    """dbt of the environment beside this one."""
    return Path(sys.prefix).parent / "dbt" / "bin" / "dbt"


def server_command(folder: Path) -> list[str]:
    """The command that starts the server whose socket is in `folder`."""
    return [str(dbt_executable().with_name("python")), "-P", str(_HERE / "server.py"), str(folder)]


def environment(folder: Path) -> dict[str, str]:
    """What makes builds use the server whose socket is in `folder`."""
    return {
        DBT_VARIABLE: str(_HERE / "client.py"),
        FOLDER_VARIABLE: str(folder),
        PROGRAM_VARIABLE: str(dbt_executable()),
    }
