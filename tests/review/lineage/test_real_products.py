"""Column lineage of the repository's own products, column by column as their SQL says it."""

from __future__ import annotations

import pytest

from interline.contracts import Mesh
from interline.review.lineage import Origin, column_lineage, downstream, model_problems, readers


@pytest.mark.parametrize(
    ("address", "reads"),
    [
        ("bookings.reservations", {}),
        ("shopping.searches", {}),
        ("loyalty.members", {}),
        (
            "bookings.revenue",
            {
                "bookings.reservations": "origin destination channel amount passengers first_data_day"
                " cancelled_data_day"
            },
        ),
        (
            "shopping.route_demand",
            {
                "bookings.reservations": "origin destination passengers first_data_day cancelled_data_day",
                "shopping.searches": "origin destination passengers data_day",
            },
        ),
        (
            "loyalty.segments",
            {
                "bookings.reservations": "member_id amount first_data_day",
                "shopping.searches": "member_id data_day",
                "loyalty.members": "member_id data_day balance qual_miles cc1_miles bonus_miles bonus_trans"
                " flight_miles_12mo flight_trans_12 enrolled_on has_award",
            },
        ),
    ],
)
def test_which_columns_of_which_port_a_product_uses(mesh: Mesh, address: str, reads: dict[str, str]) -> None:
    found = column_lineage(mesh, address).reads
    assert found == {port: frozenset(columns.split()) for port, columns in reads.items()}


def test_every_model_has_the_columns_of_its_contract(mesh: Mesh) -> None:
    assert len(mesh.products) >= 6
    for address, product in mesh.products.items():
        assert model_problems(mesh, address) == []
        assert set(column_lineage(mesh, address).columns) == set(product.contract.column_names)


def test_a_column_is_followed_through_helpers_to_landing(mesh: Mesh) -> None:
    columns = column_lineage(mesh, "bookings.reservations").columns
    landed = "bookings_landing.booking_events"
    assert columns["amount"] == {Origin(landed, "fare"), Origin(landed, "fare_usd")}
    assert columns["contact_email"] == {Origin(landed, "customer"), Origin(landed, "email")}
    assert columns["first_data_day"] == frozenset()


def test_a_column_of_two_sides_of_a_union_comes_from_both(mesh: Mesh) -> None:
    columns = column_lineage(mesh, "shopping.route_demand").columns
    assert columns["origin"] == {
        Origin("shopping.searches", "origin"),
        Origin("bookings.reservations", "origin"),
    }
    assert columns["passengers_booked"] == {
        Origin("bookings.reservations", "passengers"),
        Origin("bookings.reservations", "first_data_day"),
    }


def test_scores_are_made_of_the_features_of_training(mesh: Mesh) -> None:
    columns = column_lineage(mesh, "loyalty.segments").columns
    assert columns["member_id"] == {Origin("loyalty.members", "member_id")}
    assert columns["balance"] == {Origin("loyalty.members", "balance")}
    assert Origin("bookings.reservations", "amount") in columns["audience_segment"]
    assert Origin("loyalty.members", "birth_date") not in columns["audience_segment"]


def test_who_reads_a_port(mesh: Mesh) -> None:
    found = readers(mesh, "bookings.reservations")
    assert set(found) >= {"bookings.revenue", "shopping.route_demand", "loyalty.segments"}
    assert found["loyalty.segments"] == {"member_id", "amount", "first_data_day"}
    assert readers(mesh, "loyalty.segments") == {}


def test_what_a_column_reaches(mesh: Mesh) -> None:
    reached = downstream(mesh, "bookings.reservations", "amount")
    assert {origin.column for origin in reached if origin.address == "bookings.revenue"} == {
        "booked_amount",
        "cancelled_amount",
        "net_amount",
    }
    assert Origin("loyalty.segments", "profile") in reached
    assert downstream(mesh, "bookings.reservations", "contact_email") == frozenset()


def test_a_use_has_the_file_and_line_that_names_it(mesh: Mesh) -> None:
    uses = column_lineage(mesh, "loyalty.segments").uses
    [amount] = [use for use in uses if (use.address, use.column) == ("bookings.reservations", "amount")]
    assert amount.path.name == "segments_features.sql"
    assert "r.amount" in amount.path.read_text().splitlines()[amount.line - 1]
