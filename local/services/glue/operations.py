"""Puts Glue's operations in place of moto's."""

from __future__ import annotations

from moto.glue.responses import GlueResponse

from local.gateway import moto_operations
from local.services.glue import databases, partitions, tables
from local.services.glue.crawler import custom_classifiers
from local.services.glue.crawler import operations as crawlers


def install() -> None:
    """Make every operation of the catalog, of crawlers and of classifiers moto's."""
    for operations in (
        databases.DatabaseOperations,
        tables.TableOperations,
        partitions.PartitionOperations,
        crawlers.CrawlerOperations,
        custom_classifiers.ClassifierOperations,
    ):
        moto_operations.serve(GlueResponse, operations)
