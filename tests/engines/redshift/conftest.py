"""A cluster of the local AWS, reached as a program reaches Redshift: over the wire and over the Data API."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import redshift_connector

DOMAIN = "bookings"
USER = "interline"
END_SECONDS = 30


@dataclass
class WireAddress:
    """Where a cluster listens and a password that it takes, of the user as the answer names him."""

    host: str
    port: int
    user: str
    password: str
    database: str
    ca_file: str


@dataclass
class DataApi:
    """The Data API of one cluster, as the role of its domain."""

    client: Any
    cluster: str = DOMAIN
    user: str = USER

    @property
    def place(self) -> dict[str, str]:
        """Which cluster, database and user."""
        return {"ClusterIdentifier": self.cluster, "Database": self.cluster, "DbUser": self.user}

    def run(self, sql: str, **arguments: Any) -> dict[str, Any]:
        """Run a statement and describe it when it has ended."""
        submitted = self.client.execute_statement(Sql=sql, **self.place, **arguments)
        return self.ended(submitted["Id"])

    def run_batch(self, statements: list[str], **arguments: Any) -> dict[str, Any]:
        """Run a batch and describe it when it has ended."""
        submitted = self.client.batch_execute_statement(Sqls=statements, **self.place, **arguments)
        return self.ended(submitted["Id"])

    def ended(self, identifier: str) -> dict[str, Any]:
        """Wait for a statement's end."""
        return dict(self.client.describe_statement(Id=identifier, WaitTimeSeconds=END_SECONDS))

    def must(self, sql: str, **arguments: Any) -> dict[str, Any]:
        """Run a statement that has to work."""
        described = self.run(sql, **arguments)
        assert described["Status"] == "FINISHED", described.get("Error")
        return described

    def rows(self, sql: str, **arguments: Any) -> list[tuple[Any, ...]]:
        """The rows of a query, null as None."""
        described = self.must(sql, **arguments)
        found: list[tuple[Any, ...]] = []
        token: dict[str, str] = {}
        while True:
            page = self.client.get_statement_result(Id=described["Id"], **token)
            found += [tuple(_value(field) for field in record) for record in page["Records"]]
            if "NextToken" not in page:
                return found
            token = {"NextToken": page["NextToken"]}


def _value(field: dict[str, Any]) -> Any:
    return None if field.get("isNull") else next(iter(field.values()))


@pytest.fixture(scope="session")
def data_api(local_aws: Any) -> DataApi:
    """The Data API of the bookings cluster."""
    return DataApi(local_aws.client("redshift-data", DOMAIN))


@pytest.fixture(scope="session")
def wire_address(local_aws: Any) -> WireAddress:
    """Where the bookings cluster listens, with a fresh password."""
    redshift = local_aws.client("redshift", DOMAIN)
    endpoint = redshift.describe_clusters(ClusterIdentifier=DOMAIN)["Clusters"][0]["Endpoint"]
    given = redshift.get_cluster_credentials(ClusterIdentifier=DOMAIN, DbUser=USER, DbName=DOMAIN)
    return WireAddress(
        host=endpoint["Address"],
        port=endpoint["Port"],
        user=given["DbUser"],
        password=given["DbPassword"],
        database=DOMAIN,
        ca_file=local_aws.description["ca_file"],
    )


@pytest.fixture
def connect(
    wire_address: WireAddress, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., redshift_connector.Connection]]:
    """Open connections with redshift_connector; they are closed when the test ends."""
    monkeypatch.setenv("SSL_CERT_FILE", wire_address.ca_file)
    with ExitStack() as opened:

        def open_one(**arguments: Any) -> redshift_connector.Connection:
            given = {
                "host": wire_address.host,
                "port": wire_address.port,
                "user": wire_address.user,
                "password": wire_address.password,
                "database": wire_address.database,
                "sslmode": "verify-full",
                **arguments,
            }
            connection = redshift_connector.connect(**given)
            opened.callback(_close, connection)
            return connection

        yield open_one


def _close(connection: redshift_connector.Connection) -> None:
    try:
        connection.close()
    except (redshift_connector.InterfaceError, OSError):
        # The test closed it, or its socket, already.
        return


@pytest.fixture
def raw_socket(wire_address: WireAddress) -> Iterator[socket.socket]:
    """A plain connection on which nothing has been said yet."""
    with socket.create_connection((wire_address.host, wire_address.port), timeout=END_SECONDS) as connection:
        yield connection
