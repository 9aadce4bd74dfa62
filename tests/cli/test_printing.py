"""What is printed: tables within 80 columns, logs as plain lines, own input files."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rich.console import Console

from local.mesh.access_proof import Evidence
from local.mesh.home import Home
from local.mesh.landing import Input, InputError
from local.mesh.printing import print_proof, print_report
from local.mesh.report import ProductReport
from local.mesh.task_logs import last_lines, log_of
from local.source_systems import SEED

REPORTS = [
    ProductReport(
        address="shopping.route_demand", domain="shopping", rows=1_234_567, quarantined=321, released=17, checks_passed=42, checks=42,
        version=8_412_345_678_901_234_567, committed=datetime(2026, 1, 1, tzinfo=UTC), newest_day="2013-01-03",
        readers=("bookings (10 of 21 columns)", "loyalty"),
    ),
    ProductReport(address="loyalty.members", domain="loyalty", state="failed", problem="Table not found [members]"),
]  # fmt: skip


def _printed(width: int, colour: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=colour)
    print_report(console, REPORTS)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_table_fits_80_columns_and_loses_nothing() -> None:
    printed = _printed(80)
    table = printed.partition("who may read it")[0]
    assert all(len(line) <= 80 for line in table.splitlines())
    for word in ("1,234,567", "321", "17", "42/42", "8412345", "2013-01-03", "failed"):
        assert word in table
    assert "shopping.route_demand: shopping, bookings (10 of 21 columns), loyalty" in printed
    assert "loyalty.members: Table not found [members]" in printed
    assert "\x1b" not in printed


def test_a_wide_screen_shows_the_whole_version_and_the_readers() -> None:
    line = next(line for line in _printed(160).splitlines() if line.startswith("shopping.route_demand"))
    assert "8412345678901234567" in line
    assert "bookings (10 of 21 columns)" in line


def test_a_proof_shows_who_ran_what_and_the_answer() -> None:
    console = Console(file=io.StringIO(), width=80)
    refused = Evidence(
        "arn:aws:iam::4:role/x", 'SELECT "e" FROM "a"."b"', "refused", "refused", "COLUMN_NOT_FOUND [e]"
    )
    print_proof(console, [refused])
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "✓ refused: arn:aws:iam::4:role/x" in printed
    assert "COLUMN_NOT_FOUND [e]" in printed


def test_the_last_lines_of_a_log_name_what_was_raised_and_where(tmp_path: Path) -> None:
    folder = tmp_path / "airflow/logs/dag_id=a.b/run_id=r/task_id=land"
    folder.mkdir(parents=True)
    entries = [
        {"event": "::group::Pre", "level": "info"},
        {"event": "looking", "level": "info"},
        {
            "event": "Task failed with exception", "level": "error",
            "error_detail": [
                {"exc_type": "NothingLanded", "exc_value": "s3://x is empty",
                 "frames": [{"filename": "land.py", "lineno": 7, "name": "execute"}]},
                {"exc_type": "KeyError", "exc_value": "'k'", "is_cause": True, "frames": []},
            ],
        },
    ]  # fmt: skip
    log = folder / "attempt=1.log"
    log.write_text("".join(json.dumps(entry) + "\n" for entry in entries) + "killed" + "x" * 9999)
    assert log_of(Home(tmp_path), "a.b", "r", "land") == log
    assert log_of(Home(tmp_path), "a.b", "r", "crawl") is None
    lines = last_lines(log)
    assert lines[:5] == [
        "looking", "ERROR: Task failed with exception", "  land.py:7 in execute", "NothingLanded: s3://x is empty",
        "caused by",
    ]  # fmt: skip
    assert len(lines[-1]) < 600


def test_own_files_replace_a_source_and_nothing_else(tmp_path: Path) -> None:
    day = tmp_path / "bookings" / "booking_events" / "dt=2013-01-01"
    day.mkdir(parents=True)
    (day / "mine.jsonl").write_text("{}\n")
    own = Input(frozenset({"bookings"}), SEED, 0.01, tmp_path)
    files = own.files(date(2013, 1, 1))
    assert {(file.source, file.name) for file in files} == {
        ("booking_events", "mine.jsonl"),
        ("airports", "airports.csv"),
    }
    assert {file.source for file in own.files(date(2013, 1, 2))} == {"airports"}


def test_a_folder_without_landing_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bookings" / "booking_events").mkdir(parents=True)
    with pytest.raises(InputError, match="dt=YYYY-MM-DD"):
        Input(frozenset({"bookings"}), SEED, 1.0, tmp_path).replaced_sources()
