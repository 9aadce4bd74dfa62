"""Every model is one readable query that gives the contract's columns and reads only what it may."""

import ast
from pathlib import Path

import pytest
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from interline.contracts import Mesh, load_mesh
from tests.products.rendering import MODELS, ROOT, model_files, parsed, rendered


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return load_mesh(ROOT)


def address(path: Path) -> str:
    """The product that a model belongs to."""
    parts = path.relative_to(MODELS).with_suffix("").parts
    return f"{parts[0]}.{parts[1]}"


def tables(path: Path) -> set[tuple[str, str]]:
    """Every relation that a model reads, as (schema, name)."""
    return {(table.db, table.name) for table in parsed(path).find_all(exp.Table) if table.db}


def columns_read(path: Path, schema: str, name: str) -> set[str]:
    """The columns that a model reads from one relation."""
    read = set()
    for scope in traverse_scope(parsed(path)):
        for alias, source in scope.sources.items():
            if isinstance(source, exp.Table) and (source.db, source.name) == (schema, name):
                read |= {column.name for column in scope.columns if column.table == alias}
                assert not any(column.table == "" for column in scope.columns), f"{path}: qualify columns"
    return read


def test_there_is_a_model_for_every_product_and_no_other(mesh: Mesh) -> None:
    ports = {address(path) for path in model_files() if len(path.relative_to(MODELS).parts) == 2}
    assert ports == set(mesh.products)
    assert {address(path) for path in model_files()} == set(mesh.products)


@pytest.mark.parametrize("path", model_files(), ids=lambda path: str(path.relative_to(MODELS)))
def test_a_model_reads_its_sources_its_inputs_and_its_helpers_only(path: Path, mesh: Mesh) -> None:
    product = mesh.products[address(path)]
    domain = product.domain.name
    allowed = {(f"{domain}_landing", source.name) for source in product.sources}
    allowed |= {tuple(port.split(".")) for port in product.inputs}
    allowed |= {("ref", helper.stem) for helper in (MODELS / domain / product.name).glob("*.sql")}
    allowed |= {(f"{domain}_models", f"{product.name}_scores")}
    assert tables(path) <= allowed


@pytest.mark.parametrize("path", model_files(), ids=lambda path: str(path.relative_to(MODELS)))
def test_a_model_depends_on_the_data_day_and_never_on_the_clock(path: Path) -> None:
    assert "2013-01-02" in rendered(path)
    assert rendered(path, "2013-01-03").replace("2013-01-03", "D") != rendered(path)
    clock = ("getdate", "sysdate", "current_date", "current_timestamp", "now(", "random(")
    assert [word for word in clock if word in rendered(path).lower()] == []


def test_a_port_gives_the_columns_of_its_contract_in_order(mesh: Mesh) -> None:
    for product in mesh.products.values():
        path = MODELS / product.domain.name / f"{product.name}.sql"
        assert tuple(parsed(path).named_selects) == product.contract.column_names, product.address


def test_a_consumer_reads_only_columns_that_its_role_was_given(mesh: Mesh) -> None:
    crossed = 0
    for path in model_files():
        consumer = mesh.products[address(path)].domain.name
        for port in mesh.products[address(path)].inputs:
            producer, name = port.split(".")
            if producer == consumer:
                continue
            read = columns_read(path, producer, name)
            if not read:
                continue
            (role,) = (role for role in mesh.products[port].contract.roles if role.domain == consumer)
            assert read <= set(mesh.products[port].contract.readable_by(role)), f"{path} reads {port}"
            crossed += 1
    # route_demand reads reservations; segments_features reads reservations and searches.
    assert crossed == 3


def test_features_are_in_the_order_that_training_reads() -> None:
    script = ast.parse((ROOT / "domains/loyalty/segments/train.py").read_text())
    (features,) = (
        ast.literal_eval(node.value)
        for node in script.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FEATURES"
    )
    selected = parsed(MODELS / "loyalty/segments/segments_features.sql").named_selects
    assert tuple(selected) == ("member_id", *features)
