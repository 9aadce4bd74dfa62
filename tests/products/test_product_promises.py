"""What the contracts promise about people and about access."""

import json

import pytest
import yaml
from jsonschema import Draft201909Validator
from open_data_contract_standard.model import OpenDataContractStandard

from interline.contracts import Mesh, load_mesh
from tests.products.rendering import ROOT

PERSONAL = {
    "bookings.reservations": {"contact_email"},
    "loyalty.members": {"first_name", "last_name", "email", "birth_date"},
}


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return load_mesh(ROOT)


def test_the_six_products_of_three_domains_are_there(mesh: Mesh) -> None:
    assert sorted(mesh.products) == [
        "bookings.reservations",
        "bookings.revenue",
        "loyalty.members",
        "loyalty.segments",
        "shopping.route_demand",
        "shopping.searches",
    ]
    assert sorted(mesh.domains) == ["bookings", "loyalty", "platform", "shopping"]


def test_personal_data_is_marked(mesh: Mesh) -> None:
    marked = {
        address: {column.name for column in product.contract.columns if column.personal}
        for address, product in mesh.products.items()
    }
    assert {address: names for address, names in marked.items() if names} == PERSONAL


def test_nobody_is_given_personal_data(mesh: Mesh) -> None:
    for address, names in PERSONAL.items():
        contract = mesh.products[address].contract
        for role in contract.roles:
            assert not names & set(contract.readable_by(role)), f"{address} for {role.domain}"


def test_shopping_reads_routes_and_loyalty_reads_amounts_of_members(mesh: Mesh) -> None:
    contract = mesh.products["bookings.reservations"].contract
    given = {role.domain: set(contract.readable_by(role)) for role in contract.roles}
    assert set(given) == {"shopping", "loyalty"}
    assert {"origin", "destination", "status"} <= given["shopping"]
    assert not {"member_id", "amount", "contact_email"} & given["shopping"]
    assert {"member_id", "amount"} <= given["loyalty"]


def test_every_contract_is_one_that_the_standard_reads(mesh: Mesh) -> None:
    validator = Draft201909Validator(json.loads(OpenDataContractStandard.json_schema()))
    for product in mesh.products.values():
        path = ROOT / "domains" / product.domain.name / product.name / "contract.yaml"
        contract = OpenDataContractStandard.from_file(str(path))
        assert contract.id == product.address
        written = yaml.safe_load(path.read_text())
        assert [error.message for error in validator.iter_errors(written)] == [], path


def test_a_port_of_the_day_is_keyed_by_the_day(mesh: Mesh) -> None:
    for product in mesh.products.values():
        contract = product.contract
        assert contract.keeps_history == (product.address != "bookings.reservations")
        assert ("data_day" in contract.primary_key) == contract.keeps_history
