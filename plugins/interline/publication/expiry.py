"""Carrying out a port's retention, as the port's own domain."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from interline.publication.commit import delete_days
from interline.publication.errors import PublicationError
from interline.publication.ledger import delete_entries
from interline.publication.port_snapshots import PortSnapshots
from interline.publication.retention import Boundaries, Expired, boundaries, expiring, needed_files, orphans

_OBJECTS_A_REQUEST = 1000
"""DeleteObjects takes no more (Amazon S3 API reference)."""

log = logging.getLogger(__name__)


class PortRetention(PortSnapshots):
    """A port whose old data days, snapshots and files go."""

    def expire(self, today: date) -> Expired | None:
        """Delete what the contract's retention no longer covers as of ``today``; None if it states no retention.

        Each of the three steps is complete in itself and finds its own work, so a run that was cut off is simply run again.

        Raises:
            interline.publication.errors.NoSuchPort: nothing was published yet.
            PublicationError: S3 would not delete a file.
        """
        limits = boundaries(self.product.contract, today)
        if limits is None:
            return None
        days, rows = self._expire_days(limits)
        snapshots = self._expire_snapshots(limits)
        files = self._expire_files(limits)
        return Expired(tuple(days), rows, snapshots, len(files), sum(int(entry["Size"]) for entry in files))

    def _expire_days(self, limits: Boundaries) -> tuple[list[str], int]:
        self.metadata()  # without a table Redshift's error would be a riddle
        if not self.product.contract.keeps_history:
            return [], 0
        count, delete = delete_days(self.tables, limits.first_day.isoformat())
        found = [(str(day), int(str(rows))) for day, rows in self.redshift.run(count)[0].rows]
        if found:
            self.redshift.run(delete)
            for day, rows in found:
                log.info("%s: data day %s is gone, %d rows", self.address, day, rows)
        return [day for day, _ in found], sum(rows for _, rows in found)

    def _expire_snapshots(self, limits: Boundaries) -> int:
        old = expiring(self.metadata(), limits.snapshots_from)
        if old:
            self._table().maintenance.expire_snapshots().by_ids(old).commit()
            self.redshift.run(delete_entries(self.tables, old))
            log.info(
                "%s: %d snapshots are gone, the port can be read as it was since %s",
                self.address,
                len(old),
                limits.snapshots_from,
            )
        return len(old)

    def _expire_files(self, limits: Boundaries) -> list[Mapping[str, Any]]:
        domain = self.product.domain
        table = self._table()
        if table.metadata.location.rstrip("/") != self.product.asset_uri:
            raise PublicationError(
                f"the table of {self.address} lies in {table.metadata.location}, not in {self.product.asset_uri}:"
                " its files are left alone"
            )
        # Listed before the metadata is read: a file that is committed in between is then no orphan.
        listed = list(self._objects(domain.curated_bucket, f"{self.product.name}/"))
        orphaned = orphans(listed, domain.curated_bucket, needed_files(self._table()), limits.files_from)
        for start in range(0, len(orphaned), _OBJECTS_A_REQUEST):
            self._delete(domain.curated_bucket, orphaned[start : start + _OBJECTS_A_REQUEST])
        if orphaned:
            log.info("%s: %d files that no snapshot needs are gone", self.address, len(orphaned))
        return orphaned

    def _objects(self, bucket: str, prefix: str) -> Iterator[Mapping[str, Any]]:
        for page in self.catalog.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from page.get("Contents", ())

    def _delete(self, bucket: str, entries: Sequence[Mapping[str, Any]]) -> None:
        answer = self.catalog.s3.delete_objects(
            Bucket=bucket, Delete={"Objects": [{"Key": entry["Key"]} for entry in entries], "Quiet": True}
        )
        if answer.get("Errors"):
            first = answer["Errors"][0]
            raise PublicationError(
                f"S3 would not delete {len(answer['Errors'])} files, s3://{bucket}/{first['Key']} first:"
                f" {first['Code']}: {first['Message']}"
            )
