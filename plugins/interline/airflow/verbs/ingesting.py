"""land and crawl: what source systems delivered, looked at and typed."""

from __future__ import annotations

from airflow.sdk import BaseOperator

from interline.airflow.dag import current
from interline.airflow.data_day import TEMPLATE
from interline.airflow.operators.crawling import Landing, LandingCrawlerOperator
from interline.airflow.operators.landing import S3LandingOperator
from interline.airflow.verbs.acting import SECONDS_BETWEEN_POLLS, acting_as
from interline.contracts import Product
from interline.ingest.crawler import crawler_definition

_LAND = "land"


def land(*sources: str) -> BaseOperator:
    """Check that what the sources deliver for the data day has landed, is whole and can be read, and count it.

    :param sources: names of sources in ``product.yaml``; all of them if none is named
    """
    product = current().product
    return S3LandingOperator(
        task_id=_LAND,
        bucket=product.domain.landing_bucket,
        sources=[product.source(name) for name in _named(product, sources)],
        data_day=TEMPLATE,
        **acting_as(product.domain),
    )


def crawl(*sources: str) -> BaseOperator:
    """Let a Glue crawler type what has landed, new columns and partitions included, and see that no row is lost.

    :param sources: names of sources in ``product.yaml``; all of them if none is named
    """
    here = current()
    product = here.product
    names = _named(product, sources)
    return LandingCrawlerOperator(
        task_id="crawl",
        config=crawler_definition(product, names),
        tables=names,
        landing=Landing(
            bucket=product.domain.landing_bucket,
            sources=tuple(product.source(name) for name in names),
            workgroup=product.domain.name,
            task=_LAND if _LAND in here.dag.task_dict else None,
        ),
        data_day=TEMPLATE,
        poll_interval=SECONDS_BETWEEN_POLLS,
        fail_on_already_running=False,
        **acting_as(product.domain),
    )


def _named(product: Product, sources: tuple[str, ...]) -> list[str]:
    if not product.sources:
        raise ValueError(f"{product.address} declares no sources in product.yaml, so nothing lands for it")
    return [product.source(name).name for name in sources] or [source.name for source in product.sources]
