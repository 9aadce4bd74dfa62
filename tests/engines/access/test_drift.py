"""plan, apply, plan is empty; what somebody changes by hand shows as drift and is repaired; what expires goes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from interline.access import as_text, desired_state
from interline.access.plan import RoleChange
from interline.access.reconcile import plan_changes, reconcile
from interline.access.state import Scope, Table
from interline.contracts import Mesh, Role
from testkit.access_faults.scene import OLD, STRANGER, TODAY, Scene, after, before
from testkit.products import product_with


@pytest.fixture
def agreed(scene: Scene) -> Scene:
    """The accounts as the contracts say."""
    assert reconcile(scene.accounts(), before(scene.domains)).complete
    return scene


def fares(scene: Scene) -> dict[str, str]:
    return {
        "CatalogId": scene.domains["bookings"].account,
        "DatabaseName": "bookings_curated",
        "Name": "fares",
    }


@pytest.mark.parametrize("state", [before, after])
def test_plan_apply_plan_is_empty(scene: Scene, state: Callable[..., Any]) -> None:
    desired = state(scene.domains)
    reconcile(scene.accounts(), before(scene.domains) if state is after else after(scene.domains))
    assert plan_changes(scene.accounts(), desired)
    result = reconcile(scene.accounts(), desired)
    assert result.complete
    assert not plan_changes(scene.accounts(), desired)
    again = scene.accounts()
    assert reconcile(again, desired).done == []
    assert sum(account.session.writes for account in again) == 0


def test_a_grant_by_hand_shows_and_is_taken_away(agreed: Scene) -> None:
    lake = agreed.administrator("bookings", "lakeformation")
    who = {"DataLakePrincipalIdentifier": STRANGER}
    lake.grant_permissions(Principal=who, Resource={"Table": fares(agreed)}, Permissions=["SELECT"])
    drift = plan_changes(agreed.accounts(), before(agreed.domains))
    (change,) = drift.changes
    assert isinstance(change, RoleChange)
    assert (change.action, change.principal, set(change.before)) == (
        "unmanaged",
        STRANGER,
        {Scope("table")},
    )
    assert f"! {STRANGER}" in as_text(drift)
    assert reconcile(agreed.accounts(), before(agreed.domains)).complete
    left = lake.list_permissions(Resource={"Table": fares(agreed)})["PrincipalResourcePermissions"]
    assert STRANGER not in {entry["Principal"]["DataLakePrincipalIdentifier"] for entry in left}


def test_a_revoke_by_hand_shows_and_comes_back(agreed: Scene) -> None:
    expected = agreed.observed()
    lake = agreed.administrator("bookings", "lakeformation")
    shopping = agreed.domains["shopping"].role_arn
    lake.revoke_permissions(
        Principal={"DataLakePrincipalIdentifier": shopping},
        Resource={"TableWithColumns": {**fares(agreed), "ColumnNames": ["gone"]}},
        Permissions=["SELECT"],
    )
    drift = plan_changes(agreed.accounts(), before(agreed.domains))
    assert [change.action for change in drift.changes] == ["changed"]
    assert "+ columns gone" in as_text(drift)
    assert reconcile(agreed.accounts(), before(agreed.domains)).complete
    assert agreed.observed() == expected


def test_everything_at_once_by_hand_is_repaired(agreed: Scene) -> None:
    expected = agreed.observed()
    agreed.meddle()
    drift = plan_changes(agreed.accounts(), before(agreed.domains))
    assert {change.action for change in drift.changes} == {"added", "changed", "removed", "unmanaged"}
    assert reconcile(agreed.accounts(), before(agreed.domains)).complete
    found = agreed.observed()
    assert (found.grants, found.filters, found.tags, found.links) == (
        expected.grants,
        expected.filters,
        expected.tags,
        expected.links,
    )


def test_a_link_that_the_domain_itself_made_is_removed(agreed: Scene) -> None:
    agreed.link("shopping", "loyalty")
    glue = agreed.administrator("shopping", "glue")
    with pytest.raises(ClientError, match=r"AccessDenied.*Required Drop on loyalty_curated"):
        glue.delete_database(Name="loyalty_curated")
    drift = plan_changes(agreed.accounts(), before(agreed.domains))
    assert "- resource link loyalty_curated" in as_text(drift)
    assert reconcile(agreed.accounts(), before(agreed.domains)).complete
    assert "loyalty_curated" not in {database["Name"] for database in glue.get_databases()["DatabaseList"]}
    assert not plan_changes(agreed.accounts(), before(agreed.domains))
    listed = agreed.administrator("shopping", "lakeformation").list_permissions(MaxResults=1000)
    databases = [entry["Resource"].get("Database") for entry in listed["PrincipalResourcePermissions"]]
    named = {database["Name"] for database in databases if database}
    assert "shopping_curated" in named
    assert "loyalty_curated" not in named, "no permission on a link outlives it"


def test_what_is_on_no_port_is_left_alone(agreed: Scene) -> None:
    lake = agreed.administrator("bookings", "lakeformation")
    lake.grant_permissions(
        Principal={"DataLakePrincipalIdentifier": STRANGER},
        Resource={"Database": {"Name": "bookings_landing"}},
        Permissions=["DESCRIBE"],
    )
    assert not plan_changes(agreed.accounts(), before(agreed.domains))


def test_an_account_out_of_reach_is_reported_and_others_are_made(agreed: Scene) -> None:
    agreed.meddle()
    accounts = agreed.accounts()

    def refuse() -> Any:
        raise agreed.administrator("bookings", "glue").exceptions.AccessDeniedException(
            {"Error": {"Code": "AccessDenied", "Message": "not yours"}}, "AssumeRole"
        )

    accounts[1].session.connect = refuse
    result = reconcile(accounts, before(agreed.domains))
    assert not result.complete
    assert "AccessDenied" in result.remaining.unseen["shopping"]
    assert not plan_changes(agreed.accounts("bookings"), before(agreed.domains))


def test_the_commands_say_it_by_their_exit_codes(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from cli.__main__ import app

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in scene.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "80")

    def interline(*words: str) -> Any:
        return CliRunner().invoke(app, ["access", *words, "--home", str(tmp_path)])

    assert interline("apply").exit_code == 2, "nobody agreed"
    applied = interline("apply", "--yes")
    assert applied.exit_code == 0, applied.output
    assert "every account agrees with the contracts" in applied.output
    assert interline("drift").exit_code == 0
    lake = scene.administrator("bookings", "lakeformation")
    lake.grant_permissions(
        Principal={"DataLakePrincipalIdentifier": STRANGER},
        Resource={"Table": {"DatabaseName": "bookings_curated", "TableWildcard": {}}},
        Permissions=["SELECT"],
    )
    drift = interline("drift", "--format", "json")
    assert drift.exit_code == 1
    (change,) = json.loads(drift.stdout)["changes"]
    assert (change["action"], change["principal"]) == ("unmanaged", STRANGER)
    assert interline("plan").exit_code == 0
    assert interline("drift", "--domain", "shopping").exit_code == 0
    assert interline("drift", "--domain", "shoping").exit_code == 2
    assert interline("apply", "--yes", "--format", "json").exit_code == 0
    assert interline("drift").exit_code == 0


def test_an_expired_role_reads_no_more(scene: Scene) -> None:
    last = TODAY
    role = Role("shopping", "", columns=("code",), expires=last)
    mesh = Mesh(
        Path(),
        scene.domains,
        {"bookings.fares": product_with(scene.domains["bookings"], "fares", OLD, [role])},
    )
    reconcile(scene.accounts("bookings"), desired_state(mesh, last))
    place = (
        Table(scene.domains["bookings"].account, "bookings_curated", "fares"),
        scene.domains["shopping"].role_arn,
    )
    assert place in scene.observed("bookings").grants
    drift = plan_changes(scene.accounts("bookings"), desired_state(mesh, last + timedelta(days=1)))
    assert "expired, its last day was 2027-01-31" in as_text(drift)
    reconcile(scene.accounts("bookings"), desired_state(mesh, last + timedelta(days=1)))
    assert place not in scene.observed("bookings").grants
