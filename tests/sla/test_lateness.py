"""A late producer is told once, with everybody downstream; who waits for it is not told again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from interline.airflow.deadline_alerts import message_of
from interline.contracts import Mesh, load_mesh
from interline.sla.lateness import Level, PortLevel, downstream, service_levels, when_all_is_due
from interline.sla.promises import Promise, format_duration, promise_of

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2013, 1, 2)
# every port of the repository promises a day within a day of its end
DUE = datetime(2013, 1, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return load_mesh(ROOT)


def levels(mesh: Mesh, now: datetime, **newest: date | None) -> dict[str, PortLevel]:
    days: dict[str, date | None] = dict.fromkeys(mesh.products, DAY)
    days |= {address.replace("__", "."): day for address, day in newest.items()}
    return {level.address: level for level in service_levels(mesh, days, now)}


def test_all_are_on_time_until_the_next_day_is_due(mesh: Mesh) -> None:
    just_due = DUE + timedelta(days=1)
    assert {level.level for level in levels(mesh, just_due).values()} == {Level.ON_TIME}
    assert {level.level for level in levels(mesh, just_due + timedelta(seconds=1)).values()} >= {Level.LATE}


def test_one_late_producer_is_late_and_the_rest_waits(mesh: Mesh) -> None:
    before = DAY - timedelta(days=1)
    late = levels(
        mesh,
        DUE + timedelta(hours=3),
        bookings__reservations=before,
        bookings__revenue=before,
        shopping__route_demand=before,
        loyalty__segments=before,
    )
    assert [address for address, level in late.items() if level.level is Level.LATE] == [
        "bookings.reservations"
    ]
    producer = late["bookings.reservations"]
    assert producer.affected == ("bookings.revenue", "loyalty.segments", "shopping.route_demand")
    assert producer.late_by == timedelta(hours=3)
    assert str(producer) == (
        "bookings.reservations is late: data day 2013-01-02 was due 2013-01-04 00:00 UTC (3 h ago);"
        " waiting for it: bookings.revenue, loyalty.segments, shopping.route_demand"
    )
    for address in producer.affected:
        assert (late[address].level, late[address].waits_for) == (Level.WAITING, ("bookings.reservations",))
        assert late[address].affected == ()
    assert late["shopping.searches"].level is Level.ON_TIME


def test_a_consumer_whose_inputs_are_there_is_late_by_itself(mesh: Mesh) -> None:
    late = levels(mesh, DUE + timedelta(hours=1), shopping__route_demand=DAY - timedelta(days=1))
    assert [address for address, level in late.items() if level.level is not Level.ON_TIME] == [
        "shopping.route_demand"
    ]
    assert late["shopping.route_demand"].level is Level.LATE


def test_a_consumer_behind_its_late_producer_is_late_as_well(mesh: Mesh) -> None:
    late = levels(
        mesh,
        DUE + timedelta(hours=1),
        bookings__reservations=DAY - timedelta(days=1),
        bookings__revenue=DAY - timedelta(days=2),
    )
    assert late["bookings.revenue"].level is Level.LATE
    assert late["bookings.revenue"].due_day == DAY - timedelta(days=1)


def test_what_published_nothing_or_promises_nothing_is_said_to(mesh: Mesh) -> None:
    assert levels(mesh, DUE, loyalty__members=None)["loyalty.members"].level is Level.NEVER
    product = mesh.products["loyalty.members"]
    silent = replace(product.contract, service_levels=())
    assert promise_of(silent) is None
    assert promise_of(product.contract) == Promise(timedelta(days=1), timedelta(days=1))


def test_a_consumer_without_what_its_inputs_published_is_late(mesh: Mesh) -> None:
    late = levels(mesh, DUE + timedelta(hours=1), bookings__revenue=None)["bookings.revenue"]
    assert (late.level, late.due_day, late.newest, late.age) == (Level.LATE, DAY, None, None)
    without = levels(mesh, DUE, bookings__revenue=None, bookings__reservations=None)
    assert without["bookings.revenue"].level is Level.NEVER


def test_latency_comes_before_frequency() -> None:
    promise = Promise(timedelta(days=1), timedelta(hours=8))
    assert promise.due(DAY) == datetime(2013, 1, 3, 8, tzinfo=UTC)
    assert str(promise) == "every 1 d, within 8 h"
    assert [format_duration(timedelta(seconds=seconds)) for seconds in (5, 90, 3600, 5400, 200_000, 400_000)] == [
        "5 s", "90 s", "1 h", "90 min", "55 h", "4 d",
    ]  # fmt: skip


def test_downstream_is_transitive_and_ends_in_a_circle(mesh: Mesh) -> None:
    assert "loyalty.segments" in downstream(mesh, "shopping.searches")
    first, second = mesh.products["bookings.reservations"], mesh.products["bookings.revenue"]
    circle = replace(
        mesh,
        products={
            first.address: replace(first, file=replace(first.file, inputs=(second.address,))),
            second.address: second,
        },
    )
    assert downstream(circle, first.address) == (second.address,)


def run_of(address: str, queued: datetime) -> dict[str, str]:
    return {"dag_id": address, "partition_key": DAY.isoformat(), "queued_at": queued.isoformat()}


def test_the_alert_names_who_waits_and_whom_to_ask(mesh: Mesh) -> None:
    message, is_news = message_of(
        mesh, run_of("bookings.reservations", DUE - timedelta(hours=19)), DUE.isoformat()
    )
    assert is_news
    assert message == (
        "LATE bookings.reservations: data day 2013-01-02 was due 2013-01-04 00:00 UTC and is not published;"
        " waiting for it: bookings.revenue, loyalty.segments, shopping.route_demand;"
        " ask Bookings data <bookings-data@interline.example> #bookings-data"
    )


def test_a_consumer_that_began_late_is_no_news(mesh: Mesh) -> None:
    began_late = run_of("shopping.route_demand", DUE + timedelta(hours=2))
    message, is_news = message_of(mesh, began_late, (DUE + timedelta(hours=26)).isoformat())
    assert not is_news
    assert "began late" in message
    _, is_news = message_of(mesh, run_of("shopping.route_demand", DUE - timedelta(hours=2)), DUE.isoformat())
    assert is_news


def test_an_old_mesh_is_compared_when_its_newest_day_is_due(mesh: Mesh) -> None:
    days: dict[str, date | None] = dict.fromkeys(mesh.products, DAY)
    as_of = when_all_is_due(mesh, days)
    assert as_of == DUE + timedelta(hours=1)
    assert {level.level for level in service_levels(mesh, days, as_of)} == {Level.ON_TIME}
    days["shopping.searches"] = DAY - timedelta(days=1)
    assert [level.address for level in service_levels(mesh, days, as_of) if level.level is Level.LATE] == [
        "shopping.searches"
    ]
    assert when_all_is_due(mesh, dict.fromkeys(mesh.products)) is None
