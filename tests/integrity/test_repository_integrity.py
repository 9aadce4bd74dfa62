"""The repository's promises, orders and SQL agree: the same addresses in every tree, and no task out of its domain."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from interline.airflow.operators.announce import AnnouncingOperator
from interline.contracts import Mesh, asset_uri, load_mesh
from interline.review.checking import check_mesh
from interline.scheduling import ANNOUNCEMENTS_POOL


def _dag_files(root: Path) -> list[Path]:
    """The products' DAG files; the platform's DAGs are about no product."""
    return [path for path in sorted((root / "dags").glob("*/*.py")) if path.parent.name != "platform"]


AT_LEAST = {
    "bookings.reservations",
    "bookings.revenue",
    "shopping.searches",
    "shopping.route_demand",
    "loyalty.members",
    "loyalty.segments",
}
"""So that an integrity test over an empty folder cannot pass."""


@pytest.fixture(scope="module")
def mesh(root: Path) -> Mesh:
    return load_mesh(root)


def test_nothing_is_wrong_with_the_mesh(root: Path) -> None:
    assert [str(problem) for problem in check_mesh(root)] == []


def test_declared_addresses_are_the_files_and_the_dags_loaded(root: Path, mesh: Mesh, dag_bag: Any) -> None:
    assert dag_bag.import_errors == {}
    declared = set(mesh.products)
    files = {f"{path.parent.name}.{path.stem}" for path in _dag_files(root)}
    models = {f"{path.parent.name}.{path.stem}" for path in (root / "dbt" / "models").glob("*/*.sql")}
    assert declared >= AT_LEAST
    assert files == declared
    assert models == declared
    assert set(dag_bag.dags) == declared


def test_the_platform_s_dags_are_their_files(root: Path, platform_dag_bag: Any) -> None:
    assert platform_dag_bag.import_errors == {}
    files = {f"platform.{path.stem}" for path in (root / "dags" / "platform").glob("*.py")}
    assert set(platform_dag_bag.dags) == files >= {"platform.onboard"}
    for dag in platform_dag_bag.dags.values():
        assert "When it fails" in (dag.doc_md or "")
        assert "platform" in dag.tags


def test_every_dag_lies_at_its_address(dag_bag: Any, root: Path) -> None:
    for dag_id, dag in dag_bag.dags.items():
        assert Path(dag.fileloc) == root / "dags" / f"{dag_id.replace('.', '/')}.py"


def test_a_dag_file_is_short_enough_to_read_aloud(root: Path) -> None:
    for path in _dag_files(root):
        assert 15 <= len(path.read_text().splitlines()) <= 30, path


def test_every_task_acts_as_its_own_domain(dag_bag: Any, mesh: Mesh) -> None:
    seen = 0
    for dag_id, dag in dag_bag.dags.items():
        domain = mesh.products[dag_id].domain
        for task in dag.tasks:
            if task.pool == ANNOUNCEMENTS_POOL:
                assert task.task_id == "publish.announce", dag_id
                assert task.owner == domain.name
                continue
            connections = {name: value for name, value in vars(task).items() if name.endswith("conn_id")}
            assert connections == {"aws_conn_id": domain.connection}, task.task_id
            assert (task.pool, task.owner, task.region_name) == (domain.pool, domain.name, domain.region)
            seen += 1
    assert seen >= 30


def test_only_the_announcement_has_an_outlet_and_it_is_the_port(dag_bag: Any) -> None:
    for dag_id, dag in dag_bag.dags.items():
        outlets = {task.task_id: task.outlets for task in dag.tasks if task.outlets}
        assert list(outlets) == ["publish.announce"], dag_id
        [port] = outlets["publish.announce"]
        assert (port.name, port.uri) == (dag_id, asset_uri(dag_id))


def test_whatever_sends_asset_events_has_the_one_slot(dag_bag: Any, platform_dag_bag: Any) -> None:
    sending = [
        task
        for dag in [*dag_bag.dags.values(), *platform_dag_bag.dags.values()]
        for task in dag.tasks
        if task.outlets or isinstance(task, AnnouncingOperator)
    ]
    assert {(task.pool, task.pool_slots) for task in sending} == {(ANNOUNCEMENTS_POOL, 1)}
    assert {f"{task.dag_id}.{task.task_id}" for task in sending} >= {"platform.rollback.tell"}


def test_the_announcement_comes_after_everything_else(dag_bag: Any) -> None:
    for dag_id, dag in dag_bag.dags.items():
        before = dag.get_task("publish.announce").get_flat_relative_ids(upstream=True)
        assert before == {task.task_id for task in dag.tasks} - {"publish.announce"}, dag_id


def test_consumers_wait_for_ports_and_producers_for_time(dag_bag: Any, mesh: Mesh) -> None:
    for dag_id, dag in dag_bag.dags.items():
        inputs = mesh.products[dag_id].inputs
        if inputs:
            condition = dag.timetable.asset_condition
            ports = getattr(condition, "objects", [condition])
            assert {(port.name, port.uri) for port in ports} == {(port, asset_uri(port)) for port in inputs}
        else:
            assert (dag.timetable.key_format, dag.timetable.run_offset) == ("%Y-%m-%d", -1)


def test_a_dag_runs_one_day_at_a_time_without_catchup(dag_bag: Any) -> None:
    for dag in dag_bag.dags.values():
        assert dag.max_active_runs == 1
        assert dag.catchup is False


def test_a_dag_s_page_is_its_runbook_and_its_contract(dag_bag: Any, mesh: Mesh, root: Path) -> None:
    for dag_id, dag in dag_bag.dags.items():
        product = mesh.products[dag_id]
        runbook = ast.get_docstring(ast.parse((root / "dags" / f"{dag_id.replace('.', '/')}.py").read_text()))
        assert runbook is not None
        assert "When it fails" in runbook
        assert dag.doc_md.startswith(runbook)
        for column in product.contract.columns:
            assert f"`{column.name}`" in dag.doc_md
        for role in product.contract.roles:
            assert f"| {role.domain} |" in dag.doc_md
        assert product.domain.name in dag.tags


def test_airflow_looks_at_dag_files_only(root: Path) -> None:
    assert {
        path.suffix for path in (root / "dags").rglob("*") if path.is_file() and path.suffix != ".pyc"
    } == {".py", ""}
    assert "interline/" in (root / "plugins" / ".airflowignore").read_text().split()


LOCAL = re.compile(
    r"localhost|127\.0\.0\.1|\bmoto\b|endpoint_url|AWS_ENDPOINT|is_local|local_aws|\bif\b.*\blocal\b|from local|import local"
)


def test_no_local_condition_in_what_runs_on_aws(root: Path) -> None:
    looked_at = 0
    for folder in ("dags", "plugins", "domains", "dbt"):
        for path in (root / folder).rglob("*"):
            if path.suffix not in (".py", ".sql", ".yaml", ".yml", ".md", ".toml"):
                continue
            looked_at += 1
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                assert not LOCAL.search(line), f"{path.relative_to(root)}:{number}: {line.strip()}"
    assert looked_at > 60


def test_contracts_and_sql_import_no_airflow_and_no_aws(root: Path) -> None:
    for folder in ("contracts", "sql"):
        for path in (root / "plugins" / "interline" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                for name in names:
                    assert name.split(".")[0] not in ("airflow", "boto3", "botocore", "local", "cli"), path


def test_domains_never_import_each_other(root: Path) -> None:
    for path in _dag_files(root):
        imported = {
            (node.module or "").split(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
        }
        assert imported <= {"airflow", "interline", "datetime", "__future__"}, path


def test_only_the_platform_dag_that_deletes_starts_paused(platform_dag_bag: Any) -> None:
    """A run of a DAG that is paused waits: a merge would grant nothing, and what has expired would stay granted."""
    paused = {name: dag.is_paused_upon_creation for name, dag in platform_dag_bag.dags.items()}
    assert paused.pop("platform.retention") is True, "it deletes for good, so somebody has to switch it on"
    assert set(paused) == {"platform.access", "platform.onboard", "platform.rollback", "platform.scheduling"}
    assert set(paused.values()) == {False}
