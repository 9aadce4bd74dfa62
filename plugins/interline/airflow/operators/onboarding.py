"""A domain's account prepared for its first product, by the platform."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowFailException

from interline.accounts import Conflict, prepare
from interline.aws.administrator import AdministratorHook
from interline.contracts import PLATFORM, did_you_mean, load_domain, load_domains

if TYPE_CHECKING:
    from airflow.sdk import Context


class OnboardDomainOperator(AwsBaseOperator[AdministratorHook]):
    """
    Prepare a domain's account: buckets, Glue databases, Lake Formation, workgroup.

    Every step looks first and changes only what differs, so that running it again repairs what somebody removed.

    :param domain: the domain's name (templated)
    :param root: the folder that holds ``domains/``
    :return: what was found and made, one sentence a step
    """

    aws_hook_class = AdministratorHook
    template_fields: Sequence[str] = aws_template_fields("domain")
    ui_color = "#e3ecf7"

    def __init__(self, *, domain: str, root: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.domain = domain
        self.root = root

    def execute(self, context: Context) -> list[str]:
        """Go through the steps and report each."""
        domain = load_domain(Path(self.root), self.domain)
        outcomes = []
        try:
            for outcome in prepare(domain, self.hook.clients(domain)):
                self.log.info("%s", outcome)
                outcomes.append(outcome)
        except Conflict as conflict:
            raise AirflowFailException(str(conflict)) from None
        self.log.info(
            "account %s of %s: %d steps, %d changes",
            domain.account,
            domain.name,
            len(outcomes),
            sum(outcome.changed for outcome in outcomes),
        )
        return [str(outcome) for outcome in outcomes]


def domains_to_onboard(root: Path, named: Sequence[str]) -> list[str]:
    """Return the domains that a run is about: those named, or all.

    Raises:
        AirflowFailException: one of them is not declared.
    """
    known = [name for name in load_domains(root) if name != PLATFORM]
    for name in named:
        if name not in known:
            hint = did_you_mean(name, known) or f"known are {', '.join(known)}"
            raise AirflowFailException(f"there is no domain {name!r} to prepare an account for ({hint})")
    return list(named) or known
