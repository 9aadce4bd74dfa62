"""A contract whose rules do not fit into one statement of the Data API is told before it is merged."""

from __future__ import annotations

import pytest

from interline.contracts import load_mesh
from interline.quarantine.batch_check import plan_check
from interline.review.checking.contract_findings import contract_problems
from interline.sql.tables import Tables
from tests.mesh_folder import MeshFolder

CONTRACT = "domains/bookings/tickets/contract.yaml"


@pytest.mark.parametrize(("columns", "fits"), [(10, True), (300, True), (460, False)])
def test_so_many_rules_that_no_check_could_run(mesh_folder: MeshFolder, columns: int, fits: bool) -> None:
    lines = (
        f"      - name: one_of_the_many_columns_{number}\n        logicalType: integer\n"
        "        physicalType: integer\n        description: One of many.\n        required: true\n"
        for number in range(columns)
    )
    mesh_folder.change(CONTRACT, "roles:\n", f"{''.join(lines)}roles:\n")
    product = load_mesh(mesh_folder.root).products["bookings.tickets"]
    statements = plan_check(product.contract, Tables("bookings", "tickets"), "2013-01-01", {}).statements
    assert (max(len(statement.encode()) for statement in statements) <= 100 * 1024) is fits
    problems = [problem for problem in contract_problems(product) if "rules" in problem.message]
    assert [bool(problems), *(problem.path.name for problem in problems)] == (
        [False] if fits else [True, "contract.yaml"]
    )
