"""Servers end when whoever they were started for is gone, also when that was killed with SIGKILL."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.mesh import airflow_servers, processes, watch
from local.mesh.home import Home
from tests.cli.conftest import REPOSITORY

_SERVER = [sys.executable, "-c", "import time; time.sleep(300)"]
_RUN = f"""
import time
from pathlib import Path
from local.mesh import watch
from local.mesh.home import Home
watch.end_with_run(Home(Path({{home!r}})), Path({str(REPOSITORY)!r}), ("scheduler", "triggerer"))
time.sleep(300)
"""
_UP = f"""
import time
from pathlib import Path
from local.mesh import watch
from local.mesh.home import Home
watch.end_with_owner(Home(Path({{home!r}})), Path({str(REPOSITORY)!r}))
time.sleep(300)
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "home")
    home.make()
    yield home
    processes.stop_all(home)


def started(home: Home, *names: str) -> dict[str, processes.Server]:
    """Servers of these names."""
    return {name: processes.start(home, name, _SERVER, dict(os.environ)) for name in names}


def command(program: str, home: Home, **environment: str) -> subprocess.Popen[bytes]:
    """A command that has its watch and does nothing more."""
    process = subprocess.Popen(
        [sys.executable, "-c", program.format(home=str(home.path))],
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'plugins'}", **environment},
        start_new_session=True,
    )
    until(lambda: any(server.name.startswith("watch") for server in processes.running(home)))
    return process


def until(is_so: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill as the system does when memory runs out; nobody takes note of the end."""
    process.send_signal(signal.SIGKILL)


def test_what_a_killed_run_started_ends_and_the_rest_stays(home: Home) -> None:
    servers = started(home, "scheduler", "triggerer", "local-aws")
    run = command(_RUN, home)
    assert len(processes.running(home)) == 4
    kill(run)
    until(lambda: servers["scheduler"].process() is servers["triggerer"].process() is None)
    until(lambda: [server.name for server in processes.running(home)] == ["local-aws"])
    assert home.holder() is None
    run.wait()


def test_another_command_that_has_the_home_is_left_alone(home: Home) -> None:
    servers = started(home, "scheduler")
    run = command(_RUN, home)
    with home.alone("run"):
        kill(run)
        until(lambda: [server.name for server in processes.running(home)] == ["scheduler"])
        assert servers["scheduler"].process() is not None
    run.wait()


def test_a_mesh_ends_with_its_owner_and_so_does_the_command(home: Home) -> None:
    owner = subprocess.Popen(_SERVER)
    started(home, "scheduler", "local-aws")
    up = command(_UP, home, **{watch.OWNER_VARIABLE: str(owner.pid)})
    kill(owner)
    assert up.wait(timeout=30) == -signal.SIGTERM
    until(lambda: processes.marked(home) == [])
    owner.wait()


def test_without_an_owner_a_mesh_stays_up(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(watch.OWNER_VARIABLE, raising=False)
    watch.end_with_owner(home, REPOSITORY)
    assert processes.noted(home) == []


def test_of_a_home_that_was_removed_everything_ends(home: Home) -> None:
    servers = started(home, "scheduler", "local-aws")
    run = command(_RUN, home)
    shutil.rmtree(home.path)
    kill(run)
    until(lambda: all(server.process() is None for server in servers.values()))
    until(lambda: processes.marked(home) == [])
    run.wait()


def test_an_airflow_whose_run_was_killed_is_not_used_again(home: Home) -> None:
    owner = subprocess.Popen(_SERVER)
    started(home, *airflow_servers.NAMES)
    description = {"url": "http://127.0.0.1:1", "acts_as": "x", "run": str(watch.Owner.of(owner.pid))}
    home.airflow_file.write_text(json.dumps(description))
    assert airflow_servers.find(home) is not None
    kill(owner)
    until(lambda: airflow_servers.find(home) is None)
    owner.wait()
