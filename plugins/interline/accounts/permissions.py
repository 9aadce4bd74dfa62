"""One Lake Formation permission, granted where it is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from interline.accounts.outcome import Outcome


def ensure_granted(
    lake: Any,
    principal: str,
    resource: dict[str, Any],
    permissions: Sequence[str],
    *,
    what: str,
    grantable: bool = False,
) -> Outcome:
    """Grant a principal what is missing of some permissions on a resource.

    Args:
        lake: boto3's Lake Formation client.
        principal: an ARN.
        resource: as Lake Formation's API takes it.
        permissions: Lake Formation's names.
        what: the resource in words.
        grantable: with the right to grant them to others.
    """
    description = f"{', '.join(permissions)} on {what} for {principal}"
    who = {"DataLakePrincipalIdentifier": principal}
    granted: set[str] = set()
    token: dict[str, str] = {}
    while True:
        page = lake.list_permissions(Principal=who, Resource=resource, **token)
        for entry in page.get("PrincipalResourcePermissions", ()):
            granted |= set(entry["PermissionsWithGrantOption" if grantable else "Permissions"])
        if not page.get("NextToken"):
            break
        token = {"NextToken": page["NextToken"]}
    if granted >= set(permissions):
        return Outcome(description, "granted")
    option = {"PermissionsWithGrantOption": list(permissions)} if grantable else {}
    lake.grant_permissions(Principal=who, Resource=resource, Permissions=list(permissions), **option)
    return Outcome(description, "missing", "granted")
