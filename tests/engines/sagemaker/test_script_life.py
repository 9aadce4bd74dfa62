"""A user's script never outlives the local AWS."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines.conftest import LocalAwsProcess, start_local_aws
from tests.engines.sagemaker.conftest import Studio

STUBBORN = """
import os, pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
print(os.getpid(), child.pid, flush=True)
time.sleep(300)
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def begin(studio: Studio) -> tuple[str, list[int]]:
    request = studio.training_request(STUBBORN)
    studio.sagemaker.create_training_job(**request)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        job = studio.sagemaker.describe_training_job(TrainingJobName=request["TrainingJobName"])
        assert job["TrainingJobStatus"] == "InProgress", job
        if job["SecondaryStatus"] == "Training":
            lines = studio.log_lines("/aws/sagemaker/TrainingJobs", request["TrainingJobName"])
            if lines:
                return request["TrainingJobName"], [int(pid) for pid in lines[0].split()]
        time.sleep(0.1)
    raise AssertionError("the script did not begin")


def terminate(aws: LocalAwsProcess) -> None:
    assert aws.stop() == 0


def kill(aws: LocalAwsProcess) -> None:
    aws.process.send_signal(signal.SIGKILL)
    aws.process.wait()


@pytest.mark.parametrize(
    ("end", "survivors_allowed"),
    [
        (terminate, 0),
        # After kill -9 the kernel ends the script itself; what the script started may remain.
        pytest.param(kill, 1, marks=pytest.mark.skipif(sys.platform != "linux", reason="needs prctl")),
    ],
)
def test_a_script_ends_with_the_server(
    tmp_path: Path, end: Callable[[LocalAwsProcess], None], survivors_allowed: int
) -> None:
    aws = start_local_aws(tmp_path / "home")
    pids: list[int] = []
    try:
        _, pids = begin(Studio(aws))
        end(aws)
        deadline = time.monotonic() + 5
        while sum(map(is_alive, pids)) > survivors_allowed and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not is_alive(pids[0])
        assert sum(map(is_alive, pids)) <= survivors_allowed
    finally:
        for pid in pids:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        if aws.process.poll() is None:
            aws.process.kill()
            aws.process.wait()
