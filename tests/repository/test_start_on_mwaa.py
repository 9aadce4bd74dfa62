"""What Amazon MWAA runs and reads outside of Airflow: the start-up script, and what is no DAG file."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pathspec
import pytest

DAGS_PREFIX = "${AIRFLOW_HOME}/dags/"
"""Where MWAA puts what is synced to the environment's dags prefix."""


@pytest.mark.parametrize("script", ["startup.sh", ".ci/run"])
def test_scripts_are_valid_shell(root: Path, script: str) -> None:
    shell = shutil.which("bash")
    assert shell is not None
    finished = subprocess.run([shell, "-n", str(root / script)], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


def test_the_start_up_script_names_files_that_exist(root: Path) -> None:
    text = (root / "startup.sh").read_text(encoding="utf-8")
    named = re.findall(re.escape(DAGS_PREFIX) + r'([^"\s]+)', text)
    assert named
    assert [name for name in named if not (root / name).is_file()] == []


def test_the_start_up_script_tells_the_platform_where_dbt_is(root: Path) -> None:
    # read, not imported: the operator's module would take seconds
    operator = (root / "plugins" / "interline" / "airflow" / "operators" / "dbt_build.py").read_text(
        encoding="utf-8"
    )
    variable = re.search(r'^DBT_VARIABLE = "(\w+)"$', operator, re.MULTILINE)
    assert variable is not None
    script = (root / "startup.sh").read_text(encoding="utf-8")
    assert re.search(rf"^export {variable.group(1)}=", script, re.MULTILINE)


def test_only_dag_files_are_read_as_dag_files(root: Path, tracked: list[Path]) -> None:
    """Airflow reads every Python file under the prefix that no .airflowignore names (gitignore's rules)."""
    synced = ("dags", "domains", "dbt", "requirements")
    lines = (root / ".airflowignore").read_text(encoding="utf-8").splitlines()
    ignored = pathspec.PathSpec.from_lines("gitignore", lines)
    python = {str(file) for file in tracked if file.suffix == ".py" and file.parts[0] in synced}
    assert any(file.startswith("domains/") for file in python), "without a script there is nothing to ignore"
    assert {file for file in python if not ignored.match_file(file)} == {
        file for file in python if file.startswith("dags/")
    }
