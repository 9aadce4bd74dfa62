"""Accounts are as the contracts say from the start: nothing is left for an apply but what the first publish makes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from interline.access import Plan
from interline.access.desired_state import load_desired_state
from interline.access.reconcile import plan_changes
from interline.access.targets import AccountTarget
from tests.engines.conftest import REPOSITORY, LocalAwsProcess, start_local_aws

DOMAINS = ("bookings", "loyalty", "shopping")


@pytest.fixture
def start(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., LocalAwsProcess]]:
    """Start a local AWS over the repository's domains; this process acts as Airflow on it."""
    started: list[LocalAwsProcess] = []

    def begin(*options: str) -> LocalAwsProcess:
        aws = start_local_aws(tmp_path_factory.mktemp("fresh"), REPOSITORY, *options)
        started.append(aws)
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        for name, value in aws.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        return aws

    yield begin
    for aws in started:
        aws.stop()


def plan() -> Plan:
    """What `./interline access plan` shows."""
    from interline.aws.administrator import AdministratorHook

    hook = AdministratorHook(aws_conn_id="aws_platform")
    desired = load_desired_state(REPOSITORY, datetime.now(UTC).date())
    assert desired.links
    targets = [AccountTarget(domain, hook.retrying_session(domain)) for domain in desired.domains]
    return plan_changes(targets, desired)


def test_prepared_accounts_have_all_that_contracts_ask_for(start: Callable[..., LocalAwsProcess]) -> None:
    aws = start()
    found = plan()
    assert not found.unseen
    assert found.changes == ()
    assert {waiting.what for waiting in found.waiting} == {"the port is not published yet"}
    # loyalty publishes for shopping, and no product of shopping reads it: its analysts may
    link = aws.client("glue", "shopping").get_database(Name="loyalty_curated")["Database"]
    assert link["TargetDatabase"]["CatalogId"] == aws.account("loyalty")


def test_onboarding_makes_all_that_contracts_ask_for(start: Callable[..., LocalAwsProcess]) -> None:
    from interline.airflow.operators.access import AccessApplyOperator
    from interline.airflow.operators.onboarding import OnboardDomainOperator

    start("--landing-zone")
    today = datetime.now(UTC).date().isoformat()
    for domain in DOMAINS:
        OnboardDomainOperator(
            task_id="prepare", domain=domain, root=REPOSITORY, aws_conn_id="aws_platform"
        ).execute({})
    assert any(change.action == "added" for change in plan().changes)
    for domain in DOMAINS:
        AccessApplyOperator(
            task_id="access", domain=domain, root=REPOSITORY, today=today, aws_conn_id="aws_platform"
        ).execute({})
    assert plan().changes == ()
