"""What dbt's adapter tests ask of whoever runs them: a target, and users to grant to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def grantees(cluster: Any) -> None:
    """Three users of this process for the tests of grants, named in the variables that these tests read."""
    process = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    with cluster.connect() as connection:
        connection.autocommit = True
        for number in (1, 2, 3):
            user = os.environ[f"DBT_TEST_USER_{number}"] = f"conformance_{process}_{number}"
            connection.cursor().execute(f"create user {user} password disable")


@pytest.fixture(scope="class")
def dbt_profile_target(cluster: Any) -> dict[str, Any]:
    """The target of every project."""
    return {
        "type": "redshift",
        "host": cluster.host,
        "port": cluster.port,
        "user": cluster.user,
        "password": cluster.password,
        "dbname": cluster.database,
        "sslmode": "verify-full",
        "threads": 4,
        "retries": 0,
    }


@pytest.fixture(scope="class")
def logs_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where dbt logs: not in this repository."""
    folder = tmp_path_factory.mktemp("logs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_LOG_PATH", str(folder))
        yield str(folder)
