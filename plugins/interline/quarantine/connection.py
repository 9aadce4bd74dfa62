"""A product's tables in Redshift, reached as the product's own domain, for commands outside a DAG."""

from __future__ import annotations

from interline.aws.redshift_statements import RedshiftStatementsHook
from interline.contracts import Product
from interline.sql.existing_tables import ExistingTables, existing_tables, existing_tables_query
from interline.sql.tables import Tables


def hook_of(product: Product) -> RedshiftStatementsHook:
    """Return the hook by which the product's own domain works in its Redshift."""
    domain = product.domain
    return RedshiftStatementsHook(
        aws_conn_id=domain.connection, region_name=domain.region, cluster=domain.cluster, database=domain.cluster
    )  # fmt: skip


def tables_of(product: Product) -> Tables:
    """Return the product's relations."""
    return Tables(product.domain.name, product.name)


def existing_tables_of(product: Product, hook: RedshiftStatementsHook) -> ExistingTables:
    """Return the product's private tables that exist."""
    tables = tables_of(product)
    return existing_tables(tables, hook.run(existing_tables_query(tables))[0].rows)


def caller_of(hook: RedshiftStatementsHook) -> str:
    """Return the ARN of the identity that the hook acts as, from AWS STS."""
    arn: str = hook.get_session().client("sts").get_caller_identity()["Arn"]
    return arn


def is_domain(product: Product, caller: str) -> bool:
    """Say whether a caller's ARN is of the role of the domain that owns the product, in the domain's account."""
    parts = caller.split(":")
    kind, _, rest = (parts[5] if len(parts) == 6 else "").partition("/")
    role = rest.split("/")[0] if kind == "assumed-role" else rest
    return f"arn:aws:iam::{parts[4] if len(parts) == 6 else ''}:role/{role}" == product.domain.role_arn
