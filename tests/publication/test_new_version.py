"""Two major versions side by side: scaffolded, both valid, and a consumer moves by one line."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from interline.build.dbt_project import properties
from interline.contracts import MeshError, load_mesh, load_product
from interline.review.checking import check_mesh
from interline.scaffold.errors import ScaffoldError
from interline.scaffold.major_version import NewMajorVersion, consumers_to_move
from tests.publication.conftest import copy_of_products

LAST = date(2027, 3, 31)
PORT, NEXT = "bookings.reservations", "bookings.reservations_v2"


def make(root: Path, address: str = PORT) -> NewMajorVersion:
    new = NewMajorVersion(root, address, end_of_life=LAST)
    new.write()
    return new


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's products with the second version of PORT; nobody changes them."""
    root = copy_of_products(tmp_path_factory.mktemp("second"))
    make(root)
    return root


@pytest.fixture
def with_second(pristine: Path, tmp_path: Path) -> Path:
    """The same in a folder of the test's own."""
    return shutil.copytree(pristine, tmp_path, dirs_exist_ok=True)


def dags(root: Path) -> dict[str, Any]:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(root / "dags"))
    assert bag.import_errors == {}
    return dict(bag.dags)


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize("address", [PORT, "loyalty.segments", "shopping.route_demand"])
def test_the_new_version_is_a_product_that_nothing_is_wrong_with(copied: Path, address: str) -> None:
    new = make(copied, address)
    assert [str(problem) for problem in check_mesh(copied)] == []
    product = load_product(copied, new.address)
    assert (product.contract.version, product.major, product.contract_id) == ("2.0.0", 2, address)
    assert product.contract.end_of_life is None
    assert product.contract.columns == load_product(copied, address).contract.columns


def test_the_version_before_says_until_when_it_may_be_read(copied: Path) -> None:
    before = load_product(copied, PORT).contract
    make(copied)
    after = load_product(copied, PORT).contract
    assert (after.status, after.end_of_life, after.version) == ("deprecated", LAST, "1.1.0")
    assert (after.columns, after.roles) == (before.columns, before.roles)


def test_only_the_lines_that_change_change(copied: Path) -> None:
    contract = copied / "domains" / "bookings" / "reservations" / "contract.yaml"
    before = contract.read_text().splitlines()
    make(copied)
    after = contract.read_text().splitlines()
    assert [line for line in before if line not in after] == ["version: 1.0.0", "status: active"]
    assert [line for line in after if line not in before] == [
        "version: 1.1.0",
        "status: deprecated",
        "  - property: endOfLife",
        '    value: "2027-03-31"',
    ]


def test_both_run_each_with_tables_of_its_own(with_second: Path) -> None:
    loaded = dags(with_second)
    assert {PORT, NEXT} <= set(loaded)
    old, new = (loaded[address].get_task("publish.announce") for address in (PORT, NEXT))
    assert old.outlets[0].uri == "s3://bookings-curated/reservations"
    assert new.outlets[0].uri == "s3://bookings-curated/reservations_v2"
    old, new = (loaded[address].get_task("publish.commit") for address in (PORT, NEXT))
    assert {old.tables.checked, old.tables.port}.isdisjoint({new.tables.checked, new.tables.port})
    models = with_second / "dbt" / "models" / "bookings"
    helpers = {path.stem for path in models.glob("reservations/*.sql")}
    assert helpers.isdisjoint(path.stem for path in models.glob("reservations_v2/*.sql"))
    assert "ref('reservations_v2_events')" in (models / "reservations_v2.sql").read_text()


def test_a_model_s_jobs_features_and_scores_are_its_own(copied: Path) -> None:
    make(copied, "loyalty.segments")
    dag = dags(copied)["loyalty.segments_v2"]
    assert dag.get_task("build_segments_v2").models == ["segments_v2"]
    assert "segments_v2_features" in str(dag.get_task("train.unload").sql)
    assert "segments_v2_scores" in (copied / "dbt/models/loyalty/segments_v2.sql").read_text()
    assert (copied / "domains/loyalty/segments_v2/train.py").is_file()


