"""One port made to agree with its contract by the domain that owns it, as part of publishing.

The domain sees all grants on its own tables, but no grants on LF-Tag expressions: those it makes again each time, which
changes nothing if they are there, and leaves it to the data lake administrator to take away what is too much.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError

from interline.access import DesiredState, ObservedState, Plan, difference
from interline.access.lakeformation.apply import Applied, Failure, apply
from interline.access.lakeformation.observe import columns_of, filters_of, grants_of, owners, tags_of
from interline.access.plan import FilterChange, RoleChange, TagChange, TagValueChange
from interline.access.state import MANAGED_TAGS, Table
from interline.aws.retry import Calls
from interline.contracts import Product

ROUNDS = 3
Say = Callable[[str], None]


@dataclass
class Granted:
    """What came of it."""

    plan: Plan
    applied: Applied
    failures: list[Failure] = field(default_factory=list)


def plan_port(calls: Calls, product: Product, desired: DesiredState) -> Plan:
    """Return what must change so that a published port agrees with its contract."""
    return of_port(difference(observe_port(calls, product), desired), product)


def of_port(whole: Plan, product: Product) -> Plan:
    """Return the part of a plan that the port's own domain makes: on its table, and the LF-Tags' values for it."""
    table = Table(product.domain.account, product.domain.curated_database, product.name)
    changes = tuple(
        change
        for change in whole.of_account(product.domain.account).changes
        if isinstance(change, TagValueChange)
        or (isinstance(change, RoleChange | FilterChange | TagChange) and change.table == table)
    )
    return replace(whole, changes=changes)


def settle_port(
    calls: Calls, product: Product, desired: DesiredState, say: Say = lambda _line: None
) -> Granted:
    """Make a published port agree with its contract; what failed, or may be otherwise, is looked at and tried again."""
    planned = plan_port(calls, product, desired)
    result = Granted(planned, Applied())
    todo = planned
    for _turn in range(ROUNDS):
        broken = calls.broken
        applied = apply(calls, todo, product.domain.account, say)
        result.applied.done += applied.done
        result.failures = [*applied.failures, *applied.doubts]
        if not result.failures and calls.broken == broken:
            return result
        todo = plan_port(calls, product, desired)
        if not todo:
            result.failures = []
            return result
    return result


def observe_port(calls: Calls, product: Product) -> ObservedState:
    """Return who may read what of one port, as far as its own domain is shown it.

    Raises:
        botocore.exceptions.ClientError: AWS refused; EntityNotFoundException if the port is not published.
    """
    domain = product.domain
    table = Table(domain.account, domain.curated_database, product.name)
    place = {"CatalogId": domain.account, "DatabaseName": domain.curated_database, "Name": product.name}
    described = calls.read(
        "glue", "get_table", CatalogId=domain.account, DatabaseName=table.database, Name=table.name
    )["Table"]
    permissions = calls.pages(
        "lakeformation",
        "list_permissions",
        "PrincipalResourcePermissions",
        Resource={"Table": place},
        IncludeRelated="TRUE",
        MaxResults=1000,
    )
    filters = calls.pages(
        "lakeformation", "list_data_cells_filter", "DataCellsFilters", Table=place, MaxResults=1000
    )
    shown = calls.read(
        "lakeformation", "get_resource_lf_tags", Resource={"Table": place}, ShowAssignedLFTags=True
    )
    values = {key: _values(calls, domain.account, key) for key in MANAGED_TAGS}
    return ObservedState(
        grants=grants_of(domain, permissions, owners(calls, domain)),
        filters=filters_of(domain, filters),
        tags={table: tags_of(shown)},
        tag_values={domain.account: {key: found for key, found in values.items() if found is not None}},
        tables={table: columns_of(described)},
    )


def _values(calls: Calls, account: str, key: str) -> frozenset[str] | None:
    try:
        answer: dict[str, Any] = calls.read("lakeformation", "get_lf_tag", CatalogId=account, TagKey=key)
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise
        return None
    return frozenset(answer["TagValues"])
