"""The roles of a contract as Lake Formation permissions on its port."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

from interline.hooks.lake_formation import LakeFormationHook, TableGrant, differences

if TYPE_CHECKING:
    from airflow.sdk import Context


class LakeFormationGrantOperator(AwsBaseOperator[LakeFormationHook]):
    """
    Make the grants on one table to principals of other accounts exactly these.

    Only what differs is changed: grants that are missing are made, grants to other accounts that are not listed are
    revoked. Principals of the table's own account (its owner, its administrators) are left alone.

    :param catalog_id: the account that owns the table
    :param database: its Glue database
    :param table: its name
    :param grants: one entry a principal: ``{"principal": arn, "columns": [names] or None}`` (templated)
    :return: what was granted and revoked, in words
    """

    aws_hook_class = LakeFormationHook
    template_fields: Sequence[str] = aws_template_fields("catalog_id", "database", "table", "grants")
    ui_color = "#e3ecf7"

    def __init__(
        self, *, catalog_id: str, database: str, table: str, grants: Sequence[dict[str, Any]], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.catalog_id = catalog_id
        self.database = database
        self.table = table
        self.grants = list(grants)

    def execute(self, context: Context) -> dict[str, list[str]]:
        """Compare and change."""
        place = {"catalog_id": self.catalog_id, "database": self.database, "table": self.table}
        existing = [grant for grant in self.hook.table_grants(**place) if self._is_foreign(grant.principal)]
        wanted = [
            TableGrant(
                entry["principal"], None if entry["columns"] is None else tuple(sorted(entry["columns"]))
            )
            for entry in self.grants
        ]
        revoke, grant = differences(existing, wanted)
        if revoke:
            self.hook.revoke(**place, grants=revoke)
        if grant:
            self.hook.grant(**place, grants=grant)
        for words, changed in (("revoked", revoke), ("granted", grant)):
            for entry in changed:
                self.log.info("%s SELECT on %s.%s: %s", words, self.database, self.table, entry)
        if not revoke and not grant:
            self.log.info(
                "the %d grants on %s.%s are what the contract says", len(wanted), self.database, self.table
            )
        return {"granted": [str(entry) for entry in grant], "revoked": [str(entry) for entry in revoke]}

    def _is_foreign(self, principal: str) -> bool:
        parts = principal.split(":")
        if len(parts) < 6:
            return principal.isdigit() and principal != self.catalog_id
        return parts[4] != self.catalog_id
