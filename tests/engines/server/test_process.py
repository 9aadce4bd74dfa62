"""The process: starts, refuses to start, takes in domains, ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.engines.conftest import (
    REPOSITORY,
    LocalAwsProcess,
    server_command,
    server_environment,
    start_local_aws,
)


def make_mesh(root: Path) -> Path:
    """Make a repository with a platform and one domain."""
    for name in ("platform", "bookings"):
        (root / "domains" / name).mkdir(parents=True)
        shutil.copy(REPOSITORY / "domains" / name / "domain.yaml", root / "domains" / name)
    return root


@pytest.fixture
def small_mesh(tmp_path: Path) -> Path:
    """A repository of a test's own."""
    return make_mesh(tmp_path / "mesh")


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAwsProcess]:
    """A local AWS that no test ends."""
    folder = tmp_path_factory.mktemp("running")
    aws = start_local_aws(folder / "home", make_mesh(folder / "mesh"))
    yield aws
    aws.stop()


@pytest.fixture(scope="module")
def aws_of_broken_mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAwsProcess]:
    """Another, over a mesh in which one domain cannot be read."""
    folder = tmp_path_factory.mktemp("broken")
    add_domain(make_mesh(folder / "mesh"), "operations", "not-an-account")
    aws = start_local_aws(folder / "home", folder / "mesh")
    yield aws
    aws.stop()


def start_and_fail(home: Path, root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        server_command(home, root, *arguments),
        env=server_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_killed_process_leaves_a_home_that_starts_again(tmp_path: Path, small_mesh: Path) -> None:
    killed = start_local_aws(tmp_path / "home", small_mesh)
    killed.process.kill()
    killed.process.wait()
    assert (killed.home / "aws.json").exists()
    (killed.home / "aws.json").unlink()
    again = start_local_aws(tmp_path / "home", small_mesh)
    assert again.description["pid"] == again.process.pid
    group = os.getpgid(again.process.pid)
    started = time.monotonic()
    assert again.stop() == 0
    assert time.monotonic() - started < 2
    assert not (again.home / "aws.json").exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)
    with pytest.raises(ConnectionRefusedError), socket.socket() as probe:
        probe.connect(("127.0.0.1", int(again.endpoint.rsplit(":", 1)[1])))


def test_a_second_start_on_the_same_home_says_who_runs(aws: LocalAwsProcess, small_mesh: Path) -> None:
    second = start_and_fail(aws.home, small_mesh)
    assert second.returncode == 3
    assert str(aws.process.pid) in second.stderr
    assert (aws.home / "aws.json").exists()


def test_two_run_side_by_side_and_know_nothing_of_each_other(
    aws: LocalAwsProcess, aws_of_broken_mesh: LocalAwsProcess
) -> None:
    one, two = (each.client("s3", "bookings") for each in (aws, aws_of_broken_mesh))
    one.put_object(Bucket="bookings-curated", Key="only-in-one", Body=b"")
    assert two.list_objects_v2(Bucket="bookings-curated")["KeyCount"] == 0


def test_a_taken_port_is_named(tmp_path: Path, small_mesh: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        failed = start_and_fail(tmp_path / "home", small_mesh, "--port", str(port))
    assert failed.returncode == 4
    assert f"port {port}" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path, small_mesh: Path) -> None:
    (tmp_path / "file").write_text("")
    failed = start_and_fail(tmp_path / "file" / "home", small_mesh)
    assert failed.returncode == 5
    assert "Traceback" not in failed.stderr


def test_a_broken_platform_stops_the_start_with_file_and_line(tmp_path: Path, small_mesh: Path) -> None:
    (small_mesh / "domains" / "platform" / "domain.yaml").write_text("name: platform\naccount: 12\n")
    failed = start_and_fail(tmp_path / "home", small_mesh)
    assert failed.returncode == 2
    assert "domains/platform/domain.yaml" in failed.stderr


def add_domain(root: Path, name: str, account: str) -> None:
    text = (REPOSITORY / "domains" / "bookings" / "domain.yaml").read_text()
    (root / "domains" / name).mkdir()
    changed = text.replace("name: bookings", f"name: {name}").replace("222222222222", account)
    (root / "domains" / name / "domain.yaml").write_text(changed)


def test_a_fifth_domain_is_taken_in_while_it_runs(aws: LocalAwsProcess) -> None:
    before = aws.description
    bookings_bucket = aws.client("s3", "bookings")
    bookings_bucket.put_object(Bucket="bookings-curated", Key="kept", Body=b"kept")
    add_domain(aws.home.with_name("mesh"), "operations", "555555555555")
    aws.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 20
    while "AIRFLOW_CONN_AWS_OPERATIONS" not in aws.environment:
        assert time.monotonic() < deadline, aws.log()[-2000:]
        time.sleep(0.1)
        aws.description = json.loads((aws.home / "aws.json").read_text())
    assert aws.client("sts", "operations").get_caller_identity()["Account"] == "555555555555"
    with pytest.raises(ClientError, match="404"):
        # the account is opened; preparing it is left to platform.onboard
        aws.client("s3", "operations").head_bucket(Bucket="operations-curated")
    assert bookings_bucket.get_object(Bucket="bookings-curated", Key="kept")["Body"].read() == b"kept"
    assert aws.description["sources"]["bookings"] == before["sources"]["bookings"]
    assert aws.description["environment"]["AWS_ACCESS_KEY_ID"] == before["environment"]["AWS_ACCESS_KEY_ID"]


def test_a_broken_domain_does_not_stop_the_others(aws_of_broken_mesh: LocalAwsProcess) -> None:
    assert aws_of_broken_mesh.client("s3", "bookings").head_bucket(Bucket="bookings-curated")
    assert "no account for the domain operations" in aws_of_broken_mesh.log()
