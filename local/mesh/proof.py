"""The proof of the mesh: a query that a granted role may run, and others that AWS refuses."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import botocore.exceptions

from interline.contracts import Domain, Mesh, Product
from local.mesh.aws import Aws
from local.mesh.domain_session import QueryFailed, Session, session_of


@dataclass(frozen=True)
class Evidence:
    """One query, who ran it, and what AWS said."""

    who: str
    sql: str
    expected: str
    """`answered` or `refused`."""
    outcome: str
    """`answered` or `refused`."""
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
    evidence = [_ask(aws, consumer, f"SELECT {sample} FROM {table} LIMIT 3", product, "answered")]
    withheld = [name for name in names if name not in granted]
    if withheld:
        sql = f'SELECT "{withheld[0]}" FROM {table} LIMIT 3'
        evidence.append(_ask(aws, consumer, sql, product, "refused"))
    readers = {role.domain for role in product.contract.roles} | {product.domain.name}
    producing = {other.domain.name for other in mesh.products.values()}
    strangers = [domain for name, domain in sorted(mesh.domains.items()) if name in producing - readers]
    if strangers:
        sql = f"SELECT {sample} FROM {table} LIMIT 3"
        evidence.append(_ask(aws, strangers[0], sql, product, "refused"))
    return evidence


def _ask(aws: Aws, domain: Domain, sql: str, product: Product, expected: str) -> Evidence:
    try:
        session = session_of(aws, domain, "interline-proof")
        _link(session, product)
        rows = session.athena(sql, product.domain.curated_database)
        said = "; ".join(", ".join(str(value) for value in row) for row in rows)
        return Evidence(domain.role_arn, sql, expected, "answered", said)
    except (QueryFailed, botocore.exceptions.ClientError) as error:
        return Evidence(domain.role_arn, sql, expected, "refused", str(error))


def _link(session: Session, product: Product) -> None:
    """See that the asking account has a link to the producer's database, as its own DAGs make one.

    A run of one domain runs none of its consumers, so theirs may be missing. A link grants nothing.
    """
    database, owner = product.domain.curated_database, product.domain
    target = {"CatalogId": owner.account, "DatabaseName": database, "Region": owner.region}
    glue = session.client("glue")
    # made first, not looked for: Lake Formation denies the look at a database that is not there
    with contextlib.suppress(glue.exceptions.AlreadyExistsException):
        glue.create_database(DatabaseInput={"Name": database, "TargetDatabase": target})
