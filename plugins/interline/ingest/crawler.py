"""The Glue crawler of a product's sources."""

from __future__ import annotations

import json
from typing import Any

from interline.contracts import Product


def crawler_definition(product: Product, sources: list[str]) -> dict[str, Any]:
    """Return the definition, as CreateCrawler takes it.

    Every source is one table of the landing database: folders below its prefix are partitions of it, whatever the
    schema in them, and a partition inherits its columns from the table, so that a new column is there for old days
    too. Sources: AWS Glue Developer Guide, "Customizing crawler behavior".
    """
    domain = product.domain
    return {
        "Name": f"interline-{domain.name}-{product.name}",
        "Role": domain.role_arn,
        "DatabaseName": domain.landing_database,
        "Description": f"Types what lands for {product.address}",
        "Targets": {"S3Targets": [{"Path": f"s3://{domain.landing_bucket}/{name}/"} for name in sources]},
        "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"},
        "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
        "Configuration": json.dumps(
            {
                "Version": 1.0,
                "CrawlerOutput": {
                    "Partitions": {"AddOrUpdateBehavior": "InheritFromTable"},
                    "Tables": {"AddOrUpdateBehavior": "MergeNewColumns"},
                },
                "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"},
            },
            sort_keys=True,
        ),
    }
