"""What was built, checked against its contract before anyone can read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowFailException

from interline.airflow.data_day import data_day_of
from interline.aws.redshift_statements import LARGEST_BATCH, RedshiftStatementsHook, Value
from interline.build.built_day import built_query
from interline.contracts import BatchRule, Contract, Product, load_product, split_address
from interline.publication.commit import current_batch
from interline.quarantine.batch_check import (
    CheckPlan,
    CheckResult,
    passing_statement,
    plan_check,
    schema_differences,
)
from interline.quarantine.decisions import Decisions, decisions_of, decisions_query
from interline.quarantine.table import SOURCE_COLUMN, sources_of_batch
from interline.sql.existing_tables import ExistingTables, existing_tables, existing_tables_query
from interline.sql.tables import Tables

if TYPE_CHECKING:
    from airflow.sdk import Context


_CLEAR = "clear `build` and what follows it, once the other has ended"


class ContractCheckOperator(AwsBaseOperator[RedshiftStatementsHook]):
    """
    Check a batch against its contract.

    Rows that break a row rule go to the quarantine table with every rule they break; the others become the checked
    batch, which alone is published, together with the rows of the day that somebody has released from quarantine: as
    they are, excused from the rules named in the release, or corrected, and then checked by every rule. A batch that
    breaks its schema or a batch rule fails this task at once: trying again would change nothing, and consumers keep
    what was published last.

    :param address: the product's address; its domain's cluster, database and schema hold the batch
    :param root: the folder that holds ``domains/``, where the contract is read when the task runs
    :param data_day: the data day (templated)
    :return: ``rows_in``, which is ``rows_checked`` and ``rows_quarantined`` and ``rows_released`` together;
        ``rules_passed``, ``rules_broken`` by row rules, and the ``warnings`` of batch rules that only warn
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
    def product(self) -> Product:
        """The product as its files say it now."""
        return load_product(self.root, self.address)

    @property
    def contract(self) -> Contract:
        """The contract as it stands in its file now."""
        return self.product.contract

    @property
    def _hook_parameters(self) -> dict[str, Any]:
        cluster = self.tables.domain
        return {**super()._hook_parameters, "cluster": cluster, "database": cluster}

    def statements(self, day: str) -> tuple[str, ...]:
        """Return what a check of this day runs when there is no quarantine table yet."""
        return plan_check(self.contract, self.tables, day, {}).statements

    def execute(self, context: Context) -> dict[str, Any]:
        """Check the batch."""
        day = data_day_of(self.data_day)
        product = self.product
        contract = product.contract
        existing = existing_tables(self.tables, self.hook.run(existing_tables_query(self.tables))[0].rows)
        is_noted = self.tables.built in existing
        names_source = self._check_built(contract, day, is_noted)
        decisions = self._decisions(contract, day, existing)
        plan = plan_check(
            contract,
            self.tables,
            day,
            existing,
            decisions=decisions,
            source=sources_of_batch(product, day),
            names_source=names_source,
            batch=str(context.get("run_id") or ""),
        )
        for start in range(0, len(plan.preparing), LARGEST_BATCH):
            self.hook.run(plan.preparing[start : start + LARGEST_BATCH])
        results = self.hook.run(plan.statements)
        result = plan.result([_number(value) for value in results[-2].rows[0]])
        broken_by = {str(rule): int(_number(count) or 0) for rule, count in results[-1].rows}
        missed = results[-3].rows if plan.has_decisions else ()
        self._log_quarantine(result, broken_by)
        releases = self._log_releases(decisions, missed)
        warnings = [*self._check_rules(plan, result), *releases]
        passing = [passing_statement(self.tables, day, is_noted=is_noted), current_batch(self.tables)]
        current = self.hook.run(passing)[-1].rows
        if not current or str(current[0][0]) != day or not current[0][4]:
            raise AirflowFailException(
                f"{self.address} was built or checked for another day while its batch of {day} was checked, so that"
                f" may have been the other's rows; {_CLEAR}"
            )
        rules = len(contract.row_rules) + len(plan.batch_rules) + 1
        return {
            "data_day": day,
            "rows_in": result.rows_in,
            "rows_checked": result.rows_checked,
            "rows_quarantined": result.rows_quarantined,
            "rows_released": result.rows_released,
            "rules_passed": rules - len(warnings) + len(releases),
            "rules_broken": broken_by,
            "warnings": warnings,
        }

    def on_kill(self) -> None:
        """Cancel the statement that runs."""
        self.hook.cancel()

    def _check_built(self, contract: Contract, day: str, is_noted: bool) -> bool:
        """Fail on another day's batch and on any difference from the contract; say whether it names each row's object."""
        queries = [f"select * from {self.tables.batch} limit 0", *([built_query(self.tables)] * is_noted)]
        shape, *noted = self.hook.run(queries)
        built = [str(row[0]) for rows in noted for row in rows.rows]
        if is_noted and built != [day]:
            raise AirflowFailException(
                f"the batch of {self.address} is of {' and '.join(built) or 'no day'}, not of {day}: another run of it, or"
                f" somebody, has built it since; {_CLEAR}"
            )
        found = dict(shape.columns)
        names_source = SOURCE_COLUMN not in contract.column_names and SOURCE_COLUMN in found
        if names_source:
            kind = found.pop(SOURCE_COLUMN)
            if not kind.startswith("varchar"):
                raise AirflowFailException(
                    f"{self.address} was built with a {SOURCE_COLUMN} of type {kind}; it has to be a varchar:"
                    ' select "$path" of the landing table'
                )
        differences = schema_differences(contract, found)
        if differences:
            listed = "\n".join(f"  - {difference}" for difference in differences)
            raise AirflowFailException(f"{self.address} was not built as its contract says:\n{listed}")
        return names_source

    def _decisions(self, contract: Contract, day: str, existing: ExistingTables) -> Decisions:
        if self.tables.releases not in existing or self.tables.decisions not in existing:
            return Decisions()
        return decisions_of(contract, self.hook.run(decisions_query(self.tables, day))[0].rows)

    def _log_quarantine(self, result: CheckResult, broken_by: dict[str, int]) -> None:
        self.log.info(
            "%s: %d rows in, %d checked, %d to quarantine, %d released from it",
            self.address,
            result.rows_in,
            result.rows_checked,
            result.rows_quarantined,
            result.rows_released,
        )
        for rules, count in broken_by.items():
            self.log.info("  %6d rows broke %s", count, rules)

    def _log_releases(self, decisions: Decisions, missed: Sequence[Sequence[Value]]) -> list[str]:
        """Return what came to nothing of the releases of this day: a person should look at it, the batch goes on."""
        unapplied = list(decisions.stale)
        unapplied += [
            f"release {release}: {count} of its rows did not come in; they are no longer in the batch as they were,"
            " break another rule, or need no release any more"
            for release, count in missed
        ]
        for line in unapplied:
            self.log.warning("%s", line)
        return unapplied

    def _check_rules(self, plan: CheckPlan, result: CheckResult) -> list[str]:
        """Return the broken rules that only warn; fail on any other."""
        failures: list[str] = []
        warnings: list[str] = []
        if not result.balanced:
            failures.append(
                f"{result.rows_in} rows came in, but {result.rows_checked} were checked,"
                f" {result.rows_quarantined} set aside and {result.rows_released} released, and"
                f" {result.rows_out} would be published; did something else write these tables?"
            )
        if result.rows_in and not result.rows_out:
            failures.append(f"all {result.rows_in} rows broke a rule; nothing is left to publish")
        for rule, value in zip(plan.batch_rules, result.values, strict=True):
            verdict = _verdict(rule, value)
            self.log.info(
                "%s %s", "kept  " if verdict is None else "BROKEN", verdict or _passed_text(rule, value)
            )
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


def _passed_text(rule: BatchRule, value: float | int | None) -> str:
    return f"{rule.name}: {value if value is None else format(value, 'g')} {rule.limit}"


def _number(value: str | int | float | bool | None) -> float | int | None:
    """Return a number as the Data API gives it: decimals come as text."""
    if value is None or isinstance(value, (int, float)):
        return value
    return float(value)
