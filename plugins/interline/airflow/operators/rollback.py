"""Going back to a snapshot of a port, in steps that may each be repeated: plan, change, notify consumers.

They stand in the platform's DAG and act for whichever domain owns the port, so they choose the connection when they run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from interline.airflow.dag import port_asset
from interline.airflow.operators.announce import AnnouncingOperator
from interline.publication.errors import PublicationError
from interline.publication.port_snapshots import PortSnapshots
from interline.publication.rollback import RollbackPlan

if TYPE_CHECKING:
    from airflow.sdk import Context


class RollbackPlanOperator(BaseOperator):
    """
    Say what going back to a snapshot changes, and for whom; nothing is changed.

    ``previous`` is the snapshot before the one that was current when the run was asked for, so that a cleared run, which may have
    gone back already, does not go back further.

    :param port: the port's address (templated)
    :param to: a snapshot's id, or ``previous`` (templated)
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
        run = context.get("dag_run")
        requested_at = None if run is None else run.run_after
        try:
            plan = PortSnapshots(self.root, self.port).plan_rollback(self.to, requested_at)
        except PublicationError as error:
            raise AirflowFailException(str(error)) from None
        for line in plan.lines():
            self.log.info("%s", line)
        return plan.as_json()


class RollbackOperator(BaseOperator):
    """
    Make a snapshot current again: one commit of metadata, whatever the size of the port.

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
            changed = PortSnapshots(self.root, plan.address).roll_back(plan)
        except PublicationError as error:
            raise AirflowFailException(str(error)) from None
        self.log.info("%s is at snapshot %s%s", plan.address, plan.target, "" if changed else " already")


class TellConsumersOperator(AnnouncingOperator):
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
    Run consumers again that read further ports, for which one port's event alone starts nothing.

    The run that published the data day last is cleared, as a person would clear it in the UI. A new run cannot be started from a
    task: Airflow 3.3.1 takes a partition key in the message and drops it on its way to the API.

    :param plan: what :class:`RollbackPlanOperator` returned (templated)
    """

    template_fields: Sequence[str] = ("plan",)

    def __init__(self, *, plan: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan

    def execute(self, context: Context) -> list[str]:
        """Clear the runs."""
        plan = RollbackPlan.from_json(self.plan)
        if not plan.starts:
            raise AirflowSkipException("every consumer follows the events by itself")
        started, unknown = [], []
        for address, day, run in plan.starts:
            if _cleared(address, run):
                self.log.info("%s runs again for %s: %s", address, day, run)
                started.append(f"{address} {day}")
            else:
                unknown.append(f"./interline replay {address} --from {day}")
        if unknown:
            raise AirflowFailException(
                f"Airflow does not know these runs any more, the rest runs again: {'; '.join(unknown)}"
            )
        return started


def _cleared(dag_id: str, run_id: str) -> bool:
    """Clear a run; False if Airflow does not know it, for asking to reset such a run would make a new one without a day."""
    from airflow.sdk.exceptions import AirflowRuntimeError  # only a task has it
    from airflow.sdk.execution_time.comms import (  # only a task has it
        ErrorResponse,
        GetDagRunState,
        TriggerDagRun,
    )
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS  # only a task has it

    try:
        known = SUPERVISOR_COMMS.send(GetDagRunState(dag_id=dag_id, run_id=run_id))
    except AirflowRuntimeError:
        return False
    if isinstance(known, ErrorResponse):
        return False
    answer = SUPERVISOR_COMMS.send(TriggerDagRun(dag_id=dag_id, run_id=run_id, reset_dag_run=True))
    if isinstance(answer, ErrorResponse):
        raise AirflowFailException(f"{dag_id} could not be cleared: {answer.error} {answer.detail}")
    return True
