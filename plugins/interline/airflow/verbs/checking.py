"""check: the contract, before anyone can read what was built."""

from __future__ import annotations

from airflow.sdk import BaseOperator

from interline.airflow.dag import current
from interline.airflow.data_day import TEMPLATE
from interline.airflow.operators.contract_check import ContractCheckOperator
from interline.airflow.verbs.acting import acting_as


def check() -> BaseOperator:
    """Check the batch against the contract: bad rows go to quarantine, a bad batch stops here."""
    here = current()
    return ContractCheckOperator(
        task_id="check",
        address=here.product.address,
        root=here.root,
        data_day=TEMPLATE,
        **acting_as(here.product.domain),
    )
