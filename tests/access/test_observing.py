"""What is listed in an account, as grants on ports: everything that lets somebody read one."""

from __future__ import annotations

from typing import Any

import pytest

from interline.access import DesiredState, desired_state, difference
from interline.access.lakeformation.api_requests import BatchRequest, requests_for
from interline.access.lakeformation.observe import observe_account
from interline.access.plan import RoleChange
from interline.access.state import Scope
from interline.aws.retry import RetryingSession
from interline.contracts import Role
from tests.access.conftest import TODAY, domain, mesh, product, refusal

STRANGER = "arn:aws:iam::999999999999:role/stranger"
SAVED = {
    "ours": [{"TagKey": "port", "TagValues": ["fares"]}],
    "theirs": [{"TagKey": "team", "TagValues": ["a"]}],
}


class Account:
    """The account of bookings with one published port, and grants by saved LF-Tag expressions."""

    def __init__(self, *expressions: str) -> None:
        self.expressions = expressions

    def get_tables(self, **_: Any) -> dict[str, Any]:
        columns = [{"Name": name} for name in ("code", "seats", "amount", "email")]
        return {"TableList": [{"Name": "fares", "StorageDescriptor": {"Columns": columns}}]}

    def get_databases(self, **_: Any) -> dict[str, Any]:
        return {"DatabaseList": []}

    def list_lf_tags(self, **_: Any) -> dict[str, Any]:
        return {"LFTags": []}

    def list_data_cells_filter(self, **_: Any) -> dict[str, Any]:
        return {"DataCellsFilters": []}

    def get_data_lake_settings(self, **_: Any) -> dict[str, Any]:
        return {"DataLakeSettings": {}}

    def list_permissions(self, **_: Any) -> dict[str, Any]:
        return {
            "PrincipalResourcePermissions": [
                {
                    "Principal": {"DataLakePrincipalIdentifier": STRANGER},
                    "Resource": {"LFTagPolicy": {"ResourceType": "TABLE", "ExpressionName": name}},
                    "Permissions": ["SELECT"],
                }
                for name in self.expressions
            ]
        }

    def get_lf_tag_expression(self, **arguments: Any) -> dict[str, Any]:
        if arguments["Name"] not in SAVED:
            raise refusal("EntityNotFoundException")
        return {"Name": arguments["Name"], "Expression": SAVED[arguments["Name"]]}


def plan(*expressions: str) -> Any:
    desired: DesiredState = desired_state(mesh(product("bookings.fares", Role("shopping", ""))), TODAY)
    account = Account(*expressions)
    return difference(
        observe_account(RetryingSession(lambda: lambda _service: account), domain("bookings")), desired
    )


def test_a_grant_by_a_saved_expression_is_seen_and_revoked() -> None:
    """LFTagPolicyResource has Expression or ExpressionName (Lake Formation API reference)."""
    found = plan("ours")
    (change,) = (c for c in found.changes if isinstance(c, RoleChange) and c.principal == STRANGER)
    assert (change.action, change.table.name) == ("unmanaged", "fares")
    assert set(change.before) == {Scope("tags", name="ours", expression=(("port", ("fares",)),))}
    revoked = [
        entry
        for batch in requests_for(found, domain("bookings").account)
        if isinstance(batch, BatchRequest) and batch.operation == "batch_revoke_permissions"
        for entry in batch.entries
    ]
    (entry,) = revoked
    policy = entry.resource["LFTagPolicy"]
    assert (policy["ExpressionName"], "Expression" in policy) == ("ours", False)
    assert entry.permissions == ("SELECT",)


@pytest.mark.parametrize("name", ["theirs", "gone"])
def test_a_saved_expression_of_other_tags_or_none_is_not_ours(name: str) -> None:
    assert not [c for c in plan(name).changes if isinstance(c, RoleChange) and c.principal == STRANGER]
