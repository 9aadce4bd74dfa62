"""Airflow's metadata, in one SQLite file."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from local.mesh.home import Home

CONNECT_ARGUMENTS = {"timeout": 60}
"""For SQLAlchemy: how many seconds a writer waits for another."""


class MigrationError(Exception):
    """Airflow could not make its database."""


def prepare(home: Home, environment: Mapping[str, str]) -> None:
    """Make or upgrade the database if this Airflow has not done so yet.

    Raises:
        MigrationError: with the last lines that Airflow printed.
    """
    marker = home.airflow / "migrated"
    current = hashlib.sha256(version("apache-airflow-core").encode()).hexdigest()
    if home.database.exists() and marker.exists() and marker.read_text(encoding="utf-8") == current:
        return
    if not marker.exists():
        # what a killed set-up left can't be upgraded
        for leftover in home.airflow.glob("airflow.db*"):
            leftover.unlink()
    marker.unlink(missing_ok=True)
    log = home.logs / "migration.log"
    with log.open("wb") as output:
        finished = subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"],
            env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    if finished.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        raise MigrationError(
            "Airflow could not make its database:\n" + "\n".join(lines) + f"\nThe whole log: {log}"
        )
    with sqlite3.connect(home.database) as connection:
        # readers no longer wait for the writer; stays with the file
        connection.execute("PRAGMA journal_mode=WAL")
    marker.write_text(current, encoding="utf-8")


def fail_unfinished(database: Path) -> None:
    """Close what a killed mesh left open, before a scheduler starts on it.

    Runs and tasks that never ended are marked failed: no process of theirs is left, and the
    scheduler would wait minutes for their heartbeat.
    """
    with sqlite3.connect(database, timeout=60) as connection:
        connection.execute(
            "UPDATE task_instance SET state = 'failed', end_date = COALESCE(end_date, CURRENT_TIMESTAMP) "
            "WHERE state IN ('scheduled', 'queued', 'running', 'restarting', 'up_for_retry', 'deferred', "
            "'up_for_reschedule') OR (state IS NULL AND run_id IN "
            "(SELECT run_id FROM dag_run WHERE dag_run.dag_id = task_instance.dag_id AND state IN ('queued', 'running')))"
        )
        connection.execute(
            "UPDATE dag_run SET state = 'failed', end_date = COALESCE(end_date, CURRENT_TIMESTAMP) "
            "WHERE state IN ('queued', 'running')"
        )


def drop_incomplete_triggers(database: Path) -> None:
    """Drop what waits for its other inputs: a consumer starts from this run's publications alone.

    Airflow keeps, per consumer and data day, which inputs have come. A run that ended before all
    had come leaves such a row, and the next run's first publication would then start the consumer
    before its other inputs are there.
    """
    with sqlite3.connect(database, timeout=60) as connection:
        unfinished = "SELECT id FROM asset_partition_dag_run WHERE created_dag_run_id IS NULL"
        connection.execute(
            f"DELETE FROM partitioned_asset_key_log WHERE asset_partition_dag_run_id IN ({unfinished})"
        )
        connection.execute("DELETE FROM asset_partition_dag_run WHERE created_dag_run_id IS NULL")
