"""Publishing a product's checked batch to its port, and everything that follows from it.

A *publication* is one data day written to the port; it makes one *snapshot* of the port's Iceberg table.

* declare the port: ``declare``, ``evolution``
* commit a checked batch: ``commit``
* which run and data day made which snapshot: ``ledger``; a port's snapshots: ``snapshots``, ``port_snapshots``
* back to an earlier snapshot: ``rollback``, ``changed_days``
* data days run again, and who follows: ``replay``, ``consumers``
* what is too old goes: ``retention`` (what), ``expiry`` (doing it)

Most modules are pure: they know metadata documents, files and contracts, and neither Airflow nor AWS.
"""

from __future__ import annotations

from interline.publication.snapshots import LedgerEntry, Snapshot, snapshots_of

__all__ = ["LedgerEntry", "Snapshot", "snapshots_of"]
