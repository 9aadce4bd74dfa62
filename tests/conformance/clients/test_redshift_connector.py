"""redshift_connector with pandas and numpy, and its metadata calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas
import pytest
import redshift_connector

pytestmark = pytest.mark.quick


@pytest.fixture
def cursor(cluster: Any) -> Iterator[Any]:
    """A cursor that commits every statement."""
    with cluster.connect() as connection:
        connection.autocommit = True
        with connection.cursor() as opened:
            yield opened


def test_a_frame_is_written_and_read(cursor: Any) -> None:
    cursor.execute("drop table if exists frame_written")
    cursor.execute("create table frame_written (a int, b varchar(10), c float)")
    cursor.write_dataframe(pandas.DataFrame({"a": [1, 2], "b": ["x", "é"], "c": [1.5, 2.5]}), "frame_written")
    cursor.execute("select * from frame_written order by a")
    assert cursor.fetch_dataframe().values.tolist() == [[1, "x", 1.5], [2, "é", 2.5]]
    cursor.execute("select a from frame_written order by a")
    assert cursor.fetch_numpy_array().tolist() == [[1], [2]]


def test_metadata_calls(cursor: Any) -> None:
    cursor.execute("drop table if exists described_one")
    cursor.execute("create table described_one (a int not null, b varchar(10), primary key (a))")
    assert ["bookings"] in [list(row) for row in cursor.get_catalogs()]
    assert "public" in [row[0] for row in cursor.get_schemas()]
    assert "described_one" in [row[2] for row in cursor.get_tables()]
    found = [row[3:6] for row in cursor.get_columns(tablename_pattern="described_one")]
    assert [(name, kind) for name, _, kind in found] == [("a", "int4"), ("b", "varchar")]


def test_a_parameter_is_no_name(cursor: Any) -> None:
    cursor.execute("drop table if exists renamed_not")
    cursor.execute("create table renamed_not (a int)")
    with pytest.raises(redshift_connector.ProgrammingError, match="syntax error"):
        cursor.execute("alter table renamed_not rename to %s", ("other",))


def test_a_column_is_widened_as_dbt_does_it(cluster: Any) -> None:
    with cluster.connect() as connection, connection.cursor() as cursor:
        cursor.execute("drop table if exists widened")
        cursor.execute("create table widened (a int, b varchar(1))")
        cursor.execute("insert into widened values (1, 'x')")
        connection.commit()
        for statement in (
            "alter table widened add column c varchar(20)",
            "update widened set c = b",
            "alter table widened drop column b cascade",
            "alter table widened rename column c to b",
            "update widened set b = 'longer than one'",
        ):
            cursor.execute(statement)
        connection.commit()
        cursor.execute("select a, b from widened")
        assert cursor.fetchall() == ([1, "longer than one"],)
