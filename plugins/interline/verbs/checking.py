"""check: the contract, before anyone can read what was built."""

from __future__ import annotations

from airflow.sdk import BaseOperator

from interline.dag import current
from interline.data_day import TEMPLATE
from interline.operators.contract_check import ContractCheckOperator
from interline.verbs.acting import acting_as


def check() -> BaseOperator:
    """Hold the contract against the batch: bad rows go to quarantine, a bad batch stops here."""
    product = current().product
    return ContractCheckOperator(
        task_id="check",
        contract=product.contract,
        domain=product.domain.name,
        product=product.name,
        data_day=TEMPLATE,
        **acting_as(product.domain),
    )
