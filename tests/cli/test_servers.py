"""What a run needs is looked at while it runs: files, local AWS, Airflow."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from local.mesh import processes
from local.mesh.airflow_servers import Airflow, AirflowError
from local.mesh.aws import Aws, AwsError
from local.mesh.home import Home
from local.mesh.servers import FilesGoneError, check_alive

AIRFLOW = Airflow("http://127.0.0.1:1", servers=(), started_here=True, acts_as="")
AWS = Aws("http://127.0.0.1:2", {}, {}, started_here=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "checkout" / "dags").mkdir(parents=True)
    return tmp_path / "checkout"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    return home


@pytest.fixture
def ended(home: Home) -> processes.Server:
    """A server that has printed something and ended."""
    log = home.logs / "server.output.log"
    with log.open("w") as output:
        process = subprocess.Popen([sys.executable, "-c", "print('no room left')"], stdout=output)
        started = psutil.Process(process.pid).create_time()
        process.wait()
    return processes.Server("scheduler", process.pid, started, str(log))


def test_all_is_there(root: Path, home: Home) -> None:
    check_alive(root, home, AWS, AIRFLOW)


@pytest.mark.parametrize("folder", ["checkout", "home"])
def test_files_that_are_gone_are_named(root: Path, home: Home, tmp_path: Path, folder: str) -> None:
    shutil.rmtree(tmp_path / folder)
    with pytest.raises(FilesGoneError, match=f"{folder}.* is gone: the files of the mesh were removed"):
        check_alive(root, home, AWS, AIRFLOW)


def test_a_local_aws_that_ended_is_named(root: Path, home: Home, ended: processes.Server) -> None:
    aws = Aws(AWS.endpoint, {}, {}, started_here=True, server=ended)
    with pytest.raises(AwsError, match="the local AWS ended:\nno room left\n"):
        check_alive(root, home, aws, AIRFLOW)


def test_an_airflow_that_ended_is_named(root: Path, home: Home, ended: processes.Server) -> None:
    airflow = Airflow(AIRFLOW.url, servers=(ended,), started_here=True, acts_as="")
    with pytest.raises(AirflowError, match="Airflow's scheduler ended:\nno room left\n"):
        check_alive(root, home, AWS, airflow)
