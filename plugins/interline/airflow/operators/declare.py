"""The port's table: made when it is not there, and brought to its contract when that has grown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowFailException

from interline.aws.iceberg import IcebergHook, NoSuchTable
from interline.aws.redshift_statements import RedshiftStatementsHook
from interline.contracts import Product, load_product, split_address
from interline.publication.declare import alter_port, declare_port
from interline.publication.evolution import Added, Evolution, evolution
from interline.sql.tables import Tables

if TYPE_CHECKING:
    from airflow.sdk import Context


class DeclarePortOperator(AwsBaseOperator[RedshiftStatementsHook]):
    """
    Make the port's Iceberg table, or bring it to the contract as it stands now.

    A column that the contract gained is added, a type that became wider is widened; both are metadata alone. Anything else would
    break whoever reads the port, so it fails this task before anything is written, and says what to do.

    :param address: the product's address
    :param root: the folder that holds ``domains/``, where the contract is read when the task runs
    :return: what was changed, in words
    """

    aws_hook_class = RedshiftStatementsHook
    template_fields: Sequence[str] = aws_template_fields()
    ui_color = "#e3f0f7"

    def __init__(self, *, address: str, root: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.address = address
        self.root = root
        self.tables = Tables(*split_address(address))

    @property
    def product(self) -> Product:
        """The product as its files say now."""
        return load_product(self.root, self.address)

    @property
    def _hook_parameters(self) -> dict[str, Any]:
        cluster = self.tables.domain
        return {**super()._hook_parameters, "cluster": cluster, "database": cluster}

    def statements(self) -> tuple[str, ...]:
        """Return what declaring the port runs when it has no table yet."""
        product = self.product
        return (declare_port(product.contract, self.tables, product.location),)

    def execute(self, context: Context) -> list[str]:
        """Declare."""
        product = self.product
        evolved = self._evolution(product)
        if evolved is None:
            for statement in self.statements():
                self.log.info("%s", statement)
                self.hook.run(statement)
            return [f"made {product.location}"]
        if evolved.refused:
            listed = "\n".join(f"  - {refused}" for refused in evolved.refused)
            raise AirflowFailException(
                f"the contract of {self.address} is not one that its port can grow into:\n{listed}"
            )
        if not evolved.changes:
            self.log.info("the port of %s is as its contract says", self.address)
        for change in evolved.changes:
            self.log.info("%s: %s", self.address, change)
            # each by itself: Redshift runs no ALTER of an Iceberg table in a transaction
            new = isinstance(change, Added)
            self.hook.run(alter_port(self.tables, change.name, change.physical_type, new=new))
        return [str(change) for change in evolved.changes]

    def on_kill(self) -> None:
        """Cancel the statement that runs."""
        self.hook.cancel()

    def _evolution(self, product: Product) -> Evolution | None:
        """Return what the table lacks; None if there is no table."""
        catalog = IcebergHook(
            aws_conn_id=self.aws_conn_id,
            region_name=self.region_name,
            verify=self.verify,
            config=self.botocore_config,
        )
        try:
            metadata = catalog.metadata(product.domain.curated_database, product.name)
        except NoSuchTable:
            return None
        return evolution(product.contract, metadata, product.contract_id)
