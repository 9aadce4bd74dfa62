"""After a run, status holds every port against its promise; what is late is told once, with who waits for it."""

from __future__ import annotations

import json
from typing import Any

from tests.mesh.conftest import DAYS, Ended, Mesh


def status_of(mesh: Mesh, *words: str) -> tuple[int, dict[str, Any]]:
    ended = mesh.interline("status", "--format", "json", *words)
    content: dict[str, Any] = json.loads(ended.output)
    return ended.code, {port["address"]: port for port in content["ports"]}


def test_all_ports_are_on_time_when_their_newest_day_is_due(mesh: Mesh, first_run: Ended) -> None:
    assert first_run.code == 0, first_run.output
    code, ports = status_of(mesh, "--strict")
    assert code == 0
    assert set(ports) == set(first_run.table)
    assert {port["level"] for port in ports.values()} == {"on time"}
    assert {port["newest_data_day"] for port in ports.values()} == {DAYS[-1].isoformat()}


def test_late_producers_are_named_and_their_consumers_wait(mesh: Mesh, first_run: Ended) -> None:
    code, ports = status_of(mesh, "--strict", "--now", "2013-01-10T00:00")
    assert code == 1
    late = {address for address, port in ports.items() if port["level"] == "late"}
    assert late == {"bookings.reservations", "loyalty.members", "shopping.searches"}
    assert {port["level"] for address, port in ports.items() if address not in late} == {"waiting"}
    assert ports["bookings.reservations"]["affected"] == [
        "bookings.revenue", "loyalty.segments", "shopping.route_demand",
    ]  # fmt: skip
    plain = mesh.interline("status", "--now", "2013-01-10T00:00")
    assert plain.code == 0
    assert plain.output.count("bookings.revenue is late") == 0
    assert plain.output.count("bookings.reservations is late") == 1
