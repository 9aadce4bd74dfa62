"""Lake Formation: settings, registered locations, grants, LF-Tags, data cells filters and vended credentials."""

from __future__ import annotations

from pathlib import Path

from local.gateway.registry import Allow, PassedRoles, Service


def _install(_home: Path) -> None:
    from local.services.lakeformation import installation  # moto reads its settings when it is imported

    installation.install()


SERVICE = Service(
    name="lakeformation",
    response_class="moto.lakeformation.responses.LakeFormationResponse",
    operations=(
        *("GetDataLakeSettings", "PutDataLakeSettings"),
        *(f"{verb}Resource" for verb in ("Register", "Deregister", "Describe")),
        "ListResources",
        *(f"{verb}Permissions" for verb in ("Grant", "Revoke", "BatchGrant", "BatchRevoke", "List")),
        "GetEffectivePermissionsForPath",
        *(f"{verb}LFTag" for verb in ("Create", "Get", "Update", "Delete")),
        *("ListLFTags", "AddLFTagsToResource", "RemoveLFTagsFromResource", "GetResourceLFTags"),
        *("SearchDatabasesByLFTags", "SearchTablesByLFTags"),
        *(f"{verb}DataCellsFilter" for verb in ("Create", "Get", "Update", "Delete", "List")),
        *("GetTemporaryGlueTableCredentials", "GetTemporaryGluePartitionCredentials"),
    ),
    passed_roles=PassedRoles("lakeformation.amazonaws.com", {"RegisterResource": "RoleArn"}),
    install=_install,
    role_policies={
        "domain": (
            Allow(
                (
                    "lakeformation:GetDataAccess",
                    "lakeformation:GetTemporaryGlueTableCredentials",
                    "lakeformation:GetTemporaryGluePartitionCredentials",
                    "lakeformation:GrantPermissions",
                    "lakeformation:RevokePermissions",
                    "lakeformation:BatchGrantPermissions",
                    "lakeformation:BatchRevokePermissions",
                    "lakeformation:ListPermissions",
                    "lakeformation:GetDataLakeSettings",
                    "lakeformation:GetEffectivePermissionsForPath",
                    "lakeformation:DescribeResource",
                    "lakeformation:ListResources",
                    "lakeformation:CreateDataCellsFilter",
                    "lakeformation:UpdateDataCellsFilter",
                    "lakeformation:DeleteDataCellsFilter",
                    "lakeformation:GetDataCellsFilter",
                    "lakeformation:ListDataCellsFilter",
                    "lakeformation:GetLFTag",
                    "lakeformation:ListLFTags",
                    "lakeformation:UpdateLFTag",
                    "lakeformation:GetResourceLFTags",
                    "lakeformation:AddLFTagsToResource",
                    "lakeformation:RemoveLFTagsFromResource",
                ),
                ("*",),
            ),
        ),
        "administrator": (Allow(("lakeformation:*",), ("*",)),),
    },
)
