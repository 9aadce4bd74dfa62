"""PyAthena and pyiceberg over the same catalog that Redshift writes to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pyarrow
import pyathena
import pytest
from pyiceberg.catalog.glue import GlueCatalog

pytestmark = pytest.mark.quick
DATABASE = "bookings_curated"


@pytest.fixture
def iceberg_table(cluster: Any) -> Iterator[tuple[GlueCatalog, str]]:
    """An Iceberg table of two rows, written by pyiceberg."""
    # Arrow's S3 client does not look for AWS_ENDPOINT_URL.
    catalog = GlueCatalog("conformance", **{"s3.endpoint": os.environ["AWS_ENDPOINT_URL"]})
    rows = pyarrow.table({"id": pyarrow.array([1, 2], pyarrow.int32()), "name": ["Rio", "Ålesund"]})
    name = f"{DATABASE}.conformance_places"
    table = catalog.create_table(
        name, schema=rows.schema, location=f"s3://{cluster.bucket}/conformance/places"
    )
    table.append(rows)
    yield catalog, name
    catalog.drop_table(name)


def test_pyiceberg_reads_and_appends(iceberg_table: tuple[GlueCatalog, str]) -> None:
    catalog, name = iceberg_table
    table = catalog.load_table(name)
    table.append(pyarrow.table({"id": pyarrow.array([3], pyarrow.int32()), "name": ["Oslo"]}))
    assert sorted(table.scan().to_arrow()["id"].to_pylist()) == [1, 2, 3]
    assert len(table.history()) == 2


def test_pyathena_reads_what_pyiceberg_wrote(iceberg_table: tuple[GlueCatalog, str]) -> None:
    with pyathena.connect(work_group="bookings", schema_name=DATABASE, poll_interval=0.05) as connection:
        cursor = connection.cursor()
        cursor.execute("select name from conformance_places where id = %(id)s", {"id": 2})
        assert cursor.fetchall() == [("Ålesund",)]
