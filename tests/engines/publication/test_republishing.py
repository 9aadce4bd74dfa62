"""A day that is published again: the same bytes from the same input, and no older state over a newer one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from interline.publication.port_snapshots import PortSnapshots
from tests.engines.probe_mesh import TABLES, Probes, good_row
from tests.engines.publication.test_ledger import published

ONE, TWO = "2013-01-01", "2013-01-02"
SIZES = {ONE: 6, TWO: 4}


@pytest.fixture(scope="module")
def port(probes: Probes) -> PortSnapshots:
    return PortSnapshots(Path(probes.dag.fileloc).parents[2], "bookings.probes")


def publish(probes: Probes, *days: str, **changes: Any) -> None:
    for day in days:
        published(probes, day, *(good_row(day, number, **changes) for number in range(1, SIZES[day] + 1)))


def exported(probes: Probes) -> bytes:
    """Every row of the port as text, in the order of all its columns: what byte-equal means for a product."""
    columns = ", ".join(f'cast("{name}" as varchar)' for name in probes.product.contract.column_names)
    order = ", ".join(str(position + 1) for position in range(len(probes.product.contract.column_names)))
    rows = probes.sql(f"select {columns} from {TABLES.port} order by {order}")
    return "\n".join(
        "\t".join("\\N" if value is None else str(value) for value in row) for row in rows
    ).encode()


def fingerprints(port: PortSnapshots) -> Counter[tuple[int, str]]:
    """Size and entity tag of the data files of the current snapshot."""
    table = port._table()
    listed = port.catalog.s3.list_objects_v2(Bucket="bookings-curated", Prefix="probes/data/")["Contents"]
    tags = {f"s3://bookings-curated/{entry['Key']}": (entry["Size"], entry["ETag"]) for entry in listed}
    return Counter(
        tags[entry.data_file.file_path]
        for manifest in table.current_snapshot().manifests(table.io)
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)
    )


def test_replay_in_any_order_equals_a_clean_run_byte_by_byte(probes: Probes, port: PortSnapshots) -> None:
    publish(probes, ONE, TWO)
    clean, files = exported(probes), fingerprints(port)
    assert clean.count(b"\n") == 9
    publish(probes, ONE, price=1.5)
    assert exported(probes) != clean
    publish(probes, TWO, ONE)
    assert exported(probes) == clean
    assert fingerprints(port) == files


@pytest.fixture
def current_state(probes: Probes) -> Iterator[None]:
    """The same port as if its contract promised a current state: publishing replaces keys, whatever their day."""
    path = Path(probes.product.folder) / "contract.yaml"
    text = path.read_text()
    path.write_text(text.replace("        partitioned: true\n", ""))
    yield
    path.write_text(text)


def commit(probes: Probes, day: str, *rows: dict[str, Any]) -> Any:
    """Check and publish without declaring: the table keeps its layout by day."""
    probes.batch(day, *rows)
    probes.run("check", day)
    return probes.run("publish.commit", day)


def test_an_older_day_over_a_newer_one_must_be_followed_by_it(
    probes: Probes, port: PortSnapshots, current_state: None
) -> None:
    first = [good_row(ONE, number) for number in range(1, 5)]
    second = [good_row(TWO, number) for number in range(1, 5)]
    commit(probes, ONE, *first)
    commit(probes, TWO, *second)
    commit(probes, ONE, *first)
    assert [line.data_day for line in port.ledger() if line.undone and line.snapshot_id is not None] != []
    # a later day would stand on what is half old
    probes.sql(f"update {TABLES.publications} set data_day = '2012-12-31' where data_day = '{ONE}'")
    probes.sql(f"update {TABLES.publications} set data_day = '{ONE}' where data_day = '{TWO}'")
    with pytest.raises(AirflowFailException, match=f"replay bookings.probes --from {ONE} --to {TWO}"):
        commit(probes, TWO, *second)
    commit(probes, ONE, *first)
    commit(probes, TWO, *second)


def test_after_a_rollback_the_days_it_took_back_come_first(
    probes: Probes, port: PortSnapshots, current_state: None
) -> None:
    second = [good_row(TWO, number, price=321) for number in range(1, 5)]
    before = port.snapshots()[0]
    commit(probes, ONE, *(good_row(ONE, number, price=123) for number in range(1, 5)))
    plan = port.plan_rollback(str(before.snapshot_id))
    assert plan.days == (ONE,)
    port.roll_back(plan)
    # the older publication of the day stands, so nothing is missing and the next day may be published
    assert plan.missing == ()
    commit(probes, TWO, *second)
