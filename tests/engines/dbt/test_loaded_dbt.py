"""dbt that is loaded once and runs each build in a fork, as the local Airflow's tasks use it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.mesh import dbt

SECONDS = 60
PROFILES = """
silent:
  target: it
  outputs:
    it: {{type: redshift, method: database, host: 127.0.0.1, port: {port}, user: u, password: p, dbname: d, schema: s, sslmode: disable}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a folder whose name is much too long for that of a socket" * 2) / "dbt"


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[psutil.Process]:
    """The server, which listens but may still be loading dbt."""
    process = subprocess.Popen(dbt.server_command(folder), env=plain())
    try:
        end = time.monotonic() + SECONDS
        while not (folder / "calls").exists():
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


def plain(**more: str) -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | more


def start(folder: Path, *arguments: str, cwd: Path, **variables: str) -> subprocess.Popen[str]:
    environment = plain(**dbt.environment(folder), **variables)
    return subprocess.Popen(
        [environment[dbt.DBT_VARIABLE], "--no-use-colors", *arguments],
        env=environment,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[tuple[Path, socket.socket]]:
    """A project whose Redshift takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        (tmp_path / "profiles.yml").write_text(PROFILES.format(port=listener.getsockname()[1]))
        (tmp_path / "dbt_project.yml").write_text("name: silent\nprofile: silent\n")
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / "one.sql").write_text("select 1 as one")
        yield tmp_path, listener


@pytest.mark.usefixtures("server")
def test_it_says_and_ends_as_dbt_itself_does(folder: Path, tmp_path: Path) -> None:
    reported = []
    for place in (folder, tmp_path / "no server here"):
        process = start(place, "bild", cwd=tmp_path)
        reported.append((*process.communicate(timeout=SECONDS), process.returncode))
    assert reported[0] == reported[1]
    assert "No such command 'bild'" in reported[0][1]
    assert reported[0][2] == 2


@pytest.mark.usefixtures("server")
def test_it_runs_where_and_as_its_caller_does(
    folder: Path, silent: tuple[Path, socket.socket], tmp_path: Path
) -> None:
    project, _ = silent
    (project / "models" / "one.sql").write_text("select '{{ env_var('SAID') }}' as said")
    process = start(folder, "ls", "--target-path", "here", cwd=project, SAID="a word")
    output, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, errors) == (0, "")
    assert "silent.one" in output
    assert (project / "here" / "manifest.json").exists()
    process = start(folder, "ls", cwd=project)
    output, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 2
    assert "Env var required but not provided: 'SAID'" in output


def test_two_at_once_and_who_is_killed_ends_in_the_server_too(
    folder: Path, server: psutil.Process, silent: tuple[Path, socket.socket]
) -> None:
    project, redshift = silent
    callers = [start(folder, "run", "--target-path", name, cwd=project) for name in ("one", "two")]
    waiting = [redshift.accept()[0] for _ in callers]
    builds = server.children()
    assert len(builds) == len(callers)
    for caller, ends in zip(callers, (signal.SIGTERM, signal.SIGKILL), strict=True):
        os.killpg(caller.pid, ends)
        caller.communicate(timeout=SECONDS)
        assert caller.returncode == -ends
    _, alive = psutil.wait_procs(builds, timeout=SECONDS)
    assert alive == []
    for connection in waiting:
        connection.close()


def test_a_build_that_dies_is_reported(
    folder: Path, server: psutil.Process, silent: tuple[Path, socket.socket]
) -> None:
    project, redshift = silent
    caller = start(folder, "run", cwd=project)
    with redshift.accept()[0]:
        (build,) = server.children()
        build.kill()
        _, errors = caller.communicate(timeout=SECONDS)
    assert caller.returncode == 2
    assert "dbt ended without an exit code" in errors


@pytest.mark.usefixtures("server")
def test_nobody_else_may_ask(folder: Path) -> None:
    assert folder.stat().st_mode & 0o077 == 0
