"""AWS Lake Formation, for which the Amazon provider has no hook."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.exceptions import ClientError

BATCH_SIZE = 20
"""Entries in one BatchGrantPermissions or BatchRevokePermissions request (Lake Formation API reference)."""
_ATTEMPTS = 6
_RETRIED = ("ConcurrentModificationException", "InternalServiceException", "OperationTimeoutException")


@dataclass(frozen=True, slots=True, order=True)
class TableGrant:
    """SELECT on a table for one principal. ``columns`` None means the whole table."""

    principal: str
    columns: tuple[str, ...] | None

    def __str__(self) -> str:
        return f"{self.principal} on " + ("every column" if self.columns is None else ", ".join(self.columns))


class LakeFormationError(RuntimeError):
    """Entries of a batch that Lake Formation refused; the batch's other entries hold."""


class LakeFormationHook(AwsBaseHook):
    """
    Interact with AWS Lake Formation.

    Provide thin wrapper around :external+boto3:py:class:`boto3.client("lakeformation") <LakeFormation.Client>`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["client_type"] = "lakeformation"
        super().__init__(*args, **kwargs)

    def table_grants(self, *, catalog_id: str, database: str, table: str) -> list[TableGrant]:
        """Return who may SELECT from a table: one grant a principal, its columns together."""
        columns: dict[str, set[str]] = {}
        whole: set[str] = set()
        for entry in self._permissions(catalog_id, database, table):
            principal = entry["Principal"]["DataLakePrincipalIdentifier"]
            if "SELECT" not in entry.get("Permissions", ()) and "ALL" not in entry.get("Permissions", ()):
                continue
            resource = entry["Resource"]
            named = resource.get("TableWithColumns", {}).get("ColumnNames")
            if named:
                columns.setdefault(principal, set()).update(named)
            else:
                whole.add(principal)
        grants = [TableGrant(principal, None) for principal in whole]
        grants += [
            TableGrant(principal, tuple(sorted(names)))
            for principal, names in columns.items()
            if principal not in whole
        ]
        return sorted(grants, key=lambda grant: grant.principal)

    def grant(self, *, catalog_id: str, database: str, table: str, grants: Sequence[TableGrant]) -> None:
        """Grant SELECT.

        Raises:
            LakeFormationError: entries were refused; all of them are told.
        """
        self._batched("batch_grant_permissions", catalog_id, database, table, grants)

    def revoke(self, *, catalog_id: str, database: str, table: str, grants: Sequence[TableGrant]) -> None:
        """Revoke SELECT.

        Raises:
            LakeFormationError: entries were refused; all of them are told.
        """
        self._batched("batch_revoke_permissions", catalog_id, database, table, grants)

    def _permissions(self, catalog_id: str, database: str, table: str) -> Iterator[dict[str, Any]]:
        resource = {"Table": {"CatalogId": catalog_id, "DatabaseName": database, "Name": table}}
        token: dict[str, str] = {}
        while True:
            page = self.conn.list_permissions(CatalogId=catalog_id, Resource=resource, **token)
            yield from page.get("PrincipalResourcePermissions", ())
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def _batched(
        self, operation: str, catalog_id: str, database: str, table: str, grants: Sequence[TableGrant]
    ) -> None:
        entries = [
            _entry(str(number), catalog_id, database, table, grant) for number, grant in enumerate(grants)
        ]
        refused: list[str] = []
        for batch in _slices(entries, BATCH_SIZE):
            refused += self._one_batch(operation, catalog_id, batch)
        if refused:
            raise LakeFormationError(
                f"Lake Formation refused {len(refused)} of {len(grants)}: " + "; ".join(refused)
            )

    def _one_batch(self, operation: str, catalog_id: str, entries: list[dict[str, Any]]) -> list[str]:
        """Send one batch; send again, after a random pause, what failed because somebody else was writing."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = getattr(self.conn, operation)(CatalogId=catalog_id, Entries=entries)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _RETRIED or attempt == _ATTEMPTS:
                    raise
                self._pause(attempt)
                continue
            failures = answer.get("Failures", [])
            passing = [failure for failure in failures if failure["Error"]["ErrorCode"] in _RETRIED]
            lasting = [failure for failure in failures if failure not in passing]
            if lasting or not passing:
                return [_told(failure) for failure in failures]
            if attempt == _ATTEMPTS:
                return [_told(failure) for failure in failures]
            entries = [failure["RequestEntry"] for failure in passing]
            self._pause(attempt)
        return []

    def _pause(self, attempt: int) -> None:
        pause = random.uniform(0, min(0.1 * 2**attempt, 5))  # noqa: S311 - spreads writers, keeps no secret
        self.log.info("Lake Formation is being changed by somebody else; trying again in %.1f s", pause)
        time.sleep(pause)


def differences(
    existing: Iterable[TableGrant], wanted: Iterable[TableGrant]
) -> tuple[list[TableGrant], list[TableGrant]]:
    """Return what to revoke and what to grant so that ``existing`` becomes ``wanted``."""
    has = {grant.principal: grant.columns for grant in existing}
    wants = {grant.principal: grant.columns for grant in wanted}
    revoke: list[TableGrant] = []
    grant: list[TableGrant] = []
    for principal in sorted(has.keys() | wants.keys()):
        if principal not in wants:
            revoke.append(TableGrant(principal, has[principal]))
        elif principal not in has:
            grant.append(TableGrant(principal, wants[principal]))
        else:
            old, new = has[principal], wants[principal]
            if old is None or new is None:
                if old != new:
                    revoke.append(TableGrant(principal, old))
                    grant.append(TableGrant(principal, new))
                continue
            too_many = tuple(sorted(set(old) - set(new)))
            too_few = tuple(sorted(set(new) - set(old)))
            revoke += [TableGrant(principal, too_many)] if too_many else []
            grant += [TableGrant(principal, too_few)] if too_few else []
    return revoke, grant


def _entry(identifier: str, catalog_id: str, database: str, table: str, grant: TableGrant) -> dict[str, Any]:
    place: dict[str, Any] = {"CatalogId": catalog_id, "DatabaseName": database, "Name": table}
    if grant.columns is None:
        resource: dict[str, Any] = {"Table": place}
    else:
        resource = {"TableWithColumns": {**place, "ColumnNames": list(grant.columns)}}
    return {
        "Id": identifier,
        "Principal": {"DataLakePrincipalIdentifier": grant.principal},
        "Resource": resource,
        "Permissions": ["SELECT"],
    }


def _told(failure: dict[str, Any]) -> str:
    principal = failure["RequestEntry"]["Principal"]["DataLakePrincipalIdentifier"]
    return f"{principal}: {failure['Error']['ErrorCode']}: {failure['Error'].get('ErrorMessage', '')}"


def _slices(entries: list[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(entries), size):
        yield entries[start : start + size]
