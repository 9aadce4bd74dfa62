"""Services are found by their folders, and a declaration that is not so stops the start, naming the service."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from moto.core.utils import get_service_model

from interline.contracts import load_domain
from local.aws_accounts import roles
from local.gateway import registry
from local.gateway.registry import Allow, BrokenDeclaration, Service

REPOSITORY = Path(__file__).resolve().parents[3]
QUEUES = Service(
    name="sqs", response_class="moto.sqs.responses.SQSResponse", operations=("CreateQueue", "SendMessage")
)


@pytest.fixture
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_services", {})
    monkeypatch.setattr(registry, "_by_signing_name", {})


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Makes a package with one folder `queues`, whose `service.py` is the given text; returns its name."""

    def make(text: str) -> str:
        folder = tmp_path / "made_services" / "queues"
        folder.mkdir(parents=True)
        (folder.parent / "__init__.py").touch()
        (folder / "__init__.py").touch()
        (folder / "service.py").write_text(text, encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        for name in [name for name in sys.modules if name.startswith("made_services")]:
            monkeypatch.delitem(sys.modules, name)
        return "made_services"

    return make


@pytest.mark.usefixtures("nothing_registered")
def test_a_folder_is_a_service(package: Callable[[str], str]) -> None:
    name = package(
        "from local.gateway.registry import Service\n"
        "SERVICE = Service(name='sms-voice', signing_name='sms', response_class=None, operations=('SendText',))"
    )
    registry.discover(name)
    registry.discover(name)
    (found,) = registry.services()
    assert registry.find("sms-voice") is registry.find_by_signing_name("sms") is found
    assert registry.find("sms") is None


@pytest.mark.usefixtures("nothing_registered")
def test_a_folder_without_a_declaration_is_named(package: Callable[[str], str]) -> None:
    with pytest.raises(BrokenDeclaration, match=r"made_services\.queues\.service has no object SERVICE"):
        registry.discover(package("SERVCE = 1"))


@pytest.mark.usefixtures("nothing_registered")
@pytest.mark.parametrize("other", [replace(QUEUES), replace(QUEUES, name="queues", signing_name="sqs")])
def test_two_services_of_one_name_are_refused(other: Service) -> None:
    registry.register(QUEUES)
    with pytest.raises(BrokenDeclaration, match="sign as sqs"):
        registry.register(other)


@pytest.mark.usefixtures("nothing_registered")
def test_an_operation_that_nobody_has_written_is_named(tmp_path: Path) -> None:
    registry.register(replace(QUEUES, operations=("CreateQueue", "FoldQueue")))
    with pytest.raises(BrokenDeclaration, match=r"sqs: .*SQSResponse has no method for FoldQueue"):
        registry.install(tmp_path)


@pytest.mark.usefixtures("nothing_registered")
def test_one_that_does_not_close_leaves_no_other_open(caplog: pytest.LogCaptureFixture) -> None:
    closed = []

    def fail() -> None:
        raise RuntimeError("stuck")

    registry.register(replace(QUEUES, close=lambda: closed.append("first")))
    registry.register(replace(QUEUES, name="second", close=fail))
    registry.register(replace(QUEUES, name="third", close=lambda: closed.append("third")))
    registry.close()
    assert closed == ["third", "first"]
    assert "service second did not close" in caplog.text


def test_a_role_with_a_resource_that_cannot_be_filled_in_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    allow = Allow(("sqs:*",), ("arn:aws:sqs:{regoin}:{account}:*",))
    monkeypatch.setattr(roles, "_services", lambda: (replace(QUEUES, role_policies={"domain": (allow,)}),))
    with pytest.raises(BrokenDeclaration, match=r"sqs: the resource arn:aws:sqs:\{regoin\}"):
        roles.domain_policy(load_domain(REPOSITORY, "bookings"))


def test_every_declared_operation_is_one_of_aws() -> None:
    declared = {service.name: set(service.operations) for service in registry.services()}
    assert len(declared) >= 10
    for name, operations in declared.items():
        assert operations <= set(get_service_model(name).operation_names), name


def test_every_passed_role_is_of_an_operation_that_is_served() -> None:
    for service in registry.services():
        if service.passed_roles:
            unserved = set(service.passed_roles.parameters) - set(service.operations)
            assert not unserved, f"{service.name}: {unserved}"
