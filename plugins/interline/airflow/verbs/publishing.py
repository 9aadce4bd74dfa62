"""publish: the port declared, granted, given the checked batch, and announced."""

from __future__ import annotations

from airflow.sdk import TaskGroup

from interline.airflow.dag import current, port_asset
from interline.airflow.data_day import TEMPLATE
from interline.airflow.operators.announce import AnnounceOperator
from interline.airflow.operators.declare import DeclarePortOperator
from interline.airflow.operators.lake_formation import GrantPortOperator
from interline.airflow.operators.publish import PublishOperator
from interline.airflow.verbs.acting import SECONDS_BETWEEN_STATEMENT_POLLS, acting_as


def publish() -> TaskGroup:
    """Declare the port, grant it to the contract's roles, commit the checked batch in one transaction, and announce it.

    The announcement comes last and has the DAG's one outlet, so no consumer starts before it may read.
    """
    here = current()
    product = here.product
    acting = acting_as(product.domain)
    with TaskGroup("publish") as group:
        declare = DeclarePortOperator(task_id="declare", address=product.address, root=here.root, **acting)
        grant = GrantPortOperator(task_id="grant", address=product.address, root=here.root, **acting)
        commit = PublishOperator(
            task_id="commit",
            address=product.address,
            root=here.root,
            data_day=TEMPLATE,
            poll_interval=SECONDS_BETWEEN_STATEMENT_POLLS,
            **acting,
        )
        announce = AnnounceOperator(
            task_id="announce", port=port_asset(product.address), published=commit.output
        )
        declare >> grant >> commit >> announce
    return group
