"""What the commands say when asked for help, and when what is asked cannot be."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.__main__ import app
from local.mesh.home import Home


def _interline(*arguments: str) -> Result:
    """Run a command in this process, as on an 80 columns wide screen without colours."""
    return CliRunner().invoke(app, arguments, prog_name="./interline", env={"COLUMNS": "80"})


def test_the_help_of_them_all_fits_80_columns_and_has_the_exit_codes() -> None:
    """Each command's own help is looked at in test_every_command."""
    result = _interline("--help")
    assert result.exit_code == 0
    assert all(len(line) <= 80 for line in result.stdout.splitlines())
    assert "\x1b" not in result.stdout
    assert "Exit codes" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--domain", "bokings"), "did you mean 'bookings'?"),
        (("run", "--from", "2012-12-31"), "the input covers 2013-01-01 to 2013-12-31"),
        (("run", "--from", "2013-02-02", "--to", "2013-02-01"), "no data day from 2013-02-02 to 2013-02-01"),
        (("run", "--from", "tomorrow"), "write YYYY-MM-DD"),
        (("run", "--days", "0"), "--days"),
        (("run", "--scale", "-1"), "--scale"),
        (("run", "--port", "99999"), "--port"),
        (("run", "--input", "/nowhere"), "holds no landing files"),
        (("new", "product", "Nope"), "Nope"),
        (("new", "product", "nowhere.things"), "no domain 'nowhere'"),
        (("fly",), "No such command"),
    ],
)
def test_wrong_usage_is_one_message(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    home = ("--home", str(tmp_path)) if arguments[0] == "run" else ()
    result = _interline(*arguments, *home)
    assert result.exit_code == 2, result.stderr
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert "Traceback" not in result.stderr


def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = _interline("run", "--days", "1", "--port", str(port), "--home", str(tmp_path / "home"))
    assert result.exit_code == 4
    assert f"port {port}" in result.stderr
    assert "--port" in result.stderr
    assert not (tmp_path / "home" / "processes.json").exists()


def test_a_second_run_is_refused_while_one_runs(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.alone("run"):
        result = _interline("run", "--days", "1", "--home", str(tmp_path))
        known = _interline("status", "--home", str(tmp_path))
    assert result.exit_code == 4
    assert f"./interline run (process {os.getpid()})" in result.stderr
    assert f"process {os.getpid()}" in known.stdout
    assert home.holder() is None


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = _interline("run", "--days", "1", "--home", str(tmp_path / "file" / "home"))
    assert result.exit_code == 3
    assert str(tmp_path / "file") in result.stderr
    assert "Traceback" not in result.stderr


def test_where_nothing_runs_status_and_down_say_so(tmp_path: Path) -> None:
    assert _interline("status", "--home", str(tmp_path)).stdout.startswith("Nothing is running.")
    assert _interline("down", "--home", str(tmp_path)).stdout == "Nothing was running.\n"
    assert _interline("down", "--home", str(tmp_path / "never-made")).exit_code == 0


def test_the_repository_passes_its_own_check() -> None:
    result = _interline("check")
    assert result.exit_code == 0, result.stdout
