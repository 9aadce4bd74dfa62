"""psql, where the machine has one."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Any

import pytest

PSQL = shutil.which("psql") or ""
pytestmark = [
    pytest.mark.quick,
    pytest.mark.skipif(not PSQL, reason="this machine has no psql"),
]


def psql(cluster: Any, *commands: str) -> str:
    """What psql prints, rows without frames."""
    words = [word for command in commands for word in ("-c", command)]
    done = subprocess.run(
        [PSQL, "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", cluster.dsn, *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PGCLIENTENCODING": "UTF8"},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_d_lists_tables_and_views(cluster: Any) -> None:
    psql(
        cluster,
        "drop table if exists psql_places cascade",
        "create table psql_places (id int)",
        "create view psql_names as select id from psql_places",
    )
    listed = psql(cluster, r"\d").splitlines()
    assert "public|psql_places|table|interline" in listed
    assert "public|psql_names|view|interline" in listed
    assert "public|psql_places|table|interline" in psql(cluster, r"\dt").splitlines()
    assert "public|interline" in psql(cluster, r"\dn").splitlines()


def test_a_query_and_a_cursor(cluster: Any) -> None:
    assert psql(cluster, "select 'é', 1.50::decimal(5,2), null") == "é|1.50|\n"
    fetched = psql(
        cluster, r"\set FETCH_COUNT 2", "select 1 as n union all select 2 union all select 3 order by n"
    )
    assert fetched.split() == ["1", "2", "3"]
