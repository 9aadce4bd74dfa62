"""A contract that grows: the port grows with it, or the task says why it can't."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tests.engines.probe_mesh import TABLES, Probes, good_row
from tests.engines.publication.test_ledger import published

DAY, NEXT = "2013-01-01", "2013-01-02"
GATE = """\
      - name: gate
        logicalType: string
        physicalType: varchar(8)
        description: Where it left.
"""
LAST = "        unique: true\n"


@pytest.fixture
def contract(probes: Probes) -> Iterator[Path]:
    """The contract's file, put back afterwards."""
    path = Path(probes.product.folder) / "contract.yaml"
    text = path.read_text()
    yield path
    path.write_text(text)


def change(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text)


def test_a_declared_port_stays_as_it_is(probes: Probes) -> None:
    published(probes, DAY, *(good_row(DAY, number) for number in range(1, 5)))
    assert probes.run("publish.declare", DAY) == []


def test_columns_are_added_and_types_widened_in_place(probes: Probes, contract: Path) -> None:
    published(probes, DAY, *(good_row(DAY, number) for number in range(1, 5)))
    before = probes.sql(f"select probe_id, seats, price from {TABLES.port} order by 1")
    change(
        contract,
        (LAST, LAST + GATE),
        ("physicalType: integer\n", "physicalType: bigint\n"),
        ("physicalType: decimal(10,2)", "physicalType: decimal(12,2)"),
    )
    changes = probes.run("publish.declare", DAY)
    assert changes == [
        "widen the column seats from integer to bigint",
        "widen the column price from decimal(10,2) to decimal(12,2)",
        "add the column gate varchar(8); it is null in the rows that are there",
    ]
    assert probes.sql(f"select probe_id, seats, price from {TABLES.port} order by 1") == before
    assert probes.sql(f"select count(gate) from {TABLES.port}") == ((0,),)
    assert probes.run("publish.declare", DAY) == []
    probes.sql(
        f"insert into {TABLES.port} (data_day, probe_id, seats, gate) values ('{NEXT}', 'P99', 3000000000, 'A1')"
    )
    assert probes.sql(f"select seats, gate from {TABLES.port} where probe_id = 'P99'") == (
        (3000000000, "A1"),
    )


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (
            [("- name: note\n", "- name: notes\n"), ("[note, price]", "[notes, price]")],
            "notes is new and note is gone",
        ),
        (
            [("physicalType: timestamp\n", "physicalType: timestamptz\n")],
            "seen_at is timestamp, the contract says",
        ),
        ([("physicalType: decimal(12,2)", "physicalType: decimal(8,2)")], r"price is decimal\(1"),
    ],
)
def test_what_would_break_a_reader_needs_a_new_major_snapshot(
    probes: Probes, contract: Path, pairs: list[tuple[str, str]], message: str
) -> None:
    text = contract.read_text()
    known: list[tuple[str, str]] = [
        (old if old in text else old.replace("12,2", "10,2"), new) for old, new in pairs
    ]
    change(contract, *known)
    with pytest.raises(AirflowFailException, match=message) as refused:
        probes.run("publish.declare", DAY)
    assert "./interline new version bookings.probes" in str(refused.value)


def test_redshift_refuses_what_it_refuses(probes: Probes) -> None:
    def refusal(*statements: str) -> str:
        from interline.aws.redshift_statements import RedshiftStatementError

        with pytest.raises(RedshiftStatementError) as error:
            probes.hook.run(list(statements) if len(statements) > 1 else statements[0])
        return str(error.value)

    port: Any = TABLES.port
    assert "already exists" in refusal(f"alter table {port} add column note varchar")
    assert "cannot become" in refusal(f"alter table {port} alter column note type integer")
    assert "does not exist" in refusal(f"alter table {port} alter column nothing type integer")
    assert "transaction" in refusal(f"alter table {port} add column a integer", "select 1")
    assert "anything but a name and a type" in refusal(
        f"alter table {port} add column a integer not null default 1"
    )
