"""A checked batch made public in one transaction."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowFailException

from interline.airflow.data_day import data_day_of
from interline.aws.iceberg import IcebergHook
from interline.aws.redshift_statements import DATABASE_USER, RedshiftStatementsHook
from interline.contracts import load_domain, load_product, split_address
from interline.publication.commit import current_batch, publish_statements
from interline.publication.ledger import begin_entry, complete_entry, earlier_undone
from interline.publication.snapshots import current_snapshot
from interline.sql.tables import Tables

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context


class PublishOperator(RedshiftDataOperator):
    """
    Publish the checked batch: several statements on one Iceberg table in one transaction, so one snapshot.

    The checked batch is one private table, replaced by every check. So before anything is written the ledger
    has to say that this table holds the day to publish, and that it passed: clearing only this task of an older run
    must not publish a newer day's rows under the older day's name, nor a failed check marked as a success its rows.

    :param address: the address of the product whose batch is published, from its domain's cluster and database
    :param root: the folder that holds ``domains/``, where the contract is read when the task runs
    :param data_day: the data day (templated)
    :return: the data day, the numbers of its check, and under ``version`` the id of the port's snapshot that is current now
    """

    aws_hook_class = RedshiftStatementsHook
    template_fields: tuple[str, ...] = aws_template_fields(
        "cluster_identifier", "database", "db_user", "data_day"
    )

    def __init__(self, *, address: str, root: Path, data_day: str, **kwargs: Any) -> None:
        domain, product = split_address(address)
        super().__init__(
            sql=[],
            cluster_identifier=domain,
            database=domain,
            db_user=DATABASE_USER,
            # A cleared task publishes again. The provider would find the statement of the first time, done, and skip it.
            durable=False,
            # A deferred task would end in the provider's code: no snapshot in the ledger, no numbers returned.
            deferrable=False,
            **kwargs,
        )
        self.address = address
        self.root = root
        self.tables = Tables(domain, product)
        self.data_day = data_day
        self._published: dict[str, Any] | None = None

    @property
    def _hook_parameters(self) -> dict[str, Any]:
        cluster = self.tables.domain
        return {**super()._hook_parameters, "cluster": cluster, "database": cluster}

    def statements(self, day: str) -> list[str]:
        """Return what publishing this day runs, in one transaction."""
        return publish_statements(load_product(self.root, self.address).contract, self.tables, day)

    def execute(self, context: Context) -> Any:
        """Verify, publish, and return the numbers."""
        day = data_day_of(self.data_day)
        numbers = self._current_numbers(day)
        self.sql = self.statements(day)
        for statement in self.sql:
            self.log.info("%s", statement)
        before = self._current_snapshot()
        self._begin_entry(before, day, str(context.get("run_id") or ""))
        super().execute(context)
        after = self._current_snapshot()
        snapshot = None if after == before else after
        history = load_product(self.root, self.address).contract.keeps_history
        self.redshift.run(complete_entry(self.tables, before, snapshot, day, keeps_history=history))
        numbers["version"] = None if after is None else str(after)
        self._published = numbers
        self.log.info("published %s for %s: %s", self.address, day, numbers)
        return numbers

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """Return the port and what it was made of, column by column, for OpenLineage's event of this task."""
        from interline.review.lineage.events import port_facets

        return port_facets(self.root, self.address, self._published)

    @property
    def redshift(self) -> RedshiftStatementsHook:
        """The operator's hook, which is of ``aws_hook_class``; the provider's operator types it as its own."""
        return cast(RedshiftStatementsHook, self.hook)

    @cached_property
    def catalog(self) -> IcebergHook:
        """The domain's Glue catalog."""
        return IcebergHook(
            aws_conn_id=self.aws_conn_id,
            region_name=self.region_name,
            verify=self.verify,
            config=self.botocore_config,
        )

    def _current_snapshot(self) -> int | None:
        database = load_domain(self.root, self.tables.domain).curated_database
        return current_snapshot(self.catalog.metadata(database, self.tables.product))

    def _begin_entry(self, before: int | None, day: str, run: str) -> None:
        """Note what is about to be published, and see that no earlier day is missing under it.

        A history of days takes its days in any order. A current state does not: rows of a day that a rollback took back
        would stay missing under the later day.
        """
        results = self.redshift.run(
            [*begin_entry(self.tables, before, day, run), earlier_undone(self.tables, day)]
        )
        missing = [str(row[0]) for row in results[-1].rows]
        if missing and not load_product(self.root, self.address).contract.keeps_history:
            raise AirflowFailException(
                f"{self.address} holds a current state, and {', '.join(missing)} has to be published again before {day}:"
                " it was rolled back, or an older day was published over it."
                f" Run: ./interline replay {self.address} --from {missing[0]} --to {day}"
            )

    def _current_numbers(self, day: str) -> dict[str, Any]:
        rows = self.redshift.run(current_batch(self.tables))[0].rows
        checked = str(rows[0][0]) if rows else "no day"
        if checked != day:
            raise AirflowFailException(
                f"the checked batch of {self.address} is of {checked}, not of {day}:"
                " clear `build` and what follows it, not only this task"
            )
        if not rows[0][4]:
            raise AirflowFailException(
                f"the batch of {self.address} for {day} did not pass its check, so it is not published:"
                " put the batch right, then clear `build` and what follows it"
            )
        return {
            "data_day": day,
            "rows_in": rows[0][1],
            "rows_published": int(rows[0][2] or 0) + int(rows[0][5] or 0),
            "rows_quarantined": rows[0][3],
            "rows_released": int(rows[0][5] or 0),
        }
