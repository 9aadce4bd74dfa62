"""The proof of the mesh: a query that a granted role may run, and others that AWS refuses."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import botocore.exceptions

from interline.contracts import PLATFORM, Domain, Mesh, Product
from local.mesh.aws import Aws
from local.mesh.domain_session import QueryFailed, administrator_clients, session_of

_NOT_ALLOWED = ("Insufficient Lake Formation permission", "requester is not authorized")
"""In Athena's words: of a table, and of a column of a table of which the role may read others."""


@dataclass(frozen=True)
class Evidence:
    """One query, who ran it, and what AWS said."""

    who: str
    sql: str
    expected: str
    """`answered` or `refused`."""
    outcome: str
    """`answered`, `refused`, or `failed` for another reason than that the role may not read it."""
    said: str

    @property
    def as_expected(self) -> bool:
        return self.outcome == self.expected


def prove(mesh: Mesh, aws: Aws, published: set[str]) -> list[Evidence]:
    """Query a port across accounts as a role that its contract grants, and as roles it does not.

    Args:
        mesh: what the contracts say.
        aws: where the queries run.
        published: addresses of products that hold data.

    Returns:
        Nothing when no published contract grants another domain anything.
    """
    shared = [product for address in sorted(published) for product in (mesh.products[address],)]
    # a grant of some columns shows more than a grant of all
    shared.sort(key=lambda product: not any(role.columns for role in product.contract.roles))
    for product in shared:
        for role in sorted(product.contract.roles, key=lambda role: role.columns is None):
            consumer = mesh.domains.get(role.domain)
            if consumer is None or consumer.name == product.domain.name:
                continue
            return _evidence(mesh, aws, product, consumer, role.columns)
    return []


def _evidence(
    mesh: Mesh, aws: Aws, product: Product, consumer: Domain, columns: tuple[str, ...] | None
) -> list[Evidence]:
    names = [column.name for column in product.contract.columns]
    granted = list(columns or names)
    table = f'"{product.domain.curated_database}"."{product.name}"'
    sample = ", ".join(f'"{name}"' for name in granted[:3])
    evidence = [_ask(mesh, aws, consumer, f"SELECT {sample} FROM {table} LIMIT 3", product, "answered")]
    withheld = [name for name in names if name not in granted]
    if withheld:
        sql = f'SELECT "{withheld[0]}" FROM {table} LIMIT 3'
        evidence.append(_ask(mesh, aws, consumer, sql, product, "refused"))
    readers = {role.domain for role in product.contract.roles} | {product.domain.name}
    producing = {other.domain.name for other in mesh.products.values()}
    strangers = [domain for name, domain in sorted(mesh.domains.items()) if name in producing - readers]
    if strangers:
        sql = f"SELECT {sample} FROM {table} LIMIT 3"
        evidence.append(_ask(mesh, aws, strangers[0], sql, product, "refused"))
    return evidence


def _ask(mesh: Mesh, aws: Aws, domain: Domain, sql: str, product: Product, expected: str) -> Evidence:
    try:
        session = session_of(aws, domain, "interline-proof")
        with _linked(mesh, aws, domain, product):
            rows = session.athena(sql, product.domain.curated_database)
        said = "; ".join(", ".join(str(value) for value in row) for row in rows)
        return Evidence(domain.role_arn, sql, expected, "answered", said)
    except (QueryFailed, botocore.exceptions.ClientError) as error:
        refused = any(words in str(error) for words in _NOT_ALLOWED)
        return Evidence(domain.role_arn, sql, expected, "refused" if refused else "failed", str(error))


@contextlib.contextmanager
def _linked(mesh: Mesh, aws: Aws, domain: Domain, product: Product) -> Iterator[None]:
    """Lend the asking account a link to the producer's database, if it has none, for as long as the block lasts.

    Without one a query fails for the name of the database, which says nothing about who may read. The account's
    administrator makes the link and takes it away again: nothing stays that no contract asks for. A link grants nothing.
    """
    owner = product.domain
    target = {"CatalogId": owner.account, "DatabaseName": owner.curated_database, "Region": owner.region}
    clients = administrator_clients(aws, mesh.domains[PLATFORM], domain, "interline-proof")
    glue = clients("glue")
    lent = True
    try:
        glue.create_database(DatabaseInput={"Name": owner.curated_database, "TargetDatabase": target})
    except glue.exceptions.AlreadyExistsException:
        lent = False
    try:
        if lent:
            clients("lakeformation").grant_permissions(
                Principal={"DataLakePrincipalIdentifier": domain.role_arn},
                Resource={"Database": {"Name": owner.curated_database}},
                Permissions=["DESCRIBE"],
            )
        yield
    finally:
        if lent:
            glue.delete_database(Name=owner.curated_database)
