"""What dbt's adapter tests ask of whoever runs them: a target, and users to grant to."""

from __future__ import annotations

import os
from typing import Any

import pytest

TEST_USERS = ("conformance_one", "conformance_two", "conformance_three")


@pytest.fixture(scope="session", autouse=True)
def grantees(cluster: Any) -> None:
    """Users for the tests of grants, named in the variables that these tests read."""
    with cluster.connect() as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        for number, user in enumerate(TEST_USERS, start=1):
            os.environ[f"DBT_TEST_USER_{number}"] = user
            cursor.execute("select count(*) from pg_user where usename = %s", (user,))
            if cursor.fetchone() == [0]:
                cursor.execute(f"create user {user} password disable")


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
