"""What a role of a contract may read: clearance, columns, rows, until when, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from interline.contracts import Contract, MeshError, load_mesh
from tests.mesh_folder import MeshFolder

CONTRACT = "domains/bookings/tickets/contract.yaml"
COLUMNS = "      - property: columns\n        value: [ticket_id, price]\n"


def with_properties(mesh_folder: MeshFolder, **properties: str) -> Contract:
    written = "".join(
        f"      - property: {name}\n        value: {value}\n" for name, value in properties.items()
    )
    mesh_folder.change(CONTRACT, COLUMNS, written)
    return load_mesh(mesh_folder.root).products["bookings.tickets"].contract


@pytest.mark.parametrize(
    ("clearance", "readable"),
    [
        ("public", ("ticket_id",)),
        ("internal", ("ticket_id", "sold_at")),
        ("confidential", ("ticket_id", "price", "sold_at")),
        ("personal", ("ticket_id", "price", "sold_at", "email")),
    ],
)
def test_a_clearance_covers_its_level_and_those_below(
    mesh_folder: MeshFolder, clearance: str, readable: tuple[str, ...]
) -> None:
    mesh_folder.change(
        CONTRACT,
        "        description: Number of the ticket.\n",
        "        description: Number of the ticket.\n        classification: public\n",
    )
    mesh_folder.change(
        CONTRACT, "        required: true\n", "        required: true\n        classification: confidential\n"
    )
    contract = with_properties(mesh_folder, clearance=clearance)
    (role,) = contract.roles
    assert role.columns is None
    assert contract.readable_by(role) == readable


def test_a_role_is_cleared_for_internal_columns_by_default(mesh_folder: MeshFolder) -> None:
    mesh_folder.change(CONTRACT, "    customProperties:\n" + COLUMNS, "")
    contract = load_mesh(mesh_folder.root).products["bookings.tickets"].contract
    assert contract.roles[0].clearance == "internal"
    assert contract.readable_by(contract.roles[0]) == ("ticket_id", "price", "sold_at")


def test_a_role_may_have_rows_a_last_day_and_a_purpose(mesh_folder: MeshFolder) -> None:
    contract = with_properties(
        mesh_folder,
        columns="[price, ticket_id]",
        rows="price > 100 and ticket_id like '2%'",
        expires='"2027-01-31"',
        purpose="Offers.",
    )
    (role,) = contract.roles
    assert role.rows == "price > 100 and ticket_id like '2%'"
    assert role.purpose == "Offers."
    assert role.place == ("roles", 0)
    assert contract.readable_by(role) == ("ticket_id", "price")
    assert role.in_force(date(2027, 1, 31))
    assert not role.in_force(date(2027, 2, 1))


@pytest.mark.parametrize(
    ("properties", "line", "message", "hint"),
    [
        (
            {"columns": "[ticket_id, email]"},
            40,
            "'email' is personal, above the role's clearance, internal",
            "leave it out",
        ),
        ({"columns": "[ticket_id, ticket_id]"}, 40, "is there twice", ""),
        ({"clearance": "persnal"}, 40, "no clearance", "'personal'"),
        ({"clearance": "public"}, 35, "may read no column", ""),
        ({"expires": '"2027-02-29"'}, 40, "expires is '2027-02-29'", "in quotes"),
        ({"expires": "soon"}, 40, "expires is 'soon'", "in quotes"),
        ({"rows": "12"}, 40, "the value is 12", "a condition"),
        ({"row": "a"}, 39, "unknown custom property 'row'", "'rows'"),
    ],
)
def test_a_mistake_in_a_role(
    mesh_folder: MeshFolder, properties: dict[str, str], line: int, message: str, hint: str
) -> None:
    with pytest.raises(MeshError) as caught:
        with_properties(mesh_folder, **properties)
    assert any(
        problem.line == line and message in problem.message and hint in problem.hint
        for problem in caught.value.problems
    ), caught.value.problems


@pytest.mark.parametrize("name", ["endOfSupport", "endOfLife"])
def test_a_port_may_have_a_last_day(mesh_folder: MeshFolder, name: str) -> None:
    before = mesh_folder.path(CONTRACT).read_text()
    level = f'  - property: {name}\n    value: "%s"\n'
    mesh_folder.write(CONTRACT, before + level % "2026-12-31")
    contract = load_mesh(mesh_folder.root).products["bookings.tickets"].contract
    ends = (contract.end_of_support, contract.end_of_life)
    assert ends == ((date(2026, 12, 31), None) if name == "endOfSupport" else (None, date(2026, 12, 31)))
    mesh_folder.write(CONTRACT, before + level % "2026-13-31")
    with pytest.raises(MeshError, match="no day") as caught:
        load_mesh(mesh_folder.root)
    assert caught.value.problems[0].line == 46
