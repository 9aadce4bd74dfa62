"""A task that is killed, a run that is interrupted over a mesh that stays up: nothing is lost, the next run repairs it."""

from __future__ import annotations

import os
import signal
import time

import psutil

from local.mesh import airflow_servers, dbt
from local.mesh.rest import Rest
from tests.mesh.conftest import DAYS, SCALE, Ended, Mesh, ended, processes_of, wait_for

ONE_DAY = ("run", "--to", DAYS[0].isoformat(), "--scale", str(SCALE), "--domain", "bookings")


def _dbt(mesh: Mesh) -> psutil.Process:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for process in processes_of(mesh.home):
            try:
                if dbt.environment(mesh.home.dbt)[dbt.DBT_VARIABLE] in process.cmdline():
                    return process
            except psutil.NoSuchProcess:
                continue
        time.sleep(0.05)
    raise AssertionError("no dbt was started")


def test_interrupted_over_an_airflow_that_stays_up_its_runs_end(mesh: Mesh, first_run: Ended) -> None:
    assert first_run.code == 0
    run = mesh.start(*ONE_DAY)
    wait_for(run, "build running")
    run.send_signal(signal.SIGINT)
    assert ended(run).code == 130
    found = airflow_servers.find(mesh.home)
    assert found is not None
    rest = Rest(found.url)
    try:
        open_runs = list(rest.pages("dags/~/dagRuns", "dag_runs", {"state": ["running", "queued"]}))
    finally:
        rest.close()
    # other domains' runs may wait in DAGs that this run of one domain leaves paused
    assert [run["dag_run_id"] for run in open_runs if run["dag_id"].startswith("bookings.")] == []


def test_a_killed_task_fails_its_run_and_the_next_run_repairs_it(mesh: Mesh, first_run: Ended) -> None:
    assert first_run.code == 0
    before = {address: mesh.content(address) for address in ("bookings.reservations", "bookings.revenue")}
    run = mesh.start(*ONE_DAY)
    wait_for(run, "build running")
    task = _dbt(mesh).parent()
    assert task is not None
    os.kill(task.pid, signal.SIGKILL)
    failed = ended(run)
    assert failed.code == 1
    assert "bookings.reservations 2013-01-01: task build failed" in failed.output.replace("\n", " ")
    assert {address: mesh.content(address) for address in before} == before
    repaired = mesh.interline(*ONE_DAY)
    assert repaired.code == 0, repaired.output
    assert {address: mesh.content(address) for address in before} == before
