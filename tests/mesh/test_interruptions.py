"""Ctrl-C, SIGTERM and SIGKILL on a mesh of a test's own: no process stays behind."""

from __future__ import annotations

import os
import signal
import time

import pytest

from local.mesh import aws, processes, watch
from tests.mesh.conftest import DAYS, SCALE, Mesh, ended, processes_of, wait_for

STAYING = {aws.NAME, watch.OWNER_WATCH}
ONE_DAY = ("run", "--to", DAYS[0].isoformat(), "--scale", str(SCALE), "--domain", "bookings")


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


def test_a_killed_run_leaves_the_local_aws_and_down_ends_it(own_mesh: Mesh) -> None:
    run = own_mesh.start(*ONE_DAY)
    wait_for(run, "local AWS:")
    run.kill()
    run.wait(timeout=30)
    # what it started for itself ends without it; the local AWS stays as after any run
    end = time.monotonic() + 60
    while (left := {server.name for server in processes.running(own_mesh.home)}) - STAYING:
        assert time.monotonic() < end, left
        time.sleep(0.2)
    assert "local-aws" in left
    down = own_mesh.interline("down")
    assert "local-aws" in down.output
    assert processes_of(own_mesh.home) == []
    assert own_mesh.interline("status").output.startswith("Nothing is running.")


def test_a_run_whose_local_aws_is_killed_ends_at_once_and_says_so(own_mesh: Mesh) -> None:
    run = own_mesh.start(*ONE_DAY)
    wait_for(run, "land running")
    [server] = [server for server in processes.running(own_mesh.home) if server.name == aws.NAME]
    os.kill(server.pid, signal.SIGKILL)
    killed = time.monotonic()
    failed = ended(run)
    assert failed.code == 1
    assert "the local AWS ended" in failed.output
    assert time.monotonic() - killed < 60
    assert {server.name for server in processes.running(own_mesh.home)} <= {watch.OWNER_WATCH}
