"""Columns that only the SQL or only the contract knows are told where they stand, without running anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from interline.contracts import load_mesh
from interline.review.checking.contract_drift import drift_problems
from tests.mesh_folder import MeshFolder

MODEL = "dbt/models/bookings/tickets.sql"
CONTRACT = "domains/bookings/tickets/contract.yaml"
SQL = """\
select
    e.number as ticket_id,
    cast(e.price as decimal(10, 2)) as price,
    e.sold_at,
    {last}
from {{{{ source('bookings_landing', 'ticket_events') }}}} as e
"""


def problems_of(mesh_folder: MeshFolder, last: str) -> list[str]:
    mesh_folder.write(MODEL, SQL.format(last=last))
    mesh = load_mesh(mesh_folder.root)
    return [
        f"{problem.path.relative_to(mesh_folder.root)}:{problem.line}: {problem.message} ({problem.hint})"
        for problem in drift_problems(mesh, "bookings.tickets")
    ]


def test_a_model_that_gives_what_is_promised(mesh_folder: MeshFolder) -> None:
    assert problems_of(mesh_folder, "e.email") == []


def test_both_sides_of_a_renamed_column_are_reported(mesh_folder: MeshFolder) -> None:
    assert problems_of(mesh_folder, "e.email as e_mail") == [
        f"{MODEL}:5: selects 'e_mail', which is not in the contract (did you mean 'email'?)",
        f"{CONTRACT}:29: promises 'email', which the model does not select (did you mean 'e_mail'?)",
    ]


def test_one_more_and_one_less(mesh_folder: MeshFolder) -> None:
    assert problems_of(mesh_folder, "e.email,\n    e.gate as departure_gate") == [
        f"{MODEL}:6: selects 'departure_gate', which is not in the contract"
        " (add it to contract.yaml, or leave it out of the model)"
    ]
    assert problems_of(mesh_folder, "1 as x") == [
        f"{MODEL}:5: selects 'x', which is not in the contract (add it to contract.yaml, or leave it out of the model)",
        f"{CONTRACT}:29: promises 'email', which the model does not select (select it in {MODEL})",
    ]


def test_the_source_of_a_row_may_be_selected_too(mesh_folder: MeshFolder) -> None:
    assert problems_of(mesh_folder, 'e.email, e."$path" as source_object') == []


@pytest.mark.parametrize("sql", ["select * from {{ nothing }}", "select from where"])
def test_a_model_that_cannot_be_followed_has_no_drift(mesh_folder: MeshFolder, sql: str) -> None:
    mesh_folder.write(MODEL, sql)
    assert drift_problems(load_mesh(mesh_folder.root), "bookings.tickets") == []


def test_no_model_of_the_mesh_has_drifted() -> None:
    mesh = load_mesh(Path(__file__).resolve().parents[3])
    assert len(mesh.products) >= 6
    assert [problem for address in mesh.products for problem in drift_problems(mesh, address)] == []
