"""One Lake Formation permission, given where it is not held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from interline.accounts.outcome import Outcome


def give(
    lake: Any,
    principal: str,
    resource: dict[str, Any],
    permissions: Sequence[str],
    *,
    what: str,
    passed_on: bool = False,
) -> Outcome:
    """Grant what a principal does not hold on a resource; ``passed_on`` with the right to grant it on."""
    told = f"{', '.join(permissions)} on {what} for {principal}"
    who = {"DataLakePrincipalIdentifier": principal}
    held: set[str] = set()
    token: dict[str, str] = {}
    while True:
        page = lake.list_permissions(Principal=who, Resource=resource, **token)
        for entry in page.get("PrincipalResourcePermissions", ()):
            held |= set(entry["PermissionsWithGrantOption" if passed_on else "Permissions"])
        if not page.get("NextToken"):
            break
        token = {"NextToken": page["NextToken"]}
    if held >= set(permissions):
        return Outcome(told, "granted")
    option = {"PermissionsWithGrantOption": list(permissions)} if passed_on else {}
    lake.grant_permissions(Principal=who, Resource=resource, Permissions=list(permissions), **option)
    return Outcome(told, "missing", "granted")
