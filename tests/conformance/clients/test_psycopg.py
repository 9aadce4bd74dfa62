"""psycopg 3 and 2: libpq's protocol, cursors of both sides, types."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import psycopg
import psycopg2
import pytest

pytestmark = pytest.mark.quick

EVERY_TYPE = (
    "select 1::smallint, 2::int, 3::bigint, 1.50::decimal(10,2), 0.5::float4, 0.25::float8, true, 'é'::varchar(5), "
    "date '2013-01-02', timestamp '2013-01-02 03:04:05.6', null::int"
)
VALUES = (
    1, 2, 3, Decimal("1.50"), 0.5, 0.25, True, "é", datetime.date(2013, 1, 2),
    datetime.datetime(2013, 1, 2, 3, 4, 5, 600000), None,  # noqa: DTZ001 (a timestamp without time zone)
)  # fmt: skip


@pytest.mark.parametrize("driver", [psycopg, psycopg2])
def test_every_type_arrives_as_its_python_type(cluster: Any, driver: Any) -> None:
    connection = driver.connect(cluster.dsn, client_encoding="utf8")
    with connection, connection.cursor() as cursor:
        cursor.execute(EVERY_TYPE)
        assert tuple(cursor.fetchone()) == VALUES
    connection.close()


@pytest.mark.parametrize("driver", [psycopg, psycopg2])
def test_a_named_cursor_fetches_a_few_rows_at_a_time(cluster: Any, driver: Any) -> None:
    connection = driver.connect(cluster.dsn, client_encoding="utf8")
    with connection, connection.cursor() as plain:
        plain.execute("create temp table numbers (n int)")
        plain.execute("insert into numbers values (1), (2), (3), (4), (5)")
        named = connection.cursor("few_at_a_time")
        named.itersize = 2
        named.execute("select n from numbers order by n")
        assert [row[0] for row in named] == [1, 2, 3, 4, 5]
        named.close()
    connection.close()


@pytest.mark.parametrize("driver", [psycopg, psycopg2])
def test_parameters_of_every_kind(cluster: Any, driver: Any) -> None:
    connection = driver.connect(cluster.dsn, client_encoding="utf8")
    with connection, connection.cursor() as cursor:
        cursor.execute("create temp table given (a int, b varchar(20), c date, d decimal(5,2))")
        row = (7, "it's", datetime.date(2013, 1, 2), Decimal("1.25"))
        cursor.execute("insert into given values (%s, %s, %s, %s)", row)
        cursor.execute("select * from given where b = %s and a = %s", ("it's", 7))
        assert tuple(cursor.fetchone()) == row
    connection.close()


@pytest.mark.parametrize("driver", [psycopg, psycopg2])
def test_an_error_has_its_sqlstate(cluster: Any, driver: Any) -> None:
    connection = driver.connect(cluster.dsn, client_encoding="utf8")
    with connection.cursor() as cursor, pytest.raises(driver.errors.UndefinedTable, match="does not exist"):
        cursor.execute("select * from nothing_like_it")
    connection.close()
