"""Versions under a real Airflow: a replay that changes nothing, and a wrong version taken back with all who read it."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.mesh.conftest import DAYS, Ended, Mesh

FIRST, LAST = (day.isoformat() for day in (DAYS[0], DAYS[-1]))
PRODUCER, CONSUMER = "shopping.searches", "shopping.route_demand"
_SECONDS = 90


def versions(mesh: Mesh, address: str) -> list[dict[str, Any]]:
    listed = mesh.interline("versions", address, "--format", "json")
    assert listed.code == 0, listed.output
    found: list[dict[str, Any]] = json.loads(listed.output[listed.output.index("[") :])
    return found


def test_a_replay_is_byte_equal_and_takes_the_consumers_along(mesh: Mesh, first_run: Ended) -> None:
    assert first_run.code == 0, first_run.output
    before = {address: mesh.content(address) for address in (PRODUCER, CONSUMER)}
    made = {address: len(versions(mesh, address)) for address in before}
    replayed = mesh.interline("replay", PRODUCER, "--from", FIRST, "--to", LAST, "--yes")
    assert replayed.code == 0, replayed.output
    assert "Every run succeeded." in replayed.output
    assert {address: mesh.content(address) for address in before} == before
    assert {address: len(versions(mesh, address)) for address in before} == {
        address: count + len(DAYS) for address, count in made.items()
    }
    newest = versions(mesh, PRODUCER)
    assert [version["data_day"] for version in newest[: len(DAYS)]] == [
        day.isoformat() for day in reversed(DAYS)
    ]
    assert newest[0]["run"].startswith("backfill__")


def test_a_wrong_version_is_rolled_back_and_its_readers_run_again(mesh: Mesh, first_run: Ended) -> None:
    assert first_run.code == 0, first_run.output
    before = {address: mesh.content(address) for address in (PRODUCER, CONSUMER)}
    good = versions(mesh, PRODUCER)[0]["version"]
    runs = len(versions(mesh, CONSUMER))
    mesh.session("shopping").redshift(
        f"delete from shopping_curated.searches where data_day = '{LAST}' and origin = 'JFK'"
    )
    assert mesh.content(PRODUCER) != before[PRODUCER]
    taken_back = mesh.interline("rollback", PRODUCER, "--to", good, "--yes")
    assert taken_back.code == 0, taken_back.output
    assert f"data days that change: {LAST}" in taken_back.output
    assert mesh.content(PRODUCER) == before[PRODUCER]
    end = time.monotonic() + _SECONDS
    while len(versions(mesh, CONSUMER)) == runs and time.monotonic() < end:
        time.sleep(1)
    newest = versions(mesh, CONSUMER)
    assert (len(newest), newest[0]["data_day"]) == (runs + 1, LAST)
    assert mesh.content(CONSUMER) == before[CONSUMER]
