"""Grants in batches: failures of single entries are told, busy tables are tried again, only what differs changes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from interline.hooks import lake_formation
from interline.hooks.lake_formation import LakeFormationError, LakeFormationHook, TableGrant, differences

PLACE = {"catalog_id": "222222222222", "database": "bookings_curated", "table": "tickets"}


def principal(name: str) -> str:
    return f"arn:aws:iam::333333333333:role/interline-{name}"


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[LakeFormationHook, Stubber]]:
    """The hook over a client whose answers a test gives; pauses take no time."""
    client = boto3.client(
        "lakeformation", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    hook = LakeFormationHook(aws_conn_id="aws_bookings")
    monkeypatch.setattr(type(hook), "conn", client)
    monkeypatch.setattr(lake_formation.time, "sleep", lambda _: None)
    with Stubber(client) as stubber:
        yield hook, stubber


def failure(name: str, code: str, identifier: str = "0") -> dict[str, Any]:
    entry = {
        "Id": identifier,
        "Principal": {"DataLakePrincipalIdentifier": principal(name)},
        "Resource": {
            "Table": {"CatalogId": "222222222222", "DatabaseName": "bookings_curated", "Name": "tickets"}
        },
        "Permissions": ["SELECT"],
    }
    return {"RequestEntry": entry, "Error": {"ErrorCode": code, "ErrorMessage": f"{name} is not to be"}}


def expected(*names: str) -> dict[str, Any]:
    return {"CatalogId": "222222222222", "Entries": [ANY] * len(names)}


def test_more_than_twenty_grants_go_in_batches_of_twenty(stubbed: tuple[LakeFormationHook, Stubber]) -> None:
    hook, stubber = stubbed
    grants = [TableGrant(principal(f"d{number}"), None) for number in range(45)]
    for size in (20, 20, 5):
        stubber.add_response("batch_grant_permissions", {"Failures": []}, expected(*["x"] * size))
    hook.grant(**PLACE, grants=grants)
    stubber.assert_no_pending_responses()


def test_every_entry_that_is_refused_is_told(stubbed: tuple[LakeFormationHook, Stubber]) -> None:
    hook, stubber = stubbed
    refused = [failure("a", "InvalidInputException"), failure("b", "AccessDeniedException", "1")]
    stubber.add_response("batch_grant_permissions", {"Failures": refused}, expected("a", "b"))
    with pytest.raises(LakeFormationError) as caught:
        hook.grant(**PLACE, grants=[TableGrant(principal("a"), None), TableGrant(principal("b"), ("x",))])
    assert "refused 2 of 2" in str(caught.value)
    assert f"{principal('b')}: AccessDeniedException: b is not to be" in str(caught.value)


def test_only_entries_that_met_another_writer_are_sent_again(
    stubbed: tuple[LakeFormationHook, Stubber],
) -> None:
    hook, stubber = stubbed
    busy = failure("b", "ConcurrentModificationException", "1")
    stubber.add_response("batch_revoke_permissions", {"Failures": [busy]}, expected("a", "b"))
    stubber.add_client_error("batch_revoke_permissions", "ConcurrentModificationException")
    stubber.add_response(
        "batch_revoke_permissions",
        {"Failures": []},
        {"CatalogId": "222222222222", "Entries": [busy["RequestEntry"]]},
    )
    hook.revoke(**PLACE, grants=[TableGrant(principal("a"), None), TableGrant(principal("b"), None)])
    stubber.assert_no_pending_responses()


def test_a_table_that_stays_busy_fails_in_the_end(stubbed: tuple[LakeFormationHook, Stubber]) -> None:
    hook, stubber = stubbed
    for _ in itertools.repeat(None, 6):
        stubber.add_response(
            "batch_grant_permissions",
            {"Failures": [failure("a", "ConcurrentModificationException")]},
            expected("a"),
        )
    with pytest.raises(LakeFormationError, match="ConcurrentModificationException"):
        hook.grant(**PLACE, grants=[TableGrant(principal("a"), None)])
    stubber.assert_no_pending_responses()


def test_grants_are_read_over_pages_as_one_a_principal(stubbed: tuple[LakeFormationHook, Stubber]) -> None:
    hook, stubber = stubbed

    def entry(name: str, resource: dict[str, Any], *permissions: str) -> dict[str, Any]:
        who = {"DataLakePrincipalIdentifier": principal(name)}
        return {"Principal": who, "Resource": resource, "Permissions": list(permissions)}

    table = {"DatabaseName": "bookings_curated", "Name": "tickets"}
    pages = [
        [
            entry("a", {"TableWithColumns": {**table, "ColumnNames": ["y"]}}, "SELECT"),
            entry("b", {"Table": table}, "DROP"),
        ],
        [
            entry("a", {"TableWithColumns": {**table, "ColumnNames": ["x"]}}, "SELECT"),
            entry("c", {"TableWithColumns": {**table, "ColumnWildcard": {}}}, "SELECT"),
        ],
    ]
    stubber.add_response("list_permissions", {"PrincipalResourcePermissions": pages[0], "NextToken": "more"})
    stubber.add_response("list_permissions", {"PrincipalResourcePermissions": pages[1]})
    assert hook.table_grants(**PLACE) == [
        TableGrant(principal("a"), ("x", "y")),
        TableGrant(principal("c"), None),
    ]


@pytest.mark.parametrize(
    ("existing", "wanted", "revoked", "granted"),
    [
        ({}, {"a": None}, {}, {"a": None}),
        ({"a": None}, {}, {"a": None}, {}),
        ({"a": ("x",)}, {"a": ("x",)}, {}, {}),
        ({"a": ("x", "y")}, {"a": ("x", "z")}, {"a": ("y",)}, {"a": ("z",)}),
        ({"a": None}, {"a": ("x",)}, {"a": None}, {"a": ("x",)}),
        ({"a": ("x",)}, {"a": None}, {"a": ("x",)}, {"a": None}),
        ({"a": None, "b": ("x",)}, {"a": None, "c": ("x",)}, {"b": ("x",)}, {"c": ("x",)}),
    ],
)
def test_only_what_differs_is_changed(
    existing: dict[str, Any], wanted: dict[str, Any], revoked: dict[str, Any], granted: dict[str, Any]
) -> None:
    def grants(of: dict[str, Any]) -> list[TableGrant]:
        return [TableGrant(name, columns) for name, columns in of.items()]

    assert differences(grants(existing), grants(wanted)) == (grants(revoked), grants(granted))
