"""A port's snapshots, read from the metadata document of its Iceberg table and from the ledger of publications.

Redshift writes the snapshots and has no way to put anything of ours into their summaries, so which data day and which
run a snapshot came from stands in a ledger table beside the port (see ``ledger``).

Source: Apache Iceberg table specification, "Snapshots" (``parent-snapshot-id``, ``summary``) and "Snapshot references".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of the ledger: who made a snapshot."""

    parent_id: int | None
    """The snapshot that was current before; None when the port was empty."""
    snapshot_id: int | None
    """None when the task died between the commit and the note: then it is the one child of
    ``parent_id`` that no other line names."""
    data_day: str
    run: str
    undone: bool = False
    """A rollback took it back, and its day was not published again since."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot of a port's table, with what the ledger knows of it."""

    snapshot_id: int
    parent_id: int | None
    committed_at: datetime
    operation: str
    """``append``, ``overwrite``, ``delete`` or ``replace``, in Iceberg's words."""
    rows_added: int | None
    rows_removed: int | None
    rows: int | None
    """Rows of the whole port in this snapshot; None when whoever wrote it did not say."""
    data_day: str | None
    run: str | None
    current: bool
    in_line: bool
    """Whether it is the current snapshot or one before it; otherwise a rollback has left it aside."""

    def as_json(self) -> dict[str, Any]:
        """Return it for ``--format json``."""
        return {
            "version": str(self.snapshot_id),
            "parent": None if self.parent_id is None else str(self.parent_id),
            "committed_at": self.committed_at.isoformat(),
            "data_day": self.data_day,
            "operation": self.operation,
            "rows_added": self.rows_added,
            "rows_removed": self.rows_removed,
            "rows": self.rows,
            "run": self.run,
            "current": self.current,
            "rolled_back": not self.in_line,
        }


def snapshots_of(metadata: Mapping[str, Any], ledger: Iterable[LedgerEntry] = ()) -> list[Snapshot]:
    """Return the snapshots in a metadata document, newest first."""
    current = current_snapshot(metadata)
    line = set(ancestors(metadata, current))
    makers = _makers(metadata, ledger)
    snapshots = []
    for snapshot in metadata.get("snapshots") or ():
        identifier = int(snapshot["snapshot-id"])
        summary = snapshot.get("summary") or {}
        maker = makers.get(identifier)
        snapshots.append(
            Snapshot(
                snapshot_id=identifier,
                parent_id=_parent(snapshot),
                committed_at=datetime.fromtimestamp(int(snapshot["timestamp-ms"]) / 1000, UTC),
                operation=str(summary.get("operation", "?")),
                rows_added=_number(summary, "added-records", 0),
                rows_removed=_number(summary, "deleted-records", 0),
                rows=_number(summary, "total-records", None),
                data_day=maker.data_day if maker else None,
                run=maker.run if maker else None,
                current=identifier == current,
                in_line=identifier in line,
            )
        )
    return sorted(snapshots, key=lambda snapshot: (snapshot.committed_at, snapshot.snapshot_id), reverse=True)


def current_snapshot(metadata: Mapping[str, Any]) -> int | None:
    """Return the id of the current snapshot, or None for a table that nothing was written to.

    Older writers say "none" as -1.
    """
    current = metadata.get("current-snapshot-id")
    return None if current is None or int(current) == -1 else int(current)


def snapshot_at(metadata: Mapping[str, Any], moment: datetime) -> int | None:
    """Return the snapshot that was current at a moment; None before the first, or when its note has expired.

    Source: Apache Iceberg table specification, "Table Metadata Fields" (``snapshot-log``).
    """
    limit = moment.timestamp() * 1000
    log = [entry for entry in metadata.get("snapshot-log") or () if int(entry["timestamp-ms"]) <= limit]
    return int(max(log, key=lambda entry: int(entry["timestamp-ms"]))["snapshot-id"]) if log else None


def ancestors(metadata: Mapping[str, Any], snapshot: int | None) -> list[int]:
    """Return a snapshot and those it was built on, newest first, as far as they have not expired."""
    parents = {int(entry["snapshot-id"]): _parent(entry) for entry in metadata.get("snapshots") or ()}
    line: list[int] = []
    while snapshot is not None and snapshot in parents:
        line.append(snapshot)
        snapshot = parents[snapshot]
    return line


def _makers(metadata: Mapping[str, Any], ledger: Iterable[LedgerEntry]) -> dict[int, LedgerEntry]:
    entries = list(ledger)
    makers = {entry.snapshot_id: entry for entry in entries if entry.snapshot_id is not None}
    children: dict[int | None, list[int]] = {}
    for snapshot in metadata.get("snapshots") or ():
        identifier = int(snapshot["snapshot-id"])
        # a publish brings rows; what only deletes whole files is retention, which writes no line
        only_deletes = (snapshot.get("summary") or {}).get("operation") == "delete"
        if identifier not in makers and not only_deletes:
            children.setdefault(_parent(snapshot), []).append(identifier)
    for entry in entries:
        orphans = children.get(entry.parent_id, [])
        if entry.snapshot_id is None and len(orphans) == 1:
            makers[orphans[0]] = entry
    return makers


def _parent(snapshot: Mapping[str, Any]) -> int | None:
    parent = snapshot.get("parent-snapshot-id")
    return None if parent is None else int(parent)


def _number(summary: Mapping[str, Any], name: str, missing: int | None) -> int | None:
    return int(summary[name]) if name in summary else missing
