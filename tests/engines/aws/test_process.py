"""The process: starts, refuses to start, takes in domains, ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.engines.conftest import (
    REPOSITORY,
    server_command,
    server_environment,
    start_local_aws,
)


@pytest.fixture
def small_mesh(tmp_path: Path) -> Path:
    """A repository with a platform and one domain."""
    root = tmp_path / "mesh"
    for name in ("platform", "bookings"):
        (root / "domains" / name).mkdir(parents=True)
        shutil.copy(REPOSITORY / "domains" / name / "domain.yaml", root / "domains" / name)
    return root


def start_and_fail(home: Path, root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        server_command(home, root, *arguments),
        env=server_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_ends_within_two_seconds_and_leaves_nothing(tmp_path: Path, small_mesh: Path) -> None:
    aws = start_local_aws(tmp_path / "home", small_mesh)
    group = os.getpgid(aws.process.pid)
    started = time.monotonic()
    assert aws.stop() == 0
    assert time.monotonic() - started < 2
    assert not (aws.home / "aws.json").exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)
    with pytest.raises(ConnectionRefusedError), socket.socket() as probe:
        probe.connect(("127.0.0.1", int(aws.endpoint.rsplit(":", 1)[1])))


def test_a_second_start_on_the_same_home_says_who_runs(tmp_path: Path, small_mesh: Path) -> None:
    aws = start_local_aws(tmp_path / "home", small_mesh)
    try:
        second = start_and_fail(aws.home, small_mesh)
        assert second.returncode == 3
        assert str(aws.process.pid) in second.stderr
        assert (aws.home / "aws.json").exists()
    finally:
        aws.stop()


def test_a_home_whose_process_was_killed_starts_again(tmp_path: Path, small_mesh: Path) -> None:
    killed = start_local_aws(tmp_path / "home", small_mesh)
    killed.process.kill()
    killed.process.wait()
    assert (killed.home / "aws.json").exists()
    (killed.home / "aws.json").unlink()
    again = start_local_aws(tmp_path / "home", small_mesh)
    assert again.description["pid"] == again.process.pid
    again.stop()


def test_two_run_side_by_side_and_know_nothing_of_each_other(tmp_path: Path, small_mesh: Path) -> None:
    one = start_local_aws(tmp_path / "one", small_mesh)
    two = start_local_aws(tmp_path / "two", small_mesh)
    try:
        one.client("s3", "bookings").put_object(Bucket="bookings-curated", Key="only-in-one", Body=b"")
        assert two.client("s3", "bookings").list_objects_v2(Bucket="bookings-curated")["KeyCount"] == 0
    finally:
        one.stop()
        two.stop()


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


def test_a_fifth_domain_is_taken_in_while_it_runs(tmp_path: Path, small_mesh: Path) -> None:
    aws = start_local_aws(tmp_path / "home", small_mesh)
    try:
        before = aws.description
        kept = aws.client("s3", "bookings")
        kept.put_object(Bucket="bookings-curated", Key="kept", Body=b"kept")
        add_domain(small_mesh, "operations", "555555555555")
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
        assert kept.get_object(Bucket="bookings-curated", Key="kept")["Body"].read() == b"kept"
        assert aws.description["sources"]["bookings"] == before["sources"]["bookings"]
        assert (
            aws.description["environment"]["AWS_ACCESS_KEY_ID"] == before["environment"]["AWS_ACCESS_KEY_ID"]
        )
    finally:
        aws.stop()


def test_a_broken_domain_does_not_stop_the_others(tmp_path: Path, small_mesh: Path) -> None:
    add_domain(small_mesh, "operations", "not-an-account")
    aws = start_local_aws(tmp_path / "home", small_mesh)
    try:
        assert aws.client("s3", "bookings").head_bucket(Bucket="bookings-curated")
        assert "no account for the domain operations" in aws.log()
    finally:
        aws.stop()
