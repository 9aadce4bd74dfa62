"""Retention: data days, snapshots and files go when the contract says so, and nothing that is still needed does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from interline.publication.expiry import PortRetention
from tests.engines.conftest import LocalAwsProcess
from tests.engines.lake.test_clients import glue_catalog
from tests.engines.probe_mesh import TABLES, Probes, good_row
from tests.engines.publication.test_ledger import published

OLD, YOUNG = "2013-01-01", "2013-01-02"
FRESHNESS = "  - {property: freshness"


@pytest.fixture(scope="module")
def port(probes: Probes) -> Iterator[PortRetention]:
    """A port with a retention of ten days, published three times; its second publication replaced the first."""
    path = Path(probes.product.folder) / "contract.yaml"
    text = path.read_text()
    path.write_text(text.replace(FRESHNESS, "  - {property: retention, value: 10, unit: d}\n" + FRESHNESS))
    published(probes, OLD, *(good_row(OLD, number) for number in range(1, 5)))
    published(probes, OLD, *(good_row(OLD, number, price=500) for number in range(1, 6)))
    published(probes, YOUNG, *(good_row(YOUNG, number) for number in range(1, 4)))
    yield PortRetention(path.parents[3], "bookings.probes")
    path.write_text(text)


def files(port: PortRetention) -> set[str]:
    listed = port.catalog.s3.list_objects_v2(Bucket="bookings-curated", Prefix="probes/")
    return {entry["Key"] for entry in listed["Contents"]}


def data_files(port: PortRetention) -> set[str]:
    return {key for key in files(port) if key.endswith(".parquet")}


def rows_at(aws: LocalAwsProcess, snapshot: int) -> int:
    """Read an old snapshot with a client that is not ours."""
    table = glue_catalog(aws, "bookings").load_table("bookings_curated.probes")
    return int(table.scan(snapshot_id=snapshot).to_arrow().num_rows)


def test_what_is_young_enough_stays(probe_aws: LocalAwsProcess, port: PortRetention) -> None:
    before, snapshots = files(port), port.snapshots()
    expired = port.expire(date(2013, 1, 11))
    assert expired is not None
    assert (expired.days, expired.snapshots, expired.files) == ((), 0, 0)
    assert files(port) == before
    assert [rows_at(probe_aws, snapshot.snapshot_id) for snapshot in snapshots[:3]] == [8, 5, 4]


def test_a_data_day_older_than_the_retention_goes(
    probe_aws: LocalAwsProcess, probes: Probes, port: PortRetention
) -> None:
    before = port.snapshots()[0]
    expired = port.expire(date(2013, 1, 12))
    assert expired is not None
    assert (expired.days, expired.rows, expired.snapshots) == ((OLD,), 5, 0)
    assert probes.published(OLD) == []
    assert len(probes.published(YOUNG)) == 3
    # the snapshots are of today, and today they can still be asked for
    assert rows_at(probe_aws, before.snapshot_id) == 8


def test_an_orphaned_file_goes_and_time_travel_still_works(
    probe_aws: LocalAwsProcess, port: PortRetention
) -> None:
    first, second = port.snapshots()[-1].snapshot_id, port.snapshots()[-2].snapshot_id
    orphan = "probes/data/left-by-a-killed-task.parquet"
    port.catalog.s3.put_object(Bucket="bookings-curated", Key=orphan, Body=b"half a file")
    before = data_files(port)
    # as if the first snapshot had been left behind by a commit eleven days later, and all files were old
    soon = datetime.now(UTC).date() + timedelta(days=4)
    port._table().maintenance.expire_snapshots().by_id(first).commit()
    expired = port.expire(soon)
    assert expired is not None
    assert expired.files > 0
    gone = before - data_files(port)
    assert orphan in gone
    assert len(gone) == 2, "the orphan file, and the one data file that only the first snapshot had"
    assert rows_at(probe_aws, second) == 5
    assert orphan not in files(port)


def test_old_snapshots_go_but_the_current_and_boundary_ones(probes: Probes, port: PortRetention) -> None:
    snapshots = port.snapshots()
    later = datetime.now(UTC).date() + timedelta(days=11)
    before = probes.sql(f"select count(*) from {TABLES.port}")
    expired = port.expire(later)
    assert expired is not None
    assert expired.snapshots == len(snapshots) - 1
    assert [snapshot.snapshot_id for snapshot in port.snapshots()] == [snapshots[0].snapshot_id]
    assert probes.sql(f"select count(*) from {TABLES.port}") == before
    again = port.expire(later)
    assert again is not None
    assert (again.snapshots, again.files) == (0, 0)


def test_without_a_promise_nothing_goes(probes: Probes, port: PortRetention, monkeypatch: Any) -> None:
    monkeypatch.setattr(type(port.product.contract), "service_level", lambda *_: None)
    assert port.expire(date(2099, 1, 1)) is None
