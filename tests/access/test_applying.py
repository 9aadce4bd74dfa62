"""Batches of at most twenty, entries that fail one by one, transient errors tried again, others reported."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from interline.access import Plan
from interline.access.lakeformation.api_requests import BatchRequest, requests_for
from interline.access.lakeformation.apply import apply
from interline.access.plan import LinkChange, RoleChange
from interline.access.state import CellFilter, Grants, Link, Permissions, Scope, Table
from interline.aws.retry import ATTEMPTS, RetryingSession
from tests.access.conftest import refusal

ACCOUNT = "222222222222"
TABLE = Table(ACCOUNT, "bookings_curated", "fares")
SELECT = Permissions(frozenset({"SELECT"}))


def role(name: str, before: Grants, after: Grants, **filters: Any) -> RoleChange:
    action = "added" if not before else "changed" if after else "removed"
    return RoleChange(action, TABLE, f"arn:aws:iam::333333333333:role/{name}", before, after, **filters)  # type: ignore[arg-type]


def columns(*names: str) -> Grants:
    return {Scope("columns"): Permissions(frozenset(names))}


def new_roles(count: int) -> Plan:
    return Plan(tuple(role(f"r{number:02}", {}, columns("a")) for number in range(count)))


def failing(entries: dict[str, str]) -> dict[str, Any]:
    """An answer in which entries fail: by their number in the request, with a code."""
    return {
        "Failures": [
            {"RequestEntry": {"Id": number}, "Error": {"ErrorCode": code, "ErrorMessage": "said so"}}
            for number, code in entries.items()
        ]
    }


def test_more_than_twenty_go_in_batches_of_twenty(scripted: Any) -> None:
    session, client = scripted({}, {}, {})
    applied = apply(session, new_roles(45), ACCOUNT)
    assert [len(arguments["Entries"]) for _, arguments in client.requests] == [20, 20, 5]
    assert len(applied.done) == 45
    for _, arguments in client.requests:
        assert len({entry["Id"] for entry in arguments["Entries"]}) == len(arguments["Entries"])


def test_entries_with_transient_errors_are_sent_again_alone(scripted: Any, pauses: list[float]) -> None:
    session, client = scripted(failing({"1": "ConcurrentModificationException"}), {})
    applied = apply(session, new_roles(3), ACCOUNT)
    assert [[entry["Id"] for entry in arguments["Entries"]] for _, arguments in client.requests] == [
        ["0", "1", "2"],
        ["1"],
    ]
    assert not applied.failures
    assert len(applied.done) == 3
    assert len(pauses) == 1


def test_each_refused_entry_is_reported_and_others_are_made(scripted: Any) -> None:
    refused = {"0": "AccessDeniedException", "2": "InvalidInputException"}
    session, _ = scripted(failing(refused))
    applied = apply(session, new_roles(3), ACCOUNT)
    assert [failure.code for failure in applied.failures] == list(refused.values())
    assert "r00" in str(applied.failures[0])
    assert "said so" in str(applied.failures[0])
    assert len(applied.done) == 1


def test_what_stays_busy_is_reported_in_the_end(scripted: Any, pauses: list[float]) -> None:
    busy = failing({"0": "ConcurrentModificationException"})
    session, client = scripted(*[busy] * ATTEMPTS)
    applied = apply(session, new_roles(1), ACCOUNT)
    assert [failure.code for failure in applied.failures] == ["ConcurrentModificationException"]
    assert len(client.requests) == ATTEMPTS
    assert len(set(pauses)) > 1


@pytest.mark.parametrize(
    "trouble",
    [
        refusal("ConcurrentModificationException"),
        refusal("ThrottlingException"),
        refusal("SomethingNew", status=503),
        EndpointConnectionError(endpoint_url="https://lakeformation"),
        ReadTimeoutError(endpoint_url="https://lakeformation"),
    ],
)
def test_a_request_with_a_transient_error_is_repeated(scripted: Any, trouble: Exception) -> None:
    session, client = scripted(trouble, trouble, {})
    assert not apply(session, new_roles(1), ACCOUNT).failures
    assert len(client.requests) == 3


def test_a_refused_request_is_not_repeated_and_stops_no_other(scripted: Any) -> None:
    session, client = scripted(refusal("AccessDeniedException"), {})
    gone = role("old", columns("a"), {})
    applied = apply(session, Plan((*new_roles(2).changes, gone)), ACCOUNT)
    assert [operation for operation, _ in client.requests] == [
        "batch_grant_permissions",
        "batch_revoke_permissions",
    ]
    assert len(applied.failures) == 2
    assert len(applied.done) == 1


def test_an_expired_session_is_opened_anew() -> None:
    sessions = itertools.count(1)

    class Session:
        def __init__(self) -> None:
            self.number = next(sessions)

        def get_table(self, **_: Any) -> dict[str, Any]:
            if self.number == 1:
                raise refusal("ExpiredTokenException")
            return {"session": self.number}

    def connect() -> Any:
        session = Session()
        return lambda _service: session

    session = RetryingSession(connect, sleep=lambda _: None)
    assert session.read("glue", "get_table") == {"session": 2}
    assert session.read("glue", "get_table") == {"session": 2}


def test_a_session_that_always_expires_is_reported(scripted: Any) -> None:
    session, _ = scripted(*[refusal("ExpiredTokenException")] * ATTEMPTS)
    with pytest.raises(ClientError, match="ExpiredToken"):
        session.read("glue", "get_table")


def test_pauses_grow_and_differ(scripted: Any, pauses: list[float]) -> None:
    for _ in range(50):
        session, _client = scripted(*[refusal("ThrottlingException")] * (ATTEMPTS - 1), {})
        session.read("glue", "get_table")
    early, late = pauses[:: ATTEMPTS - 1], pauses[ATTEMPTS - 2 :: ATTEMPTS - 1]
    assert max(early) <= 0.2
    assert max(late) > 1
    assert max(pauses) <= 5
    assert len(set(early)) == 50


def operations(plan: Plan) -> list[str]:
    return [write.operation for write in requests_for(plan, ACCOUNT)]


def test_what_a_role_gets_comes_before_what_it_loses() -> None:
    tags = {Scope("tags", expression=(("port", ("fares",)),)): SELECT}
    assert operations(Plan((role("r", columns("a"), tags),))) == [
        "batch_grant_permissions",
        "batch_revoke_permissions",
    ]


def test_select_on_a_table_is_revoked_before_columns_are_granted() -> None:
    before = {Scope("table"): SELECT, **columns("a", "b")}
    first, second = requests_for(Plan((role("r", before, columns("a", "b")),)), ACCOUNT)
    assert isinstance(first, BatchRequest)
    assert isinstance(second, BatchRequest)
    assert (first.operation, second.operation) == ("batch_revoke_permissions", "batch_grant_permissions")
    assert second.entries[0].resource["TableWithColumns"]["ColumnNames"] == ["a", "b"]


def test_a_right_to_grant_on_is_taken_with_what_it_belongs_to() -> None:
    before = {Scope("columns"): Permissions(frozenset({"a"}), frozenset({"a"}))}
    first, second = requests_for(Plan((role("r", before, columns("a")),)), ACCOUNT)
    assert isinstance(first, BatchRequest)
    assert isinstance(second, BatchRequest)
    assert first.entries[0].grantable == ("SELECT",)
    assert second.entries[0].grantable == ()


def test_only_columns_that_differ_are_named() -> None:
    granted, revoked = requests_for(Plan((role("r", columns("a", "b"), columns("b", "c")),)), ACCOUNT)
    assert isinstance(granted, BatchRequest)
    assert isinstance(revoked, BatchRequest)
    assert granted.entries[0].resource["TableWithColumns"]["ColumnNames"] == ["c"]
    assert revoked.entries[0].resource["TableWithColumns"]["ColumnNames"] == ["a"]


def test_a_filter_is_made_before_its_grant_and_deleted_after_it() -> None:
    reads = {Scope("filter", name="interline_r"): SELECT}
    cells = {"interline_r": CellFilter(frozenset({"a"}), "a = 1")}
    assert operations(Plan((role("r", {}, reads, filters_after=cells),))) == [
        "create_data_cells_filter",
        "batch_grant_permissions",
    ]
    assert operations(Plan((role("r", reads, {}, filters_before=cells),))) == [
        "batch_revoke_permissions",
        "delete_data_cells_filter",
    ]


def test_a_link_is_dropped_by_an_administrator_that_may_drop_it() -> None:
    old, new = Link("333333333333", "shopping_curated"), Link("444444444444", "shopping_curated")
    gone = LinkChange("removed", ACCOUNT, "shopping_curated", old, None)
    assert operations(Plan((gone,))) == ["batch_grant_permissions", "delete_database"]
    granted, *_ = requests_for(Plan((gone,)), ACCOUNT)
    assert isinstance(granted, BatchRequest)
    (entry,) = granted.entries
    assert entry.principal == f"arn:aws:iam::{ACCOUNT}:role/interline-administrator"
    assert entry.permissions == ("DROP",)
    assert not entry.grantable
    assert entry.resource == {"Database": {"CatalogId": ACCOUNT, "Name": "shopping_curated"}}
    led_elsewhere = LinkChange("changed", ACCOUNT, "shopping_curated", old, new)
    assert operations(Plan((led_elsewhere,)))[-2:] == ["delete_database", "create_database"]


def test_a_new_link_needs_no_right_to_drop() -> None:
    made = LinkChange("added", ACCOUNT, "shopping_curated", None, Link("333333333333", "shopping_curated"))
    assert operations(Plan((made,))) == ["create_database"]


def test_an_account_gets_its_own_part_of_a_plan_only() -> None:
    assert operations(new_roles(3)) == ["batch_grant_permissions"]
    assert list(requests_for(new_roles(3), "444444444444")) == []
