"""Access to ports in all accounts: planned, applied, and looked at again, as the data lake administrators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowException

from interline.access import DesiredState, Plan, as_json, as_text
from interline.access.desired_state import load_desired_state
from interline.access.reconcile import plan_changes, reconcile
from interline.access.targets import AccountTarget
from interline.aws.administrator import AdministratorHook
from interline.contracts import Domain

if TYPE_CHECKING:
    from airflow.sdk import Context

STARTED = "{{ ti.start_date | ds }}"
"""The day on which the task runs.

Not the data day and not the run's interval: whether a role's last day has passed is a matter of the calendar, and a run
of an old day that is cleared must not give an expired role its access back.
"""


class _AccessOperator(AwsBaseOperator[AdministratorHook]):
    """
    Compare the accounts with the contracts.

    :param root: the folder that holds ``domains/``, where the contracts are read when the task runs
    :param today: for which day roles are in force or expired (templated)
    """

    aws_hook_class = AdministratorHook
    template_fields: Sequence[str] = aws_template_fields("today")
    ui_color = "#e3ecf7"

    def __init__(self, *, root: Path, today: str = STARTED, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.root = root
        self.today = today

    def _desired_state(self) -> DesiredState:
        return load_desired_state(Path(self.root), date.fromisoformat(self.today))

    def _target(self, domain: Domain) -> AccountTarget:
        return AccountTarget(domain, self.hook.retrying_session(domain))

    def _plan(self, desired: DesiredState) -> Plan:
        return plan_changes([self._target(domain) for domain in desired.domains], desired)

    def _report(self, plan: Plan, context: Context) -> None:
        """Put a plan into the log and, as text and as JSON, into the task's XComs."""
        text = as_text(plan)
        for line in text.splitlines():
            self.log.info("%s", line)
        if context.get("ti") is not None:
            context["ti"].xcom_push(key="plan", value=text)
            context["ti"].xcom_push(key="changes", value=as_json(plan))


class AccessPlanOperator(_AccessOperator):
    """
    Say what must change so that every account agrees with the contracts.

    :return: the domains in whose accounts something is to be changed, or could not be looked at
    """

    def execute(self, context: Context) -> list[str]:
        """Look, compare, and report."""
        plan = self._plan(self._desired_state())
        self._report(plan, context)
        return sorted({plan.names.accounts[account] for account in plan.accounts} | plan.unseen.keys())


class AccessApplyOperator(_AccessOperator):
    """
    Make one domain's account agree with the contracts.

    It plans anew: what has changed since the plan was shown is taken as it is. Killed anywhere, it is finished by
    running it again.

    :param domain: the domain's name (templated)
    :return: what was changed, in words
    """

    template_fields: Sequence[str] = aws_template_fields("domain", "today")

    def __init__(self, *, domain: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.domain = domain

    def execute(self, context: Context) -> list[str]:
        """Plan, apply, and see that nothing is left."""
        desired = self._desired_state()
        chosen = [domain for domain in desired.domains if domain.name == self.domain]
        if not chosen:
            raise AirflowException(f"domains/{self.domain}/domain.yaml is not there, or cannot be read")
        result = reconcile([self._target(domain) for domain in chosen], desired, self.log.info)
        if not result.complete:
            self._report(result.remaining, context)
            raise AirflowException(
                f"the account of {self.domain} does not agree with the contracts yet: "
                + "; ".join([*map(str, result.failures), *result.remaining.unseen.values()])
            )
        return result.done


class AccessReportOperator(_AccessOperator):
    """
    See that every account agrees with the contracts now, and fail with what does not.

    :return: the number of grants that the contracts ask for; those on ports that are not published yet wait
    """

    def execute(self, context: Context) -> int:
        """Look again."""
        desired = self._desired_state()
        left = self._plan(desired)
        self._report(left, context)
        if left or left.unseen:
            raise AirflowException("the accounts do not agree with the contracts:\n" + as_text(left))
        return len(desired.grants)
