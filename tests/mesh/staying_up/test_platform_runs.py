"""The platform's own DAGs under a real scheduler: access made as the contracts say, and what is too old taken away."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from interline.contracts import load_mesh
from local.mesh import airflow_servers
from local.mesh.domain_session import QueryFailed
from local.mesh.rest import Rest
from tests.mesh.conftest import DAYS, Ended, Mesh

_SECONDS = 120
QUERY = 'SELECT count("booking_id") FROM reservations'
TAKINGS = 'SELECT sum("net_amount") FROM revenue'
NO_GRANT = r"Insufficient Lake Formation permission\(s\): Required Select on revenue"
COUNTED = "SELECT data_day, count(*) FROM searches GROUP BY data_day ORDER BY data_day"
TWO_YEARS_AFTER_THE_SECOND_DAY = DAYS[1].replace(year=DAYS[1].year + 2).isoformat()


@pytest.fixture
def rest(mesh: Mesh, first_run: Ended) -> Iterator[Rest]:
    assert first_run.code == 0, first_run.output
    found = airflow_servers.find(mesh.home)
    assert found is not None
    rest = Rest(found.url)
    yield rest
    rest.close()


def administrator(mesh: Mesh, domain: str) -> Any:
    """Lake Formation as the administrator of a domain's data lake."""
    platform = mesh.session("platform")
    keys = platform.client("sts").assume_role(
        RoleArn=load_mesh(mesh.root).domains[domain].administrator_arn, RoleSessionName="by-hand"
    )["Credentials"]
    return boto3.client(
        "lakeformation",
        endpoint_url=platform.endpoint,
        region_name=platform.domain.region,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def succeeded(rest: Rest, dag: str, run: str) -> dict[tuple[str, int], str]:
    """Wait until the run is over and has succeeded; returns the state of each task and map index."""
    end = time.monotonic() + _SECONDS
    while rest.run_state(dag, run) in ("queued", "running"):
        assert time.monotonic() < end, f"{dag} {run} is not over"
        time.sleep(0.3)
    tasks = list(rest.pages(f"dags/{dag}/dagRuns/{run}/taskInstances", "task_instances"))
    assert rest.run_state(dag, run) == "success", tasks
    return {(task["task_id"], task["map_index"]): task["state"] for task in tasks}


def test_access_mends_what_was_changed_by_hand_and_then_finds_nothing(mesh: Mesh, rest: Rest) -> None:
    shopping, loyalty = mesh.session("shopping"), mesh.session("loyalty")
    counted = shopping.athena(QUERY, "bookings_curated")
    taken = mesh.session("bookings").athena(TAKINGS, "bookings_curated")
    assert taken != [(None,)]
    with pytest.raises(QueryFailed, match=NO_GRANT):
        loyalty.athena(TAKINGS, "bookings_curated")
    lake = administrator(mesh, "bookings")
    table = {"DatabaseName": "bookings_curated", "Name": "reservations"}
    lake.revoke_permissions(
        Principal={"DataLakePrincipalIdentifier": shopping.domain.role_arn},
        Resource={"TableWithColumns": {**table, "ColumnNames": ["booking_id"]}},
        Permissions=["SELECT"],
    )
    revenue = {"Table": {"DatabaseName": "bookings_curated", "Name": "revenue"}}
    stranger = {"DataLakePrincipalIdentifier": loyalty.domain.role_arn}
    lake.grant_permissions(Principal=stranger, Resource=revenue, Permissions=["SELECT"])
    assert loyalty.athena(TAKINGS, "bookings_curated") == taken
    with pytest.raises(QueryFailed, match="'booking_id' cannot be resolved or requester is not authorized"):
        shopping.athena(QUERY, "bookings_curated")

    rest.set_paused("platform.access", False)
    rest.trigger("platform.access", "mending", {}, "after changes by hand")
    states = succeeded(rest, "platform.access", "mending")
    assert set(states.values()) == {"success"}
    assert {task for task, _ in states} == {"plan", "apply", "report"}
    shown = rest.request("GET", "dags/platform.access/dagRuns/mending/taskInstances/plan/xcomEntries/plan")
    assert "+ columns booking_id" in shown["value"]
    assert re.search(r"^bookings\.revenue\n  - loyalty ", shown["value"], re.MULTILINE), shown["value"]
    assert shopping.athena(QUERY, "bookings_curated") == counted
    with pytest.raises(QueryFailed, match=NO_GRANT):
        loyalty.athena(TAKINGS, "bookings_curated")
    assert loyalty.domain.role_arn not in {
        entry["Principal"]["DataLakePrincipalIdentifier"]
        for entry in lake.list_permissions(Resource=revenue)["PrincipalResourcePermissions"]
    }

    rest.trigger("platform.access", "again", {}, "nothing has changed")
    assert succeeded(rest, "platform.access", "again")[("apply", -1)] == "skipped"


def test_retention_removes_days_older_than_their_contract_keeps(mesh: Mesh, rest: Rest) -> None:
    shopping, bookings = mesh.session("shopping"), mesh.session("bookings")
    before = shopping.athena(COUNTED, "shopping_curated")
    reservations = bookings.athena(QUERY, "bookings_curated")
    assert [day for day, _ in before] == [day.isoformat() for day in DAYS]
    rest.set_paused("platform.retention", False)
    rest.start_run("platform.retention", "expiring", TWO_YEARS_AFTER_THE_SECOND_DAY, "two years later")
    states = succeeded(rest, "platform.retention", "expiring")
    assert {state for (task, _), state in states.items() if task == "expire"} == {"success"}
    assert shopping.athena(COUNTED, "shopping_curated") == before[1:]
    assert bookings.athena(QUERY, "bookings_curated") == reservations
