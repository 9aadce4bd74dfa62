"""How long a port's data days, snapshots and files stay.

A data day stays as long as the contract's ``retention`` says. A snapshot stays for a shorter time, in which one can look at the
port as it was and go back to it: as long as it stays it holds the days that have been deleted since, so this is also how
much later than the contract says their bytes are gone. Files that no snapshot needs go once they are old enough not to belong to
a write that is under way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from interline.contracts import Contract
from interline.publication.snapshots import current_snapshot

if TYPE_CHECKING:
    from pyiceberg.table import Table

SNAPSHOTS_STAY = timedelta(days=30)
"""How long snapshots stay, unless the contract's retention is shorter."""
UNDER_WAY = timedelta(days=3)
"""A file that is younger may belong to a write that has not committed yet; Iceberg's own maintenance waits as long."""


@dataclass(frozen=True, slots=True)
class Boundaries:
    """What is older goes."""

    first_day: date
    """The oldest data day that stays."""
    snapshots_from: datetime
    """The port can be read as it was at any time since then."""
    files_from: datetime
    """Files written since then are left alone even if no snapshot needs them."""


@dataclass(frozen=True, slots=True)
class Expired:
    """What one run took away."""

    days: tuple[str, ...]
    rows: int
    snapshots: int
    files: int
    bytes: int

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**asdict(self), "days": list(self.days)}


def boundaries(contract: Contract, today: date) -> Boundaries | None:
    """Return what may go as of a day; None for a contract that promises no retention, whose port is left alone."""
    level = contract.service_level("retention")
    if level is None or level.period is None:
        return None
    first_day = level.period.before(today)
    midnight = datetime.combine(today, time(), UTC)
    snapshots_from = max(datetime.combine(first_day, time(), UTC), midnight - SNAPSHOTS_STAY)
    return Boundaries(first_day, snapshots_from, midnight - UNDER_WAY)


def expiring(metadata: Mapping[str, Any], snapshots_from: datetime) -> list[int]:
    """Return the snapshots that nobody can ask for any more, oldest first.

    What stays: the current one, those that a branch or tag names, those committed since, and the one that was current at
    that moment, without which the port could not be read as it was until the next commit.
    """
    moment = int(snapshots_from.timestamp() * 1000)
    log = metadata.get("snapshot-log") or ()
    before = [int(entry["snapshot-id"]) for entry in log if int(entry["timestamp-ms"]) <= moment]
    stay = {current_snapshot(metadata), *before[-1:]}
    stay |= {int(reference["snapshot-id"]) for reference in (metadata.get("refs") or {}).values()}
    old = [
        (int(snapshot["timestamp-ms"]), int(snapshot["snapshot-id"]))
        for snapshot in metadata.get("snapshots") or ()
        if int(snapshot["timestamp-ms"]) < moment
    ]
    return [snapshot for _, snapshot in sorted(old) if snapshot not in stay]


def needed_files(table: Table) -> set[str]:
    """Return every file that the table's metadata leads to: of every snapshot, and of the metadata itself."""
    metadata = table.metadata
    needed = {table.metadata_location}
    needed |= {entry.metadata_file for entry in metadata.metadata_log}
    needed |= {file.statistics_path for file in metadata.statistics}
    needed |= {file.statistics_path for file in metadata.partition_statistics}
    manifests = {}
    for snapshot in metadata.snapshots:
        if snapshot.manifest_list:
            needed.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(table.io):
            manifests[manifest.manifest_path] = manifest
    for path, manifest in manifests.items():
        needed.add(path)
        entries = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
        needed |= {entry.data_file.file_path for entry in entries}
    return needed


def orphans(
    objects: Iterable[Mapping[str, Any]], bucket: str, needed: set[str], files_from: datetime
) -> list[Mapping[str, Any]]:
    """Return the objects of a listing (ListObjectsV2's ``Contents``) that no snapshot needs and no write can be making."""
    return [
        entry
        for entry in objects
        if f"s3://{bucket}/{entry['Key']}" not in needed and entry["LastModified"] < files_from
    ]
