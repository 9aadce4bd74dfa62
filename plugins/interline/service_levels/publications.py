"""The newest data day of every port, from the ledgers of publications, each asked as the port's own domain."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from interline.hooks.redshift_statements import RedshiftStatementError
from interline.versions.port import PortVersions

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Newest:
    """What a ledger says, or why it could not be asked."""

    address: str
    day: date | None = None
    problem: str = ""


def newest_days(root: Path, addresses: Iterable[str]) -> list[Newest]:
    """Return the newest data day of every port; one that cannot be asked hides no other."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda address: _newest(root, address), addresses))


def _newest(root: Path, address: str) -> Newest:
    try:
        ledger = PortVersions(root, address).ledger()
    except (BotoCoreError, ClientError, RedshiftStatementError) as error:
        return Newest(address, problem=str(error))
    days = [line.data_day for line in ledger if not line.undone]
    return Newest(address, date.fromisoformat(max(days)) if days else None)
