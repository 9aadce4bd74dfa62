"""The contract held against what was built, before anyone can read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowFailException

from interline.contract_sql import (
    Judgement,
    Measured,
    Tables,
    judgement,
    passing_statement,
    schema_differences,
)
from interline.data_day import data_day_of
from interline.domains import BatchRule, Contract, load_product, split_address
from interline.hooks.redshift_statements import RedshiftStatementError, RedshiftStatementsHook, Rows

if TYPE_CHECKING:
    from airflow.sdk import Context


class ContractCheckOperator(AwsBaseOperator[RedshiftStatementsHook]):
    """
    Check a batch against its contract.

    Rows that break a row rule go to the quarantine table with every rule they break; the others become the checked
    batch, which alone is published. A batch that breaks its schema or a batch rule fails this task at once: trying
    again would change nothing, and consumers keep what was published last.

    :param address: the product's address; its domain's cluster, database and schema hold the batch
    :param root: the folder that holds ``domains/``, where the contract is read when the task runs
    :param data_day: the data day (templated)
    :return: ``rows_in``, ``rows_checked``, ``rows_quarantined``, ``rules_passed``, ``rules_broken`` by row rules,
        and the ``warnings`` of batch rules that only warn
    """

    aws_hook_class = RedshiftStatementsHook
    template_fields: Sequence[str] = aws_template_fields("data_day")
    ui_color = "#f7efe3"

    def __init__(self, *, address: str, root: Path, data_day: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.address = address
        self.root = root
        self.data_day = data_day
        self.tables = Tables(*split_address(address))

    @property
    def contract(self) -> Contract:
        """The contract as it stands in its file now."""
        return load_product(self.root, self.address).contract

    @property
    def _hook_parameters(self) -> dict[str, Any]:
        cluster = self.tables.domain
        return {**super()._hook_parameters, "cluster": cluster, "database": cluster}

    def statements(self, day: str) -> tuple[str, ...]:
        """Return what a check of this day runs when there is no quarantine table yet."""
        return judgement(self.contract, self.tables, day, None).statements

    def execute(self, context: Context) -> dict[str, Any]:
        """Judge the batch."""
        day = data_day_of(self.data_day)
        self._check_schema()
        judged = judgement(self.contract, self.tables, day, self._quarantine_columns())
        results = self.hook.run(judged.statements)
        measured = judged.measured([_number(value) for value in results[-2].rows[0]])
        broken_by = {str(rule): int(_number(count) or 0) for rule, count in results[-1].rows}
        self._tell_quarantine(measured, broken_by)
        warnings = self._judge(judged, measured)
        self.hook.run(passing_statement(self.tables, day))
        rules = len(self.contract.row_rules) + len(judged.batch_rules) + 1
        return {
            "data_day": day,
            "rows_in": measured.rows_in,
            "rows_checked": measured.rows_checked,
            "rows_quarantined": measured.rows_quarantined,
            "rules_passed": rules - len(warnings),
            "rules_broken": broken_by,
            "warnings": warnings,
        }

    def on_kill(self) -> None:
        """Cancel the statement that runs."""
        self.hook.cancel()

    def _check_schema(self) -> None:
        found = self.hook.run(f"select * from {self.tables.batch} limit 0")[0].columns
        differences = schema_differences(self.contract, found)
        if differences:
            listed = "\n".join(f"  - {difference}" for difference in differences)
            raise AirflowFailException(f"{self.address} was not built as its contract says:\n{listed}")

    def _quarantine_columns(self) -> dict[str, str] | None:
        try:
            rows: Rows = self.hook.run(f"select * from {self.tables.quarantine} limit 0")[0]
        except RedshiftStatementError as error:
            if "does not exist" in error.reason:
                return None
            raise
        return rows.columns

    def _tell_quarantine(self, measured: Measured, broken_by: dict[str, int]) -> None:
        self.log.info(
            "%s: %d rows in, %d checked, %d to quarantine",
            self.address,
            measured.rows_in,
            measured.rows_checked,
            measured.rows_quarantined,
        )
        for rules, count in broken_by.items():
            self.log.info("  %6d rows broke %s", count, rules)

    def _judge(self, judged: Judgement, measured: Measured) -> list[str]:
        """Return the broken rules that only warn; fail on any other."""
        failures: list[str] = []
        warnings: list[str] = []
        if measured.rows_in != measured.rows_checked + measured.rows_quarantined:
            failures.append(
                f"{measured.rows_in} rows came in but {measured.rows_checked} were checked and"
                f" {measured.rows_quarantined} set aside; did something else write these tables?"
            )
        if measured.rows_in and not measured.rows_checked:
            failures.append(f"all {measured.rows_in} rows broke a rule; nothing is left to publish")
        for rule, value in zip(judged.batch_rules, measured.values, strict=True):
            verdict = _verdict(rule, value)
            self.log.info("%s %s", "kept  " if verdict is None else "BROKEN", verdict or _kept(rule, value))
            if verdict is not None:
                (failures if rule.fails else warnings).append(verdict)
        if failures:
            listed = "\n".join(f"  - {failure}" for failure in failures)
            raise AirflowFailException(
                f"{self.address} breaks its contract for {self.data_day}; nothing was published:\n{listed}"
            )
        return warnings


def _verdict(rule: BatchRule, value: float | int | None) -> str | None:
    """Return how a batch rule is broken, or None."""
    if value is not None and rule.limit.holds(value):
        return None
    found = "there is no value" if value is None else f"it is {value:g}{'%' if rule.percent else ''}"
    return f"{rule.name}: {rule.description}; {found}, expected {rule.limit}{'%' if rule.percent else ''}"


def _kept(rule: BatchRule, value: float | int | None) -> str:
    return f"{rule.name}: {value if value is None else format(value, 'g')} {rule.limit}"


def _number(value: str | int | float | bool | None) -> float | int | None:
    """Return a number as the Data API gives it: decimals come as text."""
    if value is None or isinstance(value, (int, float)):
        return value
    return float(value)
