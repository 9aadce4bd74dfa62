"""A Glue crawler over what landed: defined, run, and seen to have succeeded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerRunOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

if TYPE_CHECKING:
    from airflow.sdk import Context


_READY = "READY"
"""State of a crawler that does not run (Crawler, AWS Glue API reference)."""


class CrawlFailed(RuntimeError):
    """The crawl ended without success, or made no table where one was expected."""


class LandingCrawlerOperator(GlueCrawlerRunOperator):
    """
    Bring a Glue crawler's definition up to date, run it, and fail unless its tables exist afterwards.

    The provider's run operator reports the state of the last crawl but takes a failed one for done; and its create,
    update and run operators are three tasks where a crawl is one step of a product.

    :param config: the crawler's definition (templated)
    :param tables: the tables that must be in the crawler's database afterwards
    """

    template_fields: Sequence[str] = aws_template_fields("crawler_name", "config")

    def __init__(self, *, config: dict[str, Any], tables: Sequence[str], **kwargs: Any) -> None:
        super().__init__(crawler_name=config["Name"], **kwargs)
        self.config = config
        self.tables = tuple(tables)

    def execute(self, context: Context) -> str:
        """Define the crawler, run it, and look at what it made.

        A crawl that is running, left by a task that was killed, began before what has landed for this one: it is waited
        for, and another begun.
        """
        name = self.config["Name"]
        if not self.hook.has_crawler(name):
            self.hook.create_crawler(**self.config)
        else:
            if self.hook.get_crawler(name)["State"] != _READY:
                self.log.info("the crawler %s is running; waiting for it", name)
                self.hook.wait_for_crawler_completion(name, poll_interval=self.poll_interval)
            self.hook.update_crawler(**self.config)
        name = super().execute(context)
        if not self.deferrable:
            self._verify()
        return name

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> str:
        """Look at what the crawler made, after waiting in the triggerer."""
        name = super().execute_complete(context, event)
        self._verify()
        return name

    def _verify(self) -> None:
        last = self.hook.get_crawler(self.crawler_name).get("LastCrawl", {})
        if last.get("Status") != "SUCCEEDED":
            raise CrawlFailed(
                f"the crawl of {self.crawler_name} is {last.get('Status')}: {last.get('ErrorMessage') or 'no message'}"
                f" (log group {last.get('LogGroup')}, stream {last.get('LogStream')})"
            )
        database = self.config["DatabaseName"]
        for table in self.tables:
            try:
                found = self.hook.glue_client.get_table(DatabaseName=database, Name=table)["Table"]
            except self.hook.glue_client.exceptions.EntityNotFoundException:
                raise CrawlFailed(
                    f"the crawl made no table {database}.{table}; do all objects have the declared format?"
                ) from None
            columns = found["StorageDescriptor"]["Columns"]
            self.log.info("%s.%s has %d columns", database, table, len(columns))
