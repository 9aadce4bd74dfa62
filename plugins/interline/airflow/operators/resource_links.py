"""Glue resource links: another account's database, as a name in one's own catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

if TYPE_CHECKING:
    from airflow.sdk import Context


@dataclass(frozen=True, slots=True)
class ResourceLink:
    """``database`` of the account ``catalog_id`` in ``region``; the link carries the database's name."""

    database: str
    catalog_id: str
    region: str


class GlueHook(AwsBaseHook):
    """Interact with the AWS Glue Data Catalog."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["client_type"] = "glue"
        super().__init__(*args, **kwargs)


class GlueResourceLinkOperator(AwsBaseOperator[GlueHook]):
    """
    Make resource links to databases of other accounts, unless they are there.

    Athena and Redshift Spectrum read a table of another account only through such a link.

    :param links: the databases to link (templated)
    :return: the names of the links
    """

    aws_hook_class = GlueHook
    template_fields: Sequence[str] = aws_template_fields("links")
    ui_color = "#e3ecf7"

    def __init__(self, *, links: Sequence[ResourceLink], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.links = [asdict(link) for link in links]

    def execute(self, context: Context) -> list[str]:
        """Make every link."""
        for link in self.links:
            self._make(ResourceLink(**link))
        return [link["database"] for link in self.links]

    def _make(self, link: ResourceLink) -> None:
        target = {"CatalogId": link.catalog_id, "DatabaseName": link.database, "Region": link.region}
        client = self.hook.conn
        # Made first and looked at afterwards: Lake Formation denies DESCRIBE on a database that is not there.
        try:
            client.create_database(DatabaseInput={"Name": link.database, "TargetDatabase": target})
        except client.exceptions.AlreadyExistsException:
            found = client.get_database(Name=link.database)["Database"].get("TargetDatabase")
        else:
            self.log.info("linked %s of account %s", link.database, link.catalog_id)
            return
        if found is None:
            raise RuntimeError(
                f"the database {link.database} of this account is in the way of the link to account {link.catalog_id}"
            )
        if any(found.get(key) not in (None, value) for key, value in target.items()):
            raise RuntimeError(
                f"the link {link.database} leads to {found}, expected {target}; delete it, then clear this task"
            )
        self.log.info("%s of account %s is linked already", link.database, link.catalog_id)
