"""Going back to a version of a port, in three steps that may each be repeated: plan, change, tell.

They stand in the platform's DAG and act for whichever domain owns the port, so they choose the connection when they run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from interline.dag import port_asset
from interline.versions.errors import VersionsError
from interline.versions.port import PortVersions
from interline.versions.rollback import RollbackPlan

if TYPE_CHECKING:
    from airflow.sdk import Context


class RollbackPlanOperator(BaseOperator):
    """
    Say what going back to a version changes, and for whom; nothing is changed.

    :param port: the port's address (templated)
    :param to: a version's id, or ``previous`` (templated)
    :param root: the folder that holds ``domains/``
    :return: the plan
    """

    template_fields: Sequence[str] = ("port", "to")

    def __init__(self, *, port: str, to: str, root: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.port = port
        self.to = to
        self.root = root

    def execute(self, context: Context) -> dict[str, Any]:
        """Plan."""
        try:
            plan = PortVersions(self.root, self.port).plan_rollback(self.to)
        except VersionsError as error:
            raise AirflowFailException(str(error)) from None
        for line in plan.lines():
            self.log.info("%s", line)
        return plan.as_json()


class RollbackOperator(BaseOperator):
    """
    Make a version current again: one commit of metadata, whatever the size of the port.

    :param plan: what :class:`RollbackPlanOperator` returned (templated)
    :param root: the folder that holds ``domains/``
    """

    template_fields: Sequence[str] = ("plan",)

    def __init__(self, *, plan: Any, root: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan
        self.root = root

    def execute(self, context: Context) -> None:
        """Roll back, unless it is done already; refuse if the port has moved on since the plan."""
        plan = RollbackPlan.from_json(self.plan)
        try:
            changed = PortVersions(self.root, plan.address).roll_back(plan)
        except VersionsError as error:
            raise AirflowFailException(str(error)) from None
        self.log.info("%s is at version %s%s", plan.address, plan.target, "" if changed else " already")


class TellConsumersOperator(BaseOperator):
    """
    Send the port's asset event for exactly the data days whose content changed.

    Which port that is only the run knows. Airflow's asset aliases, made for that, send events without a data day, so the port
    becomes this task's outlet while it runs: Airflow takes the outlets from the task as it ended.

    :param plan: what :class:`RollbackPlanOperator` returned (templated)
    """

    template_fields: Sequence[str] = ("plan",)

    def __init__(self, *, plan: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan

    def execute(self, context: Context) -> list[str]:
        """Send the events."""
        plan = RollbackPlan.from_json(self.plan)
        if not plan.days:
            raise AirflowSkipException(f"no data day of {plan.address} changed")
        asset = port_asset(plan.address)
        self.outlets.append(asset)
        event = context["outlet_events"][asset]
        event.extra = {"rolled_back_to": str(plan.target), "rolled_back_from": str(plan.current)}
        event.add_partitions(list(plan.days))
        return list(plan.days)


class StartConsumersOperator(BaseOperator):
    """
    Start consumers for data days: those that read further ports, for which one port's event alone starts nothing.

    :param plan: what :class:`RollbackPlanOperator` returned (templated)
    """

    template_fields: Sequence[str] = ("plan",)

    def __init__(self, *, plan: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan

    def execute(self, context: Context) -> list[str]:
        """Start them; a run that an earlier attempt has started is left alone."""
        plan = RollbackPlan.from_json(self.plan)
        if not plan.starts:
            raise AirflowSkipException("every consumer follows the events by itself")
        started = []
        for address, day in plan.starts:
            run = f"after__{context['run_id']}__{day}"
            _start(address, run, day, f"{plan.address} was rolled back to {plan.target}")
            self.log.info("%s runs again for %s", address, day)
            started.append(f"{address} {day}")
        return started


def _start(dag_id: str, run_id: str, day: str, note: str) -> None:
    """Start a run for a data day: TriggerDagRunOperator of the standard provider 1.17 takes no partition key.

    Raises:
        AirflowFailException: Airflow refused, for another reason than that the run is there already.
    """
    from airflow.sdk.execution_time.comms import ErrorResponse, TriggerDagRun
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

    answer = SUPERVISOR_COMMS.send(TriggerDagRun(dag_id=dag_id, run_id=run_id, partition_key=day, note=note))
    if isinstance(answer, ErrorResponse) and answer.error.name != "DAGRUN_ALREADY_EXISTS":
        raise AirflowFailException(f"{dag_id} could not be started for {day}: {answer.error} {answer.detail}")
