"""Who may read the ports, as Lake Formation says it to the administrators of its data lakes: nobody else is shown all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from interline.access.lakeformation.observe import observe_account
from interline.access.state import CLASSIFICATION, EVERY_TABLE, Grants, ObservedState, Table
from interline.aws.retry import RetryingSession
from interline.contracts import PLATFORM, Mesh, Product
from local.mesh.aws import Aws
from local.mesh.domain_session import administrator_clients


def readers(mesh: Mesh, aws: Aws, products: Iterable[Product]) -> dict[str, tuple[str, ...]]:
    """Return who may read each product's port besides its owner, with the number of columns where not all.

    Raises:
        botocore.exceptions.ClientError: the administrator of an account may not be acted as, or not look.
    """
    chosen = list(products)
    states = {
        domain.name: observe_account(
            RetryingSession(
                partial(administrator_clients, aws, mesh.domains[PLATFORM], domain, "interline-report")
            ),
            domain,
        )
        for domain in {product.domain.name: product.domain for product in chosen}.values()
    }
    names = {domain.role_arn: domain.name for domain in mesh.domains.values()}
    return {product.address: _readers(product, states[product.domain.name], names) for product in chosen}


def _readers(product: Product, state: ObservedState, names: Mapping[str, str]) -> tuple[str, ...]:
    table = Table(product.domain.account, product.domain.curated_database, product.name)
    every = Table(table.account, table.database, EVERY_TABLE)
    readable: dict[str, set[str]] = {}
    for (granted, principal), grants in state.grants.items():
        if granted in (table, every):
            readable.setdefault(principal, set()).update(_columns(table, grants, state))
    total = len(state.tables.get(table, ()))
    return tuple(
        name if count == total else f"{name} ({count} of {total} columns)"
        for name, count in sorted((names.get(who, who), len(seen)) for who, seen in readable.items())
        if count
    )


def _columns(table: Table, grants: Grants, state: ObservedState) -> set[str]:
    """Return the columns of a table that somebody may select some row of."""
    there = set(state.tables.get(table, ()))
    found: set[str] = set()
    for scope, permissions in grants.items():
        if scope.kind == "columns":
            found |= permissions.names & there
        elif scope.kind in ("table", "all_except") and "SELECT" in permissions.names:
            found |= there - set(scope.excluded)
        elif scope.kind == "filter" and "SELECT" in permissions.names:
            cells = state.filters.get(table, {}).get(scope.name)
            if cells is not None:
                found |= there & cells.columns if cells.columns is not None else there - cells.excluded
        elif scope.kind == "tags" and "SELECT" in permissions.names:
            found |= {name for name in there if _matches(state.tags.get(table, {}), name, scope.expression)}
    return found


def _matches(
    tags: Mapping[str, str], column: str, expression: tuple[tuple[str, tuple[str, ...]], ...]
) -> bool:
    return all(tags.get(column if key == CLASSIFICATION else "") in values for key, values in expression)
