"""The data lake of the local AWS: Data Catalog, crawlers, Lake Formation, Athena and Iceberg, on moto's state.

Other engines use `catalog` (find tables), `permissions` (may this role?), `reading` (a table as a DuckDB relation),
`objects` (S3 objects as local files) and `iceberg` (create, read, change).
"""

from __future__ import annotations

from pathlib import Path

# What of Glue is real here. Jobs, triggers, workflows, connections and the rest would only pretend.
GLUE_OPERATIONS = (
    *(f"{verb}Database" for verb in ("Create", "Get", "Update", "Delete")),
    "GetDatabases",
    *(f"{verb}Table" for verb in ("Create", "Get", "Update", "Delete", "BatchDelete")),
    *("GetTables", "GetTableVersion", "GetTableVersions", "DeleteTableVersion"),
    *(f"{verb}Partition" for verb in ("Create", "Get", "Update", "Delete")),
    *(f"Batch{verb}Partition" for verb in ("Create", "Get", "Update", "Delete")),
    "GetPartitions",
    *(f"{verb}Crawler" for verb in ("Create", "Get", "Update", "Delete", "Start", "Stop")),
    *("GetCrawlers", "BatchGetCrawlers", "ListCrawlers", "GetCrawlerMetrics", "ListCrawls"),
    *(f"{verb}Classifier" for verb in ("Create", "Get", "Update", "Delete")),
    "GetClassifiers",
    *("TagResource", "UntagResource", "GetTags"),
)


def install(home: Path) -> None:
    """Put the lake's engines in place of moto's methods; `home` is the folder of this local AWS."""
    from moto.athena.responses import AthenaResponse
    from moto.glue.responses import GlueResponse
    from moto.lakeformation import models, urls
    from moto.lakeformation.responses import LakeFormationResponse

    from local.engines import objects
    from local.gateway import moto_operations, served_operations
    from local.services.athena import metadata_operations
    from local.services.athena import query_operations as athena
    from local.services.glue import databases, partitions, tables
    from local.services.glue.crawler import custom_classifiers
    from local.services.glue.crawler import operations as crawlers
    from local.services.lakeformation import cell_filters, lf_tags, vended_credentials
    from local.services.lakeformation import operations as lake_formation

    objects.use_cache(home / "lake")
    models.default_settings = lake_formation.no_defaults
    for operation in (
        "GetTemporaryGlueTableCredentials",
        "GetTemporaryGluePartitionCredentials",
        *lake_formation.ADDED_OPERATIONS,
    ):
        urls.url_paths[f"{{0}}/{operation}$"] = urls.response.dispatch
    for lake_operations in (
        lake_formation.LakeFormationOperations,
        lf_tags.TagOperations,
        lf_tags.TaggingOperations,
        cell_filters.CellFilterOperations,
        vended_credentials.CredentialOperations,
    ):
        moto_operations.serve(LakeFormationResponse, lake_operations)
    for operations in (
        databases.DatabaseOperations,
        tables.TableOperations,
        partitions.PartitionOperations,
        crawlers.CrawlerOperations,
        custom_classifiers.ClassifierOperations,
    ):
        moto_operations.serve(GlueResponse, operations)
    served_operations.serve_only("glue", GLUE_OPERATIONS)
    moto_operations.serve(AthenaResponse, athena.QueryOperations)
    moto_operations.serve(AthenaResponse, metadata_operations.MetadataOperations)
    served_operations.serve_only("athena", athena.OPERATIONS)
