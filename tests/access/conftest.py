"""Small meshes made of objects, and an AWS whose answers a test gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from interline.aws.retry import RetryingSession
from interline.contracts import Domain, Mesh, Product, Role, Team
from testkit.products import product_with

TODAY = date(2027, 1, 31)
ACCOUNTS = {"bookings": "222222222222", "shopping": "333333333333", "loyalty": "444444444444"}
LEVELS = {"code": "public", "seats": "internal", "amount": "confidential", "email": "personal"}
"""The columns of every port, and their classification."""


def domain(name: str) -> Domain:
    """A domain of the small mesh."""
    return Domain(name, ACCOUNTS[name], "us-east-1", name, Team(name, f"{name}@interline.example"))


def product(
    address: str,
    *roles: Role,
    columns: dict[str, str] | None = None,
    inputs: tuple[str, ...] = (),
) -> Product:
    """A product whose contract has these roles and columns (name to classification)."""
    owner, _, name = address.partition(".")
    return product_with(domain(owner), name, LEVELS if columns is None else columns, roles, inputs)


def mesh(*products: Product) -> Mesh:
    """The mesh of three domains and these products."""
    return Mesh(Path(), {name: domain(name) for name in ACCOUNTS}, {each.address: each for each in products})


def refusal(code: str, operation: str = "AnyOperation", status: int = 400) -> ClientError:
    """What boto3 raises when AWS refuses."""
    answer: Any = {
        "Error": {"Code": code, "Message": "said so"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, operation)


class Scripted:
    """A client that gives prepared answers in order and remembers the requests."""

    def __init__(self, answers: Iterable[Any]) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.requests.append((operation, arguments))
            answer = self.answers.pop(0)
            if isinstance(answer, BaseException):
                raise answer
            return answer

        return call


@pytest.fixture
def pauses() -> list[float]:
    """The pauses that were made, without making them."""
    return []


@pytest.fixture
def scripted(pauses: list[float]) -> Callable[..., tuple[RetryingSession, Scripted]]:
    """Make calls over prepared answers."""

    def make(*answers: Any) -> tuple[RetryingSession, Scripted]:
        client = Scripted(answers)
        return RetryingSession(lambda: lambda _service: client, sleep=pauses.append), client

    return make
