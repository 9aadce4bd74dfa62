"""The roles of a contract as Lake Formation permissions on its port."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowException

from interline.access import DesiredState, as_text
from interline.access.load_desired import wanted_of_port
from interline.access.reconcile_port import settle_port
from interline.airflow.operators.access import STARTED
from interline.aws.lake_formation import LakeFormationHook
from interline.contracts import load_product

if TYPE_CHECKING:
    from airflow.sdk import Context


class GrantPortOperator(AwsBaseOperator[LakeFormationHook]):
    """
    Make the LF-Tags, data cells filters and grants of one port what its contract says, as the domain that owns it.

    The same plan as that of ``platform.access``, limited to what a domain may do in its own account: grants on LF-Tag
    expressions are made, but only the data lake administrator takes one away.

    :param address: the address of the product
    :param root: the folder that holds ``domains/``, where the contract is read when the task runs
    :param today: for which day roles are in force or expired (templated)
    :return: what was changed, in words
    """

    aws_hook_class = LakeFormationHook
    template_fields: Sequence[str] = aws_template_fields("address", "today")
    ui_color = "#e3ecf7"

    def __init__(self, *, address: str, root: Path, today: str = STARTED, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.address = address
        self.root = root
        self.today = today

    def wanted(self) -> DesiredState:
        """Return what the contract says on the day ``today``."""
        return wanted_of_port(Path(self.root), self.address, date.fromisoformat(self.today))

    def execute(self, context: Context) -> list[str]:
        """Compare and change."""
        product = load_product(Path(self.root), self.address)
        granted = settle_port(self.hook.calls(), product, self.wanted(), self.log.info)
        for line in as_text(granted.plan).splitlines():
            self.log.info("%s", line)
        if granted.failures:
            raise AirflowException(
                f"{len(granted.failures)} of what the contract of {self.address} grants could not be made: "
                + "; ".join(map(str, granted.failures))
            )
        return granted.applied.done
