"""A crawl sees everything that had landed when its task began, whatever was crawling already."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from interline.airflow.operators.crawling import LandingCrawlerOperator


class Crawler:
    """A crawler that sees what is there when it is started; it is done when somebody waits for it."""

    def __init__(self, landed: set[str]) -> None:
        self.landed = landed
        self.seen: set[str] = set()
        self.sees: set[str] | None = None
        self.definition: dict[str, Any] = {}
        self.glue_client = self

    def has_crawler(self, _name: str) -> bool:
        return True

    def get_crawler(self, _name: str) -> dict[str, Any]:
        state = "READY" if self.sees is None else "RUNNING"
        return {"State": state, "LastCrawl": {"Status": "SUCCEEDED"}, **self.definition}

    def update_crawler(self, **definition: Any) -> bool:
        changes = definition != self.definition
        if changes and self.sees is not None:
            raise ClientError({"Error": {"Code": "CrawlerRunningException"}}, "UpdateCrawler")
        self.definition = definition
        return changes

    def start_crawler(self, _name: str) -> None:
        if self.sees is not None:
            raise ClientError({"Error": {"Code": "CrawlerRunningException"}}, "StartCrawler")
        self.sees = set(self.landed)

    def wait_for_crawler_completion(self, crawler_name: str, poll_interval: int = 5) -> str:
        self.seen |= self.sees or set()
        self.sees = None
        return "SUCCEEDED"

    def get_table(self, **_: Any) -> dict[str, Any]:
        return {"Table": {"StorageDescriptor": {"Columns": []}}}


@pytest.mark.parametrize("known", [True, False], ids=["same definition", "another definition"])
@pytest.mark.parametrize("running", [True, False])
def test_a_crawl_that_began_before_the_day_landed_does_not_count(known: bool, running: bool) -> None:
    config = {"Name": "bookings-sales", "DatabaseName": "bookings_landing"}
    crawler = Crawler({"dt=2013-01-01"})
    crawler.definition = dict(config) if known else {}
    if running:
        crawler.start_crawler("bookings-sales")
    crawler.landed.add("dt=2013-01-02")
    operator = LandingCrawlerOperator(
        task_id="crawl", config=config, tables=["sales"], fail_on_already_running=False, deferrable=False
    )
    vars(operator)["hook"] = crawler
    operator.execute({})  # type: ignore[arg-type]
    assert crawler.seen == {"dt=2013-01-01", "dt=2013-01-02"}
    assert crawler.definition == config
