"""The newest published day of a port, from a ledger that may hold what was never committed, or cannot be read at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from interline.publication import LedgerEntry
from interline.publication.errors import NoSuchPort, PublicationError
from interline.sla import newest_days as newest_days_module
from interline.sla.newest_days import newest_days

ONE, TWO = "2013-01-01", "2013-01-02"
FIRST = LedgerEntry(None, 1, ONE, "run")


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Say what the ports' ledgers and tables hold."""

    def said(ledgers: dict[str, Any], snapshots: list[tuple[int, int | None]] | None = None) -> None:
        class Port:
            def __init__(self, _root: Path, address: str) -> None:
                self.address = address

            def ledger(self) -> list[LedgerEntry]:
                found = ledgers[self.address]
                if isinstance(found, Exception):
                    raise found
                return list(found)

            def metadata(self) -> dict[str, Any]:
                if snapshots is None:
                    raise NoSuchPort("there is no table")
                described = [
                    {"snapshot-id": number, "parent-snapshot-id": parent, "timestamp-ms": number}
                    for number, parent in snapshots
                ]
                return {"current-snapshot-id": snapshots[-1][0], "snapshots": described}

        monkeypatch.setattr(newest_days_module, "PortSnapshots", Port)

    return said


def newest(address: str = "a.one") -> date | None:
    (found,) = newest_days(Path(), [address])
    assert not found.problem
    return found.day


def test_what_was_begun_and_never_committed_is_not_published(port: Any) -> None:
    port({"a.one": [FIRST, LedgerEntry(1, None, TWO, "run")]}, [(1, None)])
    assert newest() == date(2013, 1, 1)
    port({"a.one": [LedgerEntry(None, None, ONE, "run")]})
    assert newest() is None


def test_what_was_committed_and_not_noted_is_published(port: Any) -> None:
    port({"a.one": [FIRST, LedgerEntry(1, None, TWO, "run")]}, [(1, None), (2, 1)])
    assert newest() == date(2013, 1, 2)


def test_what_was_taken_back_is_not_published(port: Any) -> None:
    undone = LedgerEntry(1, 2, TWO, "run", undone=True)
    port({"a.one": [FIRST, undone]})
    assert newest() == date(2013, 1, 1)
    port({"a.one": [FIRST, undone, LedgerEntry(1, None, "2013-01-03", "run")]}, [(2, 1), (1, None)])
    assert newest() == date(2013, 1, 1)


def test_a_port_that_cannot_be_read_hides_no_other(port: Any) -> None:
    port(
        {"a.one": [FIRST], "a.two": PublicationError("the ledger of snapshots cannot be read: no permission")}
    )
    one, two = newest_days(Path(), ["a.one", "a.two"])
    assert one.day == date(2013, 1, 1)
    assert "no permission" in two.problem
