"""Ctrl-C, SIGTERM and SIGKILL on a mesh of a test's own: no process stays behind."""

from __future__ import annotations

import signal

import pytest

from tests.mesh.conftest import DAYS, SCALE, Mesh, ended, processes_of, wait_for

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
