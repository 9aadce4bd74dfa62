"""What Airflow imports as it starts, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
_PROGRAM = """
import sys
sys.argv[:] = ["airflow", sys.argv[1]]
import airflow
print("interline.airflow.verbs" in sys.modules)
"""


@pytest.mark.parametrize(("command", "imported"), [("dag-processor", "True"), ("api-server", "False")])
def test_only_what_forks_imports_the_verbs_beforehand(command: str, imported: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    finished = subprocess.run(
        [sys.executable, "-c", _PROGRAM, command],
        env={
            **environment,
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
            "PYTHONPATH": "",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.stdout.splitlines()[-1:] == [imported], finished.stderr