def test_a_consumer_moves_by_one_line_and_its_sql_stays(with_second: Path) -> None:
    mesh = load_mesh(with_second)
    readers = {product.address for product in consumers_to_move(mesh.products.values(), PORT)}
    assert readers == {"bookings.revenue", "loyalty.segments", "shopping.route_demand"}
    file = with_second / "domains" / "shopping" / "route_demand" / "product.yaml"
    replaced(
        file,
        "version: 1.0.0\n    contractId: bookings.reservations",
        "version: 2.0.0\n    contractId: bookings.reservations",
    )
    moved = load_product(with_second, "shopping.route_demand")
    assert moved.inputs == ("shopping.searches", NEXT)
    source = next(one for one in properties(moved, [])["sources"] if one["name"] == "bookings")
    assert source["tables"] == [{"name": "reservations", "identifier": "reservations_v2"}]
    assert [str(problem) for problem in check_mesh(with_second)] == []
    condition = dags(with_second)["shopping.route_demand"].timetable.asset_condition
    assert {asset.name for asset in condition.objects} == {"shopping.searches", NEXT}
    left = consumers_to_move(load_mesh(with_second).products.values(), PORT)
    assert {product.address for product in left} == {"bookings.revenue", "loyalty.segments"}


def test_who_reads_both_calls_the_later_one_by_its_full_name(with_second: Path) -> None:
    file = with_second / "domains" / "bookings" / "revenue" / "product.yaml"
    replaced(
        file,
        "outputPorts:",
        "  - name: reservations_v2\n    version: 2.0.0\n    contractId: bookings.reservations\noutputPorts:",
    )
    product = load_product(with_second, "bookings.revenue")
    assert product.inputs_by_source == {
        ("bookings", "reservations"): PORT,
        ("bookings", "reservations_v2"): NEXT,
    }


def test_the_third_comes_after_the_second(with_second: Path) -> None:
    third = make(with_second, NEXT)
    assert (third.address, third.old.address) == ("bookings.reservations_v3", NEXT)
    assert load_product(with_second, NEXT).contract.status == "deprecated"
    assert (
        "ref('reservations_v3_events')"
        in (with_second / "dbt/models/bookings/reservations_v3.sql").read_text()
    )


def test_what_is_there_is_never_written_over(copied: Path) -> None:
    target = copied / "dags" / "bookings" / "reservations_v2.py"
    target.write_text("mine\n")
    with pytest.raises(ScaffoldError, match=r"has files already: dags/bookings/reservations_v2\.py"):
        make(copied)
    assert target.read_text() == "mine\n"
    assert not (copied / "domains" / "bookings" / "reservations_v2").exists()
    assert load_product(copied, PORT).contract.status == "active"


@pytest.mark.parametrize(
    "address", ["bookings.reservation", "bookings", "../x.y", "bookings.reservations_v2x"]
)
def test_an_address_of_nothing_is_refused(copied: Path, address: str) -> None:
    with pytest.raises(ScaffoldError, match=r"there is no product|is no address"):
        make(copied, address)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("reservations/contract.yaml", "version: 1.0.0", "version: 2.0.0", "lives in bookings/reservations_v2"),
        ("reservations/contract.yaml", "version: 1.0.0", "version: next", "expected major.minor.patch"),
        ("revenue/product.yaml", "contractId: bookings.reservations", "contractId: bookings.reservations_v2",
         "`version:` says which major version is read"),
    ],
)  # fmt: skip
def test_a_version_at_the_wrong_place_is_refused(
    copied: Path, file: str, old: str, new: str, message: str
) -> None:
    path = copied / "domains" / "bookings" / file
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(MeshError, match=message):
        load_mesh(copied)
