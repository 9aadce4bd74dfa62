"""dbt as a task: builds for real, says which model failed and why, and dies when it is killed."""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from interline.airflow.operators.dbt_build import DbtBuildFailed
from tests.engines.probe_mesh import COLUMNS, Probes

DAY = "2013-01-01"


@pytest.fixture(scope="module")
def delivered(probes: Probes) -> Probes:
    """The table that the model reads, with three rows for the day and one for another."""
    columns = ", ".join(f"{name} varchar(40)" for name in COLUMNS.split(", "))
    types = columns.replace("seats varchar(40)", "seats integer").replace(
        "price varchar(40)", "price decimal(10,2)"
    )
    for name in ("probe_id", "cabin", "note", "ticket"):
        types = types.replace(f"{name} varchar(40)", f"{name} varchar(20)")
    types = types.replace("origin varchar(40)", "origin varchar(8)")
    probes.sql("drop table if exists bookings.delivered", f"create table bookings.delivered ({types})")
    rows = [
        f"('{day}', 'P{n}', 2, {100 + n}, 'economy', 'JFK', '{day} 20:00:00', 'note {n}', 'T{n}')"
        for n, day in ((1, DAY), (2, DAY), (3, DAY), (4, "2013-01-02"))
    ]
    probes.sql(f"insert into bookings.delivered ({COLUMNS}) values {', '.join(rows)}")
    return probes


def model_of(probes: Probes) -> Path:
    return Path(probes.dag.fileloc).parents[2] / "dbt" / "models" / "bookings" / "probes.sql"


def test_a_product_is_built_checked_and_published(delivered: Probes) -> None:
    report = delivered.run("build", DAY)
    assert {name: result["status"] for name, result in report.items()} == {"probes": "success"}
    assert delivered.run("check", DAY)["rows_checked"] == 3
    delivered.publish(DAY)
    assert delivered.published(DAY) == ["P1", "P2", "P3"]


def test_every_broken_model_is_named_with_what_redshift_said(delivered: Probes) -> None:
    model = model_of(delivered)
    text = model.read_text()
    assert "note,\n  ticket" in text
    helpers = model.with_suffix("")
    helpers.mkdir()
    try:
        (helpers / "misspelt.sql").write_text(text.replace("probe_id,", "probe_idd,", 1))
        (helpers / "lacking.sql").write_text(text.replace("seats,", "list_value(seats) as seats,", 1))
        model.write_text(text.replace("note,\n  ticket", "note"))
        with pytest.raises(DbtBuildFailed) as failed:
            delivered.run("build", DAY)
    finally:
        shutil.rmtree(helpers)
        model.write_text(text)
    report = str(failed.value)
    for expected in (
        r'misspelt: [^|]*column "probe_idd" does not exist',
        r"lacking: [^|]*function list_value\(integer\) does not exist",
        r"probes: .*ticket.*missing",
    ):
        assert re.search(expected, report), (expected, report)


def test_without_dbt_the_task_says_where_it_looked(
    delivered: Probes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTERLINE_DBT", "/nowhere/dbt")
    with pytest.raises(DbtBuildFailed, match="there is no dbt at /nowhere/dbt; set INTERLINE_DBT"):
        delivered.run("build", DAY)


def test_a_killed_task_leaves_no_process(
    delivered: Probes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "dbt"
    program.write_text(
        f"#!/bin/sh\nsleep 300 &\necho $! > {tmp_path}/child\necho $$ > {tmp_path}/parent\nwait\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("INTERLINE_DBT", str(program))
    task: Any = delivered.dag.get_task("build")
    monkeypatch.setattr(task, "data_day", DAY)
    raised: list[BaseException] = []

    def run() -> None:
        try:
            task.execute({})
        except DbtBuildFailed as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 20
    while not (tmp_path / "parent").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    identifiers = [int((tmp_path / name).read_text()) for name in ("child", "parent")]
    task.on_kill()
    thread.join(20)
    assert raised
    assert not any(_runs(identifier) for identifier in identifiers)


def _runs(identifier: int) -> bool:
    try:
        os.kill(identifier, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{identifier}/stat").read_text().rpartition(")")[2].split()[0]
