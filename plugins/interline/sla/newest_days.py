"""The newest data day of every port, from the ledgers of publications, each read as the port's own domain."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from interline.aws.redshift_statements import RedshiftStatementError
from interline.publication.errors import NoSuchPort, PublicationError
from interline.publication.port_snapshots import PortSnapshots
from interline.publication.snapshots import snapshots_of

_PARALLEL = 8


@dataclass(frozen=True, slots=True)
class NewestDay:
    """What a ledger says, or why it could not be read."""

    address: str
    day: date | None = None
    problem: str = ""


def newest_days(root: Path, addresses: Iterable[str]) -> list[NewestDay]:
    """Return the newest data day of every port; one that cannot be read hides no other."""
    with ThreadPoolExecutor(_PARALLEL) as pool:
        return list(pool.map(lambda address: _newest(root, address), addresses))


def _newest(root: Path, address: str) -> NewestDay:
    try:
        days = _published(PortSnapshots(root, address))
    except (BotoCoreError, ClientError, RedshiftStatementError, PublicationError) as error:
        return NewestDay(address, problem=str(error))
    return NewestDay(address, date.fromisoformat(max(days)) if days else None)


def _published(port: PortSnapshots) -> set[str]:
    """Return the data days that were published and not taken back.

    A line that names no snapshot was written by a publish that did not end. Whether it committed tells the table alone.
    """
    ledger = port.ledger()
    standing = [line for line in ledger if not line.undone]
    days = {line.data_day for line in standing if line.snapshot_id is not None}
    begun = {line.data_day for line in standing if line.snapshot_id is None} - days
    if begun:
        try:
            days |= {v.data_day for v in snapshots_of(port.metadata(), ledger) if v.data_day in begun}
        except NoSuchPort:
            return days
    return days
