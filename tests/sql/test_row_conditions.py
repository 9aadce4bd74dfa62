"""The row condition of a role is what Lake Formation takes, or is refused with the reason."""

from __future__ import annotations

import pytest

from interline.contracts import Contract, load_mesh
from interline.review.checking.contract_findings import contract_problems
from interline.sql.row_filters import checked_row_filter
from tests.mesh_folder import MeshFolder

CONTRACT = "domains/bookings/tickets/contract.yaml"


@pytest.fixture
def contract(mesh_folder: MeshFolder) -> Contract:
    return load_mesh(mesh_folder.root).products["bookings.tickets"].contract


@pytest.mark.parametrize(
    "text",
    [
        "price > 10",
        "PRICE >= -1.5 and ticket_id <> 'a''b'",
        "ticket_id in ('1', '2') or not (price between 1 and 2)",
        "ticket_id like '2%'",
        "email is not null and price != 3",
        "email is null",
    ],
)
def test_what_lake_formation_takes(contract: Contract, text: str) -> None:
    assert checked_row_filter(f" {text}\n", contract) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ticket_id = '\x1b[2J'", "a character that cannot be printed"),
        ("ticket_id = 'a\u202eb'", "a character that cannot be printed"),
        ("prise > 10", "no column 'prise' (did you mean 'price'?)"),
        ("price > ticket_id", "expected a number"),
        ("price > 'ten'", "expected a number"),
        ("ticket_id = 12", "expected a text"),
        ("upper(ticket_id) = 'A'", "where a column of the port is expected"),
        ("price + 1 > 10", "where a column of the port is expected"),
        ("10 < price", "where a column of the port is expected"),
        ("sold_at > '2013-01-01'", "filters rows by no timestamp"),
        ("price in (select 1)", "IN takes a list"),
        ("exists (select 1)", "takes no"),
        ("price like '1%'", "LIKE is for texts"),
        ("price is true", "IS is only for NULL"),
        ("true", "takes no"),
        ("price > 1; drop table x", "statements; expected one"),
        ("price > 1 -- and more", "comment"),
        ("price > 1 order by 1", "more than one expression"),
        ("price >", "is no SQL"),
        ("ticket_id = '" + "x" * 2040 + "'", "characters; Lake Formation takes 2047"),
    ],
)
def test_what_lake_formation_refuses(contract: Contract, text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        checked_row_filter(text, contract)
    assert message in str(caught.value)


def test_a_refused_condition_is_reported_at_its_line(mesh_folder: MeshFolder) -> None:
    mesh_folder.change(
        CONTRACT,
        "[ticket_id, price]\n",
        "[ticket_id, price]\n      - property: rows\n        value: prise > 1\n",
    )
    mesh = load_mesh(mesh_folder.root)
    (problem,) = contract_problems(mesh.products["bookings.tickets"])
    assert problem.path.name == "contract.yaml"
    assert problem.line == 42
    assert "no column 'prise'" in problem.message
