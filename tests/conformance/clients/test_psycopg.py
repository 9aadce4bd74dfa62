"""psycopg 3 and 2: libpq's protocol, cursors of both sides, types."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import psycopg
import psycopg2
import pytest

EVERY_TYPE = (
    "select 1::smallint, 2::int, 3::bigint, 1.50::decimal(10,2), 0.5::float4, 0.25::float8, true, 'é'::varchar(5), "
    "date '2013-01-02', timestamp '2013-01-02 03:04:05.6', null::int"
)
VALUES = (
    1, 2, 3, Decimal("1.50"), 0.5, 0.25, True, "é", datetime.date(2013, 1, 2),
    datetime.datetime(2013, 1, 2, 3, 4, 5, 600000), None,  # noqa: DTZ001 (a timestamp without time zone)
)  # fmt: skip


@pytest.mark.quick
@pytest.mark.parametrize("driver", [psycopg, psycopg2])
def test_every_type_arrives_as_its_python_type(cluster: Any, driver: Any) -> None:
    connection = driver.connect(cluster.dsn, client_encoding="utf8")
    with connection, connection.cursor() as cursor:
        cursor.execute(EVERY_TYPE)
        assert tuple(cursor.fetchone()) == VALUES
    connection.close()
