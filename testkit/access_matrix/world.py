"""A local AWS in this very process, over the domains of one folder: ports with probe rows, grants as the contracts say.

One world a process: the local AWS keeps its state in the process. Grants, LF-Tags and filters are made by the very code
that `platform.access` runs, through the API; the engines are asked without the network, so that a minute is enough for
thousands of cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import boto3

from interline.access import as_text, desired_state
from interline.access.reconcile import reconcile
from interline.access.targets import AccountTarget
from interline.aws.retry import Clients, RetryingSession
from interline.contracts import Domain, Mesh, Product, load_mesh
from interline.publication.declare import declare_port
from interline.sql.quoting import column_list, identifier, literal
from interline.sql.tables import Tables
from local.gateway import identity
from local.server import LocalAws
from testkit.access_matrix.cells import Matrix
from testkit.access_matrix.expected import consumers, expected_matrix
from testkit.access_matrix.observed import Engines, cluster_session, observed_matrix
from testkit.access_matrix.probes import Filled, insert_values, probe_rows


class NotReconciled(Exception):
    """The accounts do not agree with the contracts after what is meant to make them agree."""


class World:
    """The ports of a mesh, with probe rows, in a local AWS."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        self._aws = LocalAws(home, root, 0)
        self._aws.start()
        self._ports: dict[str, Filled] = {}
        for product in self.mesh.products.values():
            self._fill(product)

    @property
    def mesh(self) -> Mesh:
        """The mesh as its files say now."""
        return load_mesh(self.root)

    def stop(self) -> None:
        """End the local AWS."""
        self._aws.stop()

    def apply(self, today: date) -> None:
        """Make the accounts agree with the contracts on a day. Raises NotReconciled."""
        mesh = self.mesh
        accounts = [
            AccountTarget(mesh.domains[name], self._administrator(mesh.domains[name]))
            for name in consumers(mesh)
        ]
        result = reconcile(accounts, desired_state(mesh, today))
        if not result.complete:
            raise NotReconciled(f"{as_text(result.remaining)}\n{result.failures}")
        self._connect(mesh)

    def expected(self, today: date) -> Matrix:
        """What the contracts promise on a day."""
        return expected_matrix(self.mesh, today, self._ports)

    def observed(self) -> Matrix:
        """What every role sees."""
        return observed_matrix(self.mesh, self._ports, self._engines)

    @cached_property
    def _engines(self) -> Engines:
        return Engines(self.mesh, self._client)

    def _client(self, service: str, credential: identity.Credential) -> Any:
        return _session().client(
            service,
            region_name="us-east-1",
            endpoint_url=self._aws.endpoint,
            **credential.client_arguments(),
        )

    def _administrator(self, domain: Domain) -> RetryingSession:
        """An account's AWS as its data lake administrator calls it."""

        def connect() -> Clients:
            administrator = identity.issue_for_role(domain.administrator_arn, "access-matrix")
            return cache(lambda service: self._client(service, administrator))

        return RetryingSession(connect)

    def _fill(self, product: Product) -> None:
        """Declare a port and put the probe rows in, as its domain does."""
        contract, tables = product.contract, Tables(product.domain.name, product.name)
        filled = Filled(contract, probe_rows(contract))
        with _redshift(product) as run:
            run(_external_schema(product.domain.curated_database, product.domain.role_arn))
            run(declare_port(contract, tables, product.location))
            run(
                f"insert into {tables.port} ({column_list(contract.column_names)}) values {insert_values(filled)}"
            )
        self._ports[product.address] = filled

    def _connect(self, mesh: Mesh) -> None:
        """Give every domain a way to every other: what it does not see is then for Lake Formation alone to say.

        Ways that no contract asks for are gone after every `apply`.
        """
        for consumer in (mesh.domains[name] for name in consumers(mesh)):
            glue = self._client("glue", identity.issue_for_role(consumer.role_arn, "access-matrix"))
            session = cluster_session(consumer)
            for producer in (mesh.domains[name] for name in consumers(mesh) if name != consumer.name):
                target = {"CatalogId": producer.account, "DatabaseName": producer.curated_database}
                with suppress(glue.exceptions.AlreadyExistsException):
                    glue.create_database(
                        DatabaseInput={"Name": producer.curated_database, "TargetDatabase": target}
                    )
                session.execute(_external_schema(producer.curated_database, consumer.role_arn))
            session.close()


@cache
def _session() -> boto3.session.Session:
    return boto3.session.Session()


@contextmanager
def _redshift(product: Product) -> Iterator[Any]:
    """Run statements in the cluster of a product's domain."""
    session = cluster_session(product.domain)
    try:
        yield session.execute
    finally:
        session.close()


def _external_schema(database: str, role_arn: str) -> str:
    return (
        f"create external schema if not exists {identifier(database)} from data catalog"
        f" database {literal(database)} iam_role {literal(role_arn)}"
    )
