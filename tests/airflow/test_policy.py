"""A task that names another domain's connection, or none, never becomes part of a DAG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from interline.airflow.policy import domain_of_file


def load(root: Path) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    import interline.airflow.dag  # noqa: F401 - registers the policy, as every product's DAG file does

    return DagBag(str(root / "dags"))


def ordinary_dag(dag_id: str, connection: str) -> str:
    return (
        "from airflow.sdk import DAG\n"
        "from airflow.providers.amazon.aws.operators.s3 import S3ListOperator\n\n"
        f'with DAG("{dag_id}", schedule=None):\n'
        f'    S3ListOperator(task_id="list", bucket="b"{connection})\n'
    )


@pytest.mark.parametrize(
    ("connection", "refused"),
    [
        (', aws_conn_id="aws_shopping"', False),
        (', aws_conn_id="aws_bookings"', True),
        (', aws_conn_id="aws_default"', True),
        (", aws_conn_id=None", True),
        ("", True),
    ],
)
def test_an_ordinary_operator_in_a_domain_s_folder(tmp_path: Path, connection: str, refused: bool) -> None:
    file = tmp_path / "dags" / "shopping" / "by_hand.py"
    file.parent.mkdir(parents=True)
    file.write_text(ordinary_dag("by_hand", connection))
    bag = load(tmp_path)
    assert (bag.dags == {}) == refused
    if refused:
        [message] = bag.import_errors.values()
        assert "must be 'aws_shopping'" in message


@pytest.mark.parametrize(("arguments", "refused"), [("", True), (', pool="platform.announcements"', False)])
def test_an_outlet_beside_the_slot_for_announcements(tmp_path: Path, arguments: str, refused: bool) -> None:
    file = tmp_path / "dags" / "shopping" / "by_hand.py"
    file.parent.mkdir(parents=True)
    file.write_text(
        "from airflow.sdk import DAG, Asset\n"
        "from airflow.providers.standard.operators.empty import EmptyOperator\n\n"
        'with DAG("by_hand", schedule=None):\n'
        f'    EmptyOperator(task_id="send", outlets=[Asset("a")]{arguments})\n'
    )
    bag = load(tmp_path)
    assert (bag.dags == {}) == refused
    if refused:
        [message] = bag.import_errors.values()
        assert "has the one slot of 'platform.announcements'" in message


def test_a_file_cannot_declare_another_domain_s_product(tmp_path: Path) -> None:
    file = tmp_path / "dags" / "shopping" / "offers.py"
    file.parent.mkdir(parents=True)
    file.write_text(ordinary_dag("bookings.offers", ', aws_conn_id="aws_shopping"'))
    [message] = load(tmp_path).import_errors.values()
    assert "its own address is 'shopping.offers'" in message


def test_files_outside_a_domain_s_folder_are_nobody_s(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "by_hand.py").write_text(ordinary_dag("by_hand", ""))
    assert set(load(tmp_path).dags) == {"by_hand"}
    assert domain_of_file("/x/dags/shopping/a.py") == "shopping"
    assert domain_of_file("/x/dags/shopping/more/a.py") == "shopping"
    assert domain_of_file("/x/dags/a.py") is None
    assert domain_of_file("/x/plugins/shopping/a.py") is None
