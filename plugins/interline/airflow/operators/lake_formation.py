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
from interline.access.desired_state import load_desired_state_of_port
from interline.access.reconcile import reconcile
from interline.access.targets import PortTarget
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

    def desired_state(self) -> DesiredState:
        """Return what the contract says on the day ``today``."""
        return load_desired_state_of_port(Path(self.root), self.address, date.fromisoformat(self.today))

    def execute(self, context: Context) -> list[str]:
        """Compare and change."""
        target = PortTarget(load_product(Path(self.root), self.address), self.hook.retrying_session())
        result = reconcile([target], self.desired_state(), self.log.info)
        for line in as_text(result.plan).splitlines():
            self.log.info("%s", line)
        if not result.complete:
            reasons = [*map(str, result.failures), *result.remaining.unseen.values()]
            raise AirflowException(
                f"the port {self.address} does not agree with its contract's roles yet: "
                + ("; ".join(reasons) or as_text(result.remaining))
            )
        return result.done
