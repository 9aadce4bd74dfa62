"""One port's snapshots where they are: the Iceberg table, and the ledger beside it, reached as the port's own domain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from interline.aws.iceberg import IcebergHook, NoSuchTable
from interline.aws.redshift_statements import RedshiftStatementsHook
from interline.contracts import load_product, split_address
from interline.publication.changed_days import changed_days, entity_tags
from interline.publication.consumers import direct_consumers, following, inputs_of_all
from interline.publication.errors import NoSuchPort, RollbackError
from interline.publication.ledger import mark_undone, read_ledger
from interline.publication.rollback import (
    RollbackPlan,
    days_in_between,
    missing_after,
    newer_states,
    target_of,
    withdrawn_by,
)
from interline.publication.snapshots import LedgerEntry, Snapshot, current_snapshot, snapshots_of
from interline.sql.tables import Tables


class PortSnapshots:
    """The snapshots of the port at ``address``; acts by the connection of the port's domain.

    Raises:
        interline.contracts.MeshError: there is no such product, or its files are wrong.
    """

    def __init__(self, root: Path, address: str) -> None:
        self.root = root
        self.product = load_product(root, address)
        self.address = address
        self.tables = Tables(*split_address(address))

    @cached_property
    def catalog(self) -> IcebergHook:
        """The domain's Glue catalog."""
        domain = self.product.domain
        return IcebergHook(aws_conn_id=domain.connection, region_name=domain.region)

    @cached_property
    def redshift(self) -> RedshiftStatementsHook:
        """The domain's Redshift."""
        domain = self.product.domain
        return RedshiftStatementsHook(
            aws_conn_id=domain.connection,
            region_name=domain.region,
            cluster=domain.cluster,
            database=domain.cluster,
        )

    def metadata(self) -> dict[str, Any]:
        """Return the table's metadata document as it is now.

        Raises:
            interline.publication.errors.NoSuchPort: nothing was published yet.
        """
        try:
            return self.catalog.metadata(self.product.domain.curated_database, self.product.name)
        except NoSuchTable as error:
            raise NoSuchPort(str(error)) from None

    def ledger(self) -> list[LedgerEntry]:
        """Return who made which snapshot."""
        return read_ledger(self.redshift, self.tables)

    def snapshots(self) -> list[Snapshot]:
        """Return all snapshots that have not expired, newest first."""
        return snapshots_of(self.metadata(), self.ledger())

    def plan_rollback(self, to: str, requested_at: datetime | None = None) -> RollbackPlan:
        """Return what going back to a snapshot means.

        :param to: a snapshot's id, or ``previous``
        :param requested_at: when it was asked for; now if None

        Raises:
            RollbackError: the port has no such snapshot.
        """
        metadata = self.metadata()
        current, target = target_of(to, metadata, self.address, requested_at)
        ledger = self.ledger()
        days, unknown = days_in_between(metadata, ledger, current.snapshot_id, target.snapshot_id)
        if self.product.contract.keeps_history:
            days = changed_days(
                self._table(), current.snapshot_id, target.snapshot_id, entity_tags(self.catalog.s3)
            )
            unknown = set()
        inputs = inputs_of_all(self.root)
        consumers = direct_consumers(inputs, self.address)
        starts = [
            (consumer.address, day, run)
            for consumer in consumers
            if not consumer.by_itself and days
            for day, run in sorted(self._runs_of(consumer.address).items())
            if day in days
        ]
        return RollbackPlan(
            address=self.address,
            current=current.snapshot_id,
            target=target.snapshot_id,
            rows=current.rows,
            rows_after=target.rows,
            days=tuple(sorted(days)),
            missing=tuple(sorted(self._missing(metadata, ledger, target.snapshot_id))),
            unknown=tuple(str(snapshot) for snapshot in sorted(unknown)),
            consumers=tuple(consumer.address for consumer in consumers),
            starts=tuple(starts),
            later=tuple(
                consumer.address
                for consumer in following(inputs, [self.address])
                if not consumer.by_itself and self.address not in consumer.inputs
            ),
            states=newer_states(days, self._newest_of_states(consumer.address for consumer in consumers)),
        )

    def roll_back(self, plan: RollbackPlan) -> bool:
        """Make the plan's target current and note which days have to be published again; False if it was current.

        Raises:
            RollbackError: neither the target nor the snapshot the plan was made for is current, or somebody else's commit
                came first.
        """
        from pyiceberg.exceptions import CommitFailedException

        now = current_snapshot(self.metadata())
        if now not in (plan.current, plan.target):
            raise RollbackError(
                f"{self.address} is at snapshot {now} by now, and the plan was made for {plan.current}: plan again"
            )
        if now == plan.current and not plan.nothing_to_do:
            try:
                with self._table().manage_snapshots() as change:
                    change.set_current_snapshot(snapshot_id=plan.target)
            except CommitFailedException as error:
                raise RollbackError(
                    f"somebody else changed {self.address} at the same time, nothing was rolled back: {error}"
                ) from None
        metadata, ledger = self.metadata(), self.ledger()
        missing = self._missing(metadata, ledger, plan.target)
        self.redshift.run(mark_undone(self.tables, missing, withdrawn_by(metadata, ledger, plan.target)))
        return now != plan.target

    def _missing(self, metadata: dict[str, Any], ledger: list[LedgerEntry], target: int) -> set[str]:
        history = self.product.contract.keeps_history
        return missing_after(metadata, ledger, target, keeps_history=history)

    def _table(self) -> Any:
        try:
            return self.catalog.table(self.product.domain.curated_database, self.product.name)
        except NoSuchTable as error:
            raise NoSuchPort(str(error)) from None

    def _newest_of_states(self, addresses: Iterable[str]) -> dict[str, str | None]:
        """Return the newest data day of each of these ports that hold a current state."""
        newest: dict[str, str | None] = {}
        for address in addresses:
            port = PortSnapshots(self.root, address)
            if port.product.contract.keeps_history:
                continue
            try:
                days = [snapshot.data_day for snapshot in port.snapshots() if snapshot.in_line]
            except NoSuchPort:
                days = []
            newest[address] = max((day for day in days if day is not None), default=None)
        return newest

    def _runs_of(self, address: str) -> dict[str, str]:
        """Return the run that published each data day of another port last."""
        try:
            snapshots = PortSnapshots(self.root, address).snapshots()
        except NoSuchPort:
            return {}
        return {
            snapshot.data_day: snapshot.run
            for snapshot in reversed(snapshots)
            if snapshot.data_day and snapshot.run
        }
