"""Environments are made once, whole, by one at a time, and repaired when they are not whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from cli.setup.environments import ensure, environments
from cli.setup.errors import SetupError
from cli.setup.indexes import pip_settings, uv_environment
from tests.cli.conftest import Checkout


def _verbs(checkout: Checkout) -> list[str]:
    return [call[0] if call[0] == "venv" else " ".join(call[:2]) for call in checkout.calls]


def _ensure_in_a_process(checkout: Checkout, **environment: str) -> subprocess.Popen[str]:
    program = "import sys; from pathlib import Path; from cli.setup.environments import ensure; ensure(Path(sys.argv[1]))"
    return subprocess.Popen(
        [sys.executable, "-c", program, str(checkout.root)],
        cwd=checkout.root, env={**os.environ, "PYTHONPATH": str(checkout.root), **environment},
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def test_both_environments_are_made_and_then_left_alone(checkout: Checkout) -> None:
    ensure(checkout.root)
    assert _verbs(checkout) == ["venv", "pip sync", "venv", "pip sync"]
    assert all("--compile-bytecode" in call for call in checkout.calls if call[0] == "pip")
    ensure(checkout.root)
    assert len(checkout.calls) == 4


def test_a_half_made_environment_is_made_again_from_scratch(checkout: Checkout) -> None:
    ensure(checkout.root)
    airflow, _dbt = environments(checkout.root)
    airflow.stamp.unlink()
    ensure(checkout.root)
    assert _verbs(checkout)[4:] == ["venv", "pip sync"]
    assert "--clear" in checkout.calls[4]
    assert airflow.is_whole()


def test_a_changed_lock_installs_only_what_differs(checkout: Checkout) -> None:
    ensure(checkout.root)
    (checkout.root / "requirements" / "dbt.txt").write_text("three==3.1\n")
    ensure(checkout.root)
    assert _verbs(checkout)[4:] == ["pip sync"]


def test_an_environment_whose_python_is_gone_is_made_again(checkout: Checkout) -> None:
    ensure(checkout.root)
    _airflow, dbt = environments(checkout.root)
    dbt.python.unlink()
    dbt.python.symlink_to("/nowhere/python")
    ensure(checkout.root)
    assert _verbs(checkout)[4:] == ["venv", "pip sync"]


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("error: No space left on device (os error 28)", "The disk is full"),
        (
            "error: failed to fetch\n  Caused by: dns error: failed to lookup",
            "The package index did not answer",
        ),
        ("error: hash mismatch", "run the command again"),
    ],
)
def test_a_failure_is_named_and_the_next_try_repairs_it(checkout: Checkout, said: str, advice: str) -> None:
    checkout.fail_with(said)
    with pytest.raises(SetupError) as failure:
        ensure(checkout.root)
    assert advice in str(failure.value)
    assert said.splitlines()[-1].strip() in str(failure.value)
    assert "setup.log" in str(failure.value)
    checkout.fail_with(None)
    ensure(checkout.root)
    assert all(environment.is_whole() for environment in environments(checkout.root))


def test_a_missing_lock_is_named(checkout: Checkout) -> None:
    (checkout.root / "requirements" / "dbt.txt").unlink()
    with pytest.raises(SetupError, match=r"dbt\.txt"):
        ensure(checkout.root)


def test_a_place_that_cannot_be_written_is_named(checkout: Checkout) -> None:
    (checkout.root / ".interline").write_text("a file where the folder should be")
    with pytest.raises(SetupError, match=r"cannot write .*\.interline"):
        ensure(checkout.root)


def test_two_at_once_make_everything_only_once(checkout: Checkout) -> None:
    first = _ensure_in_a_process(checkout, SLOW_INSTALLER="1")
    time.sleep(0.4)
    second = _ensure_in_a_process(checkout)
    said = [process.communicate(timeout=60)[1] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0]
    assert f"(process {first.pid}) is setting up; waiting" in said[1]
    assert _verbs(checkout) == ["venv", "pip sync", "venv", "pip sync"]


def test_killed_midway_the_next_one_carries_on(checkout: Checkout) -> None:
    process = _ensure_in_a_process(checkout, SLOW_INSTALLER="60")
    deadline = time.monotonic() + 30
    while "pip sync" not in _verbs(checkout) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not any(environment.is_whole() for environment in environments(checkout.root))
    ensure(checkout.root)
    assert all(environment.is_whole() for environment in environments(checkout.root))


def test_what_pip_is_configured_with_goes_to_uv() -> None:
    listing = "\n".join(
        [
            "global.index-url='https://mirror.example/simple'",
            "global.extra-index-url='\\nfile:///one\\nfile:///two'",
            "install.find-links='/weaker'",
            ":env:.find-links='/wheels /more'",
            "global.trusted-host='mirror.example'",
        ]
    )
    variables = uv_environment(pip_settings(listing), {})
    assert variables == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_EXTRA_INDEX_URL": "file:///one file:///two",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_INSECURE_HOST": "mirror.example",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


def test_what_is_set_for_uv_itself_wins() -> None:
    settings = {"index-url": ["https://of-pip.example"]}
    assert uv_environment(settings, {"UV_DEFAULT_INDEX": "https://of-uv.example"}) == {}
