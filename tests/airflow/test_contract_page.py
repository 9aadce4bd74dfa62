"""The page of a contract in the Airflow UI says what holds, for whom and until when; nobody writes it a second time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from interline.airflow.documentation import documentation
from interline.contracts import load_mesh
from interline.contracts.disk_cache import Lazy
from interline.contracts.odcs.reader import contract_of
from interline.contracts.yaml.reader import read
from tests.mesh_folder import MeshFolder

WHOLE = Path(__file__).parents[1] / "contracts" / "odcs_corpus" / "whole.yaml"


def page(mesh_folder: MeshFolder) -> str:
    product = load_mesh(mesh_folder.root).products["bookings.tickets"]
    return documentation(replace(product, lazy_contract=Lazy(contract_of(read(WHOLE), "bookings.tickets"))))


def test_every_column_rule_and_reader_is_on_the_page(mesh_folder: MeshFolder) -> None:
    text = page(mesh_folder)
    contract = contract_of(read(WHOLE), "bookings.tickets")
    for column in contract.columns:
        assert f"| `{column.name}`" in text
    for rule in (*contract.row_rules, *contract.batch_rules):
        assert f"| `{rule.name}` |" in text
    assert "| `sold_at` (deprecated) |" in text
    assert "Cabin that was sold. One of economy, business." in text
    assert "**Active, mended until 2028-06-30, readable until 2028-12-31.**" in text
    (reader,) = [line for line in text.splitlines() if line.startswith("| shopping |")]
    assert reader == (
        "| shopping | data_day, ticket_id, price, cabin | `price > 10 and cabin in ('economy', 'business')`"
        " | 2027-12-31 | Look-to-book. Which routes are bought after they were looked at. |"
    )
    assert "| `few_tickets_are_dear` | few tickets are dear < 3 | only warns |" in text


def test_tables_stay_tables_whatever_a_contract_says(mesh_folder: MeshFolder) -> None:
    mesh_folder.change(
        "domains/bookings/tickets/contract.yaml",
        "description: What was paid, in US dollars.",
        'description: "What | was\\npaid."',
    )
    text = documentation(load_mesh(mesh_folder.root).products["bookings.tickets"])
    assert "| What \\| was paid. |" in text
