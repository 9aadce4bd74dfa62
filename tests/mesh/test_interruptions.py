"""Killed tasks, Ctrl-C, SIGTERM: nothing is lost, and no process stays behind."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest

from local.airflow import airflow
from local.airflow.rest import Rest
from tests.mesh.conftest import DAYS, SCALE, Ended, Mesh, ended, processes_of, wait_for

ONE_DAY = ("run", "--to", DAYS[0].isoformat(), "--scale", str(SCALE), "--domain", "bookings")


def _dbt(mesh: Mesh) -> psutil.Process:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for process in processes_of(mesh.home):
            try:
                if any(word.endswith("/dbt") for word in process.cmdline()):
                    return process
            except psutil.NoSuchProcess:
                continue
        time.sleep(0.05)
    raise AssertionError("no dbt was started")


def test_a_task_killed_midway_fails_its_run_and_the_next_run_repairs_it(mesh: Mesh, first_run: Ended) -> None:
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_stops_all_that_it_started(own_mesh: Mesh, number: signal.Signals) -> None:
    run = own_mesh.start(*ONE_DAY)
    wait_for(run, "build running" if number == signal.SIGINT else "local AWS:")
    assert processes_of(own_mesh.home)
    run.send_signal(number)
    interrupted = ended(run)
    assert interrupted.code == 130
    assert "what was started has been stopped" in interrupted.output
    assert processes_of(own_mesh.home) == []


def test_interrupted_over_an_airflow_that_stays_up_its_runs_end(mesh: Mesh, first_run: Ended) -> None:
    assert first_run.code == 0
    run = mesh.start(*ONE_DAY)
    wait_for(run, "build running")
    run.send_signal(signal.SIGINT)
    assert ended(run).code == 130
    found = airflow.find(mesh.home)
    assert found is not None
    rest = Rest(found.url)
    try:
        open_runs = list(rest.pages("dags/~/dagRuns", "dag_runs", {"state": ["running", "queued"]}))
    finally:
        rest.close()
    assert open_runs == []
    repaired = mesh.interline(*ONE_DAY)
    assert repaired.code == 0, repaired.output


def test_down_ends_a_run_that_was_killed(own_mesh: Mesh) -> None:
    run = own_mesh.start(*ONE_DAY)
    wait_for(run, "local AWS:")
    run.kill()
    run.wait(timeout=30)
    assert processes_of(own_mesh.home)
    down = own_mesh.interline("down")
    assert "local-aws" in down.output
    assert processes_of(own_mesh.home) == []
    assert own_mesh.interline("status").output.startswith("Nothing is running.")
