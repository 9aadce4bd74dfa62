"""Which products and which days a run is about."""

from __future__ import annotations

from datetime import date

import pytest

from interline.contracts import Mesh, load_mesh
from local.mesh.selection import SelectionError, select_days, select_products
from tests.cli.conftest import REPOSITORY


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return load_mesh(REPOSITORY)


def test_without_a_domain_every_product_comes_after_what_it_reads(mesh: Mesh) -> None:
    ordered = list(select_products(mesh, ()))
    assert set(ordered) == set(mesh.products)
    for address in ordered:
        assert all(ordered.index(needed) < ordered.index(address) for needed in mesh.products[address].inputs)


def test_a_domain_brings_along_what_it_reads_and_nothing_else(mesh: Mesh) -> None:
    assert set(select_products(mesh, ["bookings"])) == {"bookings.reservations", "bookings.revenue"}
    assert set(select_products(mesh, ["shopping"])) == {
        "bookings.reservations", "shopping.searches", "shopping.route_demand",
    }  # fmt: skip


def test_a_domain_without_products_is_refused(mesh: Mesh) -> None:
    with pytest.raises(SelectionError, match="no data products in platform"):
        select_products(mesh, ["platform"])


@pytest.mark.parametrize(
    ("count", "first", "last", "days"),
    [
        (None, None, None, ["2013-01-01", "2013-01-02", "2013-01-03"]),
        (1, None, None, ["2013-01-01"]),
        (2, "2013-12-30", None, ["2013-12-30", "2013-12-31"]),
        (2, None, "2013-02-01", ["2013-01-31", "2013-02-01"]),
        (None, None, "2013-01-02", ["2013-01-01", "2013-01-02"]),
        (None, "2013-02-28", "2013-03-01", ["2013-02-28", "2013-03-01"]),
        (2, "2013-02-28", "2013-03-01", ["2013-02-28", "2013-03-01"]),
    ],
)
def test_days(count: int | None, first: str | None, last: str | None, days: list[str]) -> None:
    chosen = select_days(count, first and date.fromisoformat(first), last and date.fromisoformat(last))
    assert [day.isoformat() for day in chosen] == days


@pytest.mark.parametrize(
    ("count", "first", "last", "message"),
    [
        (366, None, None, "2014-01-01 is no data day: the input covers 2013-01-01 to 2013-12-31"),
        (None, "2014-01-01", None, "2014-01-01 is no data day"),
        (3, "2013-01-01", "2013-01-02", "--from 2013-01-01 --to 2013-01-02 are 2 days, not --days 3"),
        (5, None, "2013-01-02", "2012-12-29 is no data day"),
        (None, "2013-01-02", "2013-01-01", "no data day from 2013-01-02 to 2013-01-01"),
    ],
)
def test_days_that_do_not_exist(count: int | None, first: str | None, last: str | None, message: str) -> None:
    with pytest.raises(SelectionError, match=message):
        select_days(count, first and date.fromisoformat(first), last and date.fromisoformat(last))
