"""The policy comes with Airflow's plugins, in a process of its own, as the DAG processor loads them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
BY_HAND = """
from airflow.sdk import DAG
from airflow.providers.amazon.aws.operators.s3 import S3ListOperator

with DAG("by_hand", schedule=None):
    S3ListOperator(task_id="list", bucket="b", aws_conn_id="aws_bookings")
"""


def test_airflow_s_plugins_bring_the_policy_to_dag_files(tmp_path: Path) -> None:
    file = tmp_path / "dags" / "shopping" / "by_hand.py"
    file.parent.mkdir(parents=True)
    file.write_text(BY_HAND)
    program = (
        "from airflow import plugins_manager\n"
        "plugins_manager.ensure_plugins_loaded()\n"
        "from airflow.dag_processing.dagbag import DagBag\n"
        f"bag = DagBag({str(tmp_path / 'dags')!r})\n"
        "print('REFUSED', plugins_manager.get_import_errors(), bag.dags, *bag.import_errors.values())\n"
    )
    environment = os.environ | {
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PLUGINS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONPATH": str(PLUGINS),
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120
    )
    [line] = [line for line in done.stdout.splitlines() if line.startswith("REFUSED")] or [done.stderr]
    assert line.startswith("REFUSED {} {} ")
    assert "must be 'aws_shopping'" in line
