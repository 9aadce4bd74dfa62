"""What a port's contract no longer keeps, taken away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from interline.airflow.data_day import data_day_of
from interline.contracts import product_folders
from interline.publication.errors import NoSuchPort
from interline.publication.expiry import PortRetention

if TYPE_CHECKING:
    from airflow.sdk import Context


class RetentionOperator(BaseOperator):
    """
    Delete the data days that are older than the contract's retention, snapshots that are too old, and files that no snapshot needs.

    It stands in the platform's DAG and acts for the domain that owns the port, so it chooses the connection when it runs.

    :param port: the port's address
    :param today: the day as of which things are old (templated)
    :param root: the folder that holds ``domains/``
    :return: the days, and how many rows, snapshots, files and bytes
    """

    template_fields: Sequence[str] = ("port", "today")

    def __init__(self, *, port: str, today: str, root: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.port = port
        self.today = today
        self.root = root

    def execute(self, context: Context) -> dict[str, Any]:
        """Expire."""
        today = date.fromisoformat(data_day_of(self.today))
        try:
            expired = PortRetention(self.root, self.port).expire(today)
        except NoSuchPort as error:
            raise AirflowSkipException(str(error)) from None
        if expired is None:
            raise AirflowSkipException(
                f"the contract of {self.port} promises no `retention` under slaProperties, so it is left alone"
            )
        self.log.info("%s as of %s: %s", self.port, today, expired)
        return expired.as_json()


def ports(root: Path) -> list[str]:
    """Return the address of every port, whether or not its files are right."""
    return [f"{folder.parent.name}.{folder.name}" for folder in product_folders(root)]
