"""Two runs of one product at once, as a backfill beside the schedule: no day is given the rows of another."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException

from interline.airflow.operators import contract_check
from tests.engines.probe_mesh import COLUMNS, TABLES, Probes

ONE, TWO = "2013-01-01", "2013-01-02"


@pytest.fixture(scope="module")
def delivered(probes: Probes) -> Probes:
    """What the model reads, with three rows a day."""
    types = {"seats": "integer", "price": "decimal(10,2)", "origin": "varchar(8)"}
    short = ("probe_id", "cabin", "note", "ticket")
    columns = ", ".join(
        f"{name} {types.get(name, 'varchar(20)' if name in short else 'varchar(40)')}"
        for name in COLUMNS.split(", ")
    )
    probes.sql("drop table if exists bookings.delivered", f"create table bookings.delivered ({columns})")
    rows = [
        f"('{day}', 'P{n}', 2, {100 + n}, 'economy', 'JFK', '{day} 20:00:00', 'note {n}', 'T{n}')"
        for n, day in ((1, ONE), (2, ONE), (3, ONE), (4, TWO), (5, TWO), (6, TWO))
    ]
    probes.sql(f"insert into bookings.delivered ({COLUMNS}) values {', '.join(rows)}")
    return probes


@pytest.fixture
def interrupted(delivered: Probes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another run begins to build the second day after a batch was judged, and before it passes."""
    passing = contract_check.passing_statement

    def after_another_began(*arguments: object, **named: object) -> str:
        delivered.sql(f"update {TABLES.built} set data_day = '{TWO}'")
        return passing(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(contract_check, "passing_statement", after_another_began)


def test_what_another_run_has_built_is_not_checked_as_this_one_s(delivered: Probes) -> None:
    delivered.run("build", ONE)
    delivered.run("build", TWO)
    with pytest.raises(
        AirflowFailException, match=f"is of {TWO}, not of {ONE}: another run of it, or somebody"
    ):
        delivered.run("check", ONE)
    assert delivered.run("check", TWO)["rows_checked"] == 3
    delivered.publish(TWO)
    assert delivered.published(TWO) == ["P4", "P5", "P6"]
    assert delivered.published(ONE) == []


def test_a_batch_that_may_have_been_replaced_does_not_pass(delivered: Probes, interrupted: None) -> None:
    delivered.run("build", ONE)
    with pytest.raises(AirflowFailException, match=f"for another day while its batch of {ONE} was checked"):
        delivered.run("check", ONE)
    with pytest.raises(AirflowFailException, match="did not pass its check"):
        delivered.publish(ONE)
    assert delivered.published(ONE) == []
