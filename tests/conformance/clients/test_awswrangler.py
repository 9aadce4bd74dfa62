"""awswrangler: Redshift by INSERT, COPY and UNLOAD; an Iceberg table by Athena."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import awswrangler
import pandas
import pytest

FRAME = pandas.DataFrame({"a": [1, 2, 3], "b": ["x", "é", "z"], "c": [1.5, 2.5, 3.5]})
ROWS = FRAME.values.tolist()


@pytest.fixture(scope="module")
def connection(cluster: Any) -> Iterator[Any]:
    with cluster.connect() as opened:
        yield opened


def read(connection: Any, table: str) -> list[list[Any]]:
    found = awswrangler.redshift.read_sql_query(f"select * from public.{table} order by a", connection)
    return [list(row) for row in found.values.tolist()]


@pytest.mark.quick
def test_a_frame_by_insert_and_by_upsert(connection: Any) -> None:
    awswrangler.redshift.to_sql(FRAME, connection, "by_insert", "public", mode="overwrite")
    awswrangler.redshift.to_sql(
        FRAME.assign(b="new"), connection, "by_insert", "public", mode="upsert", primary_keys=["a"]
    )
    assert read(connection, "by_insert") == [[a, "new", c] for a, _, c in ROWS]


@pytest.mark.quick
def test_unload_is_encrypted_parquet(connection: Any, cluster: Any) -> None:
    awswrangler.redshift.to_sql(FRAME, connection, "unloaded", "public", mode="overwrite")
    found = awswrangler.redshift.unload(
        "select * from public.unloaded order by a", path=f"s3://{cluster.bucket}/conformance/unload/",
        con=connection, iam_role=cluster.role_arn, keep_files=False,
    )  # fmt: skip
    assert sorted(found.values.tolist()) == ROWS


def test_copy_from_parquet(connection: Any, cluster: Any) -> None:
    awswrangler.redshift.copy(
        FRAME, path=f"s3://{cluster.bucket}/conformance/copy/", con=connection, table="by_copy", schema="public",
        iam_role=cluster.role_arn, mode="overwrite",
    )  # fmt: skip
    assert read(connection, "by_copy") == ROWS


def test_a_frame_into_an_iceberg_table(cluster: Any) -> None:
    awswrangler.athena.to_iceberg(
        FRAME, database="bookings_curated", table="conformance_iceberg", temp_path=f"s3://{cluster.bucket}/conformance/temp/",
        table_location=f"s3://{cluster.bucket}/conformance/iceberg/", keep_files=False,
        workgroup="bookings",
    )  # fmt: skip
    found = awswrangler.athena.read_sql_query(
        "select * from conformance_iceberg order by a", database="bookings_curated", ctas_approach=False,
        workgroup="bookings",
    )  # fmt: skip
    assert found.values.tolist() == ROWS
