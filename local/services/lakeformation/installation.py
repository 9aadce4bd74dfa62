"""Puts Lake Formation's operations in place of moto's."""

from __future__ import annotations

from moto.lakeformation import models, urls
from moto.lakeformation.responses import LakeFormationResponse

from local.gateway import moto_operations
from local.services.lakeformation import cell_filters, lf_tags, operations, vended_credentials

# Operations that moto has no URL for.
_WITHOUT_URL = (
    "CreateDataCellsFilter",
    "DeleteDataCellsFilter",
    "GetDataCellsFilter",
    "GetEffectivePermissionsForPath",
    "GetTemporaryGluePartitionCredentials",
    "GetTemporaryGlueTableCredentials",
    "SearchDatabasesByLFTags",
    "SearchTablesByLFTags",
    "UpdateDataCellsFilter",
)


def install() -> None:
    """Make every operation moto's, and let accounts begin without moto's default settings."""
    models.default_settings = operations.no_defaults
    for operation in _WITHOUT_URL:
        urls.url_paths[f"{{0}}/{operation}$"] = urls.response.dispatch
    for methods in (
        operations.LakeFormationOperations,
        lf_tags.TagOperations,
        lf_tags.TaggingOperations,
        cell_filters.CellFilterOperations,
        vended_credentials.CredentialOperations,
    ):
        moto_operations.serve(LakeFormationResponse, methods)
