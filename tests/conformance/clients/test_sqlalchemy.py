"""SQLAlchemy with sqlalchemy-redshift: engine, inspector, a table by its metadata."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module", params=["psycopg2", "redshift_connector"])
def engine(request: pytest.FixtureRequest, cluster: Any) -> Iterator[Any]:
    """An engine of each driver, over a schema with a table and a view."""
    url = sa.engine.URL.create(
        f"redshift+{request.param}", username=cluster.user, password=cluster.password, host=cluster.host,
        port=cluster.port, database=cluster.database,
    )  # fmt: skip
    certificate = {"sslrootcert": cluster.ca_file} if request.param == "psycopg2" else {}
    made = sa.create_engine(url, connect_args={"sslmode": "verify-full", **certificate})
    with made.begin() as connection:
        connection.execute(sa.text("drop schema if exists alchemy cascade"))
        connection.execute(sa.text("create schema alchemy"))
        connection.execute(
            sa.text("create table alchemy.places (id int not null primary key, name varchar(9) default 'x')")
        )
        connection.execute(sa.text("create view alchemy.names as select name from alchemy.places"))
    yield made
    made.dispose()


def test_the_inspector_sees_tables_and_views(engine: Any) -> None:
    inspector = sa.inspect(engine)
    assert inspector.get_table_names(schema="alchemy") == ["places"]
    assert inspector.get_view_names(schema="alchemy") == ["names"]
    assert "alchemy" in inspector.get_schema_names()
    assert "places" in str(inspector.get_view_definition("names", schema="alchemy"))


def test_the_inspector_sees_columns_and_keys(engine: Any) -> None:
    inspector = sa.inspect(engine)
    columns = inspector.get_columns("places", schema="alchemy")
    assert [(each["name"], str(each["type"]), each["nullable"], each["default"]) for each in columns] == [
        ("id", "INTEGER", False, None),
        ("name", "VARCHAR(9)", True, "'x'"),
    ]
    assert inspector.get_pk_constraint("places", schema="alchemy")["constrained_columns"] == ["id"]
    assert inspector.get_foreign_keys("places", schema="alchemy") == []
    assert inspector.get_indexes("places", schema="alchemy") == []


def test_rows_through_a_reflected_table(engine: Any) -> None:
    places = sa.Table("places", sa.MetaData(), schema="alchemy", autoload_with=engine)
    with engine.begin() as connection:
        connection.execute(places.delete())
        connection.execute(places.insert(), [{"id": 1, "name": "Rio"}, {"id": 2, "name": "Ålesund"}])
        found = connection.execute(sa.select(places.c.name).where(places.c.id > 1)).scalars().all()
    assert found == ["Ålesund"]
