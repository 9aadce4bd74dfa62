"""dbt's files are made from the contract: every column with its type and words, and every rule as a test."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2 import Template

from interline.build.dbt_project import properties, write_project
from interline.build.dbt_tests import as_text, contract_tests
from interline.contracts import Product, load_mesh
from interline.contracts.disk_cache import Lazy
from interline.contracts.odcs.reader import contract_of
from interline.contracts.yaml.reader import read
from tests.mesh_folder import MeshFolder

WHOLE = Path(__file__).parents[1] / "contracts" / "odcs_corpus" / "whole.yaml"
MODEL = "dbt/models/bookings/tickets.sql"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def product(mesh_folder: MeshFolder) -> Product:
    """The tickets with the corpus' whole contract."""
    for name in ("dbt/dbt_project.yml", "dbt/profiles.yml", "dbt/macros/data_day.sql"):
        mesh_folder.write(name, (ROOT / name).read_text(encoding="utf-8"))
    made = load_mesh(mesh_folder.root).products["bookings.tickets"]
    return replace(made, lazy_contract=Lazy(contract_of(read(WHOLE), "bookings.tickets")))


def test_the_model_contract_is_the_contract(product: Product) -> None:
    model = properties(product, [])["models"][0]
    assert model["config"]["contract"] == {"enforced": True}
    assert model["description"] == "One ticket."
    assert model["columns"] == [
        {"name": column.name, "data_type": column.physical_type, "description": column.description}
        for column in product.contract.columns
    ]


def test_every_rule_is_a_test_and_a_build_has_none(
    product: Product, mesh_folder: MeshFolder, tmp_path: Path
) -> None:
    write_project(product, mesh_folder.root, tmp_path / "build")
    assert not (tmp_path / "build" / "tests").exists()
    write_project(product, mesh_folder.root, tmp_path / "by_hand", tests=True)
    contract = product.contract
    assert {path.stem for path in (tmp_path / "by_hand" / "tests").glob("*.sql")} == {
        f"tickets__{rule.name}" for rule in (*contract.row_rules, *contract.batch_rules)
    }


def rendered(template: str) -> str:
    given = {
        "ref": lambda name: f'"bookings"."{name}"',
        "env_var": lambda _: "2013-01-01",
        "config": lambda **_: "",
    }
    return Template(template, keep_trailing_newline=True).render(given)


def test_tests_name_the_model_and_the_data_day(product: Product) -> None:
    tests = {name: rendered(sql) for name, sql in contract_tests(product).items()}
    assert tests["tickets__price_maximum"] == (
        'select batch.* from "bookings"."tickets" as batch where batch."price" > 100000\n'
    )
    assert "dt = '2013-01-01'" in tests["tickets__origin_in_ticket_events"]
    assert "cast('2013-01-01' as date)" in tests["tickets__freshness"]
    assert not any("__checked" in sql for sql in tests.values())


@pytest.mark.parametrize(
    "text",
    [
        "{{ env_var('AWS_SECRET_ACCESS_KEY') }}",
        "{% raw %}",
        "a {# b #} c",
        "^[{]{2}$",
        "{{{",
        "plain",
        "it's {1}",
    ],
)
def test_what_people_write_is_never_rendered(text: str) -> None:
    assert rendered(as_text(text)) == text


def test_a_model_may_select_the_source_of_each_row(
    product: Product, mesh_folder: MeshFolder, tmp_path: Path
) -> None:
    mesh_folder.write(MODEL, 'select 1 as ticket_id, "$path" as source_object\n')
    write_project(product, mesh_folder.root, tmp_path / "project")
    model = json.loads((tmp_path / "project" / "models" / "properties.yml").read_text())["models"][0]
    assert model["columns"][-1]["name"] == "source_object"
    assert len(model["columns"]) == len(product.contract.columns) + 1
