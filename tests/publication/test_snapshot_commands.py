"""The commands' refusals: what is wrong, and with which exit code, without a mesh."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import exits
from cli.__main__ import app


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "AIRFLOW_CONN_"))]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("versions bookings.revenue", exits.FAILED, "nothing is up in"),
        ("rollback bookings.revenue --to previous", exits.FAILED, "nothing is up in"),
        ("replay bookings.revenue --from 2013-01-01", exits.FAILED, "nothing is up in"),
        ("rollback bookings.revenue", exits.USAGE, "--to"),
        ("replay bookings.revenue", exits.USAGE, "--from"),
        ("replay bookings.revenue --from 2013-02-30", exits.USAGE, "is no day"),
        ("versions", exits.USAGE, "PORT"),
        ("versions bookings.revenue --format xml", exits.USAGE, "xml"),
    ],
)
def test_it_says_what_is_wrong(words: str, code: int, message: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*words.split(), "--home", str(tmp_path)], env={"COLUMNS": "200"})
    assert (result.exit_code, result.exception is None or isinstance(result.exception, SystemExit)) == (
        code,
        True,
    )
    assert message in result.output


@pytest.mark.parametrize(
    ("port", "message"),
    [
        ("bookings.revenues", "did you mean 'bookings.revenue'?"),
        ("bookings", "is no address"),
        ("../../etc/passwd", "is no address"),
        ("bookings.revenue; drop table x", "is no address"),
        ("bookings.réservations", "is no address"),
    ],
)
def test_a_port_that_is_none_has_no_snapshots(
    port: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_AWS_BOOKINGS", "aws://")
    result = CliRunner().invoke(app, ["versions", port, "--home", str(tmp_path)], env={"COLUMNS": "200"})
    assert result.exit_code == exits.FAILED, result.output
    assert message in result.output
