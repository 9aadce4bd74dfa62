"""publish: the port declared, granted, and given the checked batch."""

from __future__ import annotations

from typing import Any

from airflow.sdk import TaskGroup

from interline.dag import ProductDag, current, port_asset
from interline.data_day import TEMPLATE
from interline.domains import load_domain
from interline.operators.declare import DeclarePortOperator
from interline.operators.lake_formation import LakeFormationGrantOperator
from interline.operators.publish import PublishOperator
from interline.verbs.acting import SECONDS_BETWEEN_STATEMENT_POLLS, acting_as


def publish() -> TaskGroup:
    """Declare the port, grant it to the contract's roles, and commit the checked batch in one transaction.

    The commit comes last and has the DAG's one outlet, so no consumer starts before it may read.
    """
    here = current()
    product, domain = here.product, here.product.domain
    acting = acting_as(domain)
    with TaskGroup("publish") as group:
        declare = DeclarePortOperator(task_id="declare", address=product.address, root=here.root, **acting)
        grant = LakeFormationGrantOperator(
            task_id="grant",
            catalog_id=domain.account,
            database=domain.curated_database,
            table=product.name,
            grants=_grants(here),
            **acting,
        )
        commit = PublishOperator(
            task_id="commit",
            address=product.address,
            root=here.root,
            data_day=TEMPLATE,
            port=port_asset(product.address),
            poll_interval=SECONDS_BETWEEN_STATEMENT_POLLS,
            **acting,
        )
        declare >> grant >> commit
    return group


def _grants(here: ProductDag) -> list[dict[str, Any]]:
    """Return one entry a role of the contract: the ARN of the consuming domain's role, and its columns."""
    contract = here.product.contract
    return [
        {
            "principal": load_domain(here.root, role.domain).role_arn,
            "columns": None
            if contract.readable_by(role) == contract.column_names
            else list(contract.readable_by(role)),
        }
        for role in contract.roles
    ]
