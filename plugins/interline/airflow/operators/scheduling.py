"""Consumers that have not run for a day that all of their inputs have published: found, told and started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from interline.airflow.rest_api import CONNECTION, AirflowApiError, AirflowApiHook
from interline.contracts import read_mesh
from interline.scheduling import airflow_state

if TYPE_CHECKING:
    from airflow.sdk import Context

_CONFLICT = 409


class FindMissedDaysOperator(BaseOperator):
    """
    Find the missed days and say why each was missed; nothing is started.

    :param root: the folder that holds ``domains/``
    :param days: how many days back runs are looked at (templated)
    :param grace_minutes: what was published less than this ago may be about to start its consumers (templated)
    :param airflow_conn_id: see :class:`~interline.airflow.rest_api.AirflowApiHook`
    :return: the missed days under ``missed``; how many runs were ``pending``, and ``removed`` because they were too many
    """

    template_fields: Sequence[str] = ("days", "grace_minutes")

    def __init__(
        self, *, root: Path, days: str, grace_minutes: str, airflow_conn_id: str = CONNECTION, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.root = root
        self.days = days
        self.grace_minutes = grace_minutes
        self.airflow_conn_id = airflow_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Find."""
        api = AirflowApiHook(self.airflow_conn_id)
        pending = airflow_state.pending_runs(api, str(context["run_id"]))
        if pending is None:
            raise AirflowFailException(
                "the scheduler counts no pending runs: it has not loaded plugins/interline_plugin.py"
            )
        self.log.info("%d runs of consumers wait for further inputs", pending.found)
        if pending.removed:
            self.log.warning(
                "%d of %d pending runs, the oldest, were removed: Airflow reads 500 and would have started no consumer any"
                " more. What they waited for is started here when it has all been published",
                pending.removed,
                pending.found,
            )
        mesh, problems = read_mesh(self.root)
        for problem in problems:
            self.log.warning("left out: %s", problem)
        found = airflow_state.find_missed_days(
            api, mesh.products, pending, days=float(self.days), grace_minutes=float(self.grace_minutes)
        )
        for missed in found:
            self.log.warning("%s", missed)
        if not found:
            self.log.info("every consumer has run for what its inputs have published")
        return {
            "missed": [missed.as_json() for missed in found],
            "pending": pending.found,
            "removed": pending.removed,
        }


class StartMissedDaysOperator(BaseOperator):
    """
    Start the consumers for the days that they missed, oldest first, each once.

    Started by its data day a consumer runs alone: no input is announced again, which would start others too. What waits for the day
    in vain is removed when the run begins (``interline.airflow.pending_runs``), so it starts no second run later.

    :param found: what :class:`FindMissedDaysOperator` returned (templated)
    :param airflow_conn_id: see :class:`~interline.airflow.rest_api.AirflowApiHook`
    :return: what was started, ``<consumer> <day>``
    """

    template_fields: Sequence[str] = ("found",)

    def __init__(self, *, found: Any, airflow_conn_id: str = CONNECTION, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.found = found
        self.airflow_conn_id = airflow_conn_id

    def execute(self, context: Context) -> list[str]:
        """Start."""
        if self.found["removed"]:
            raise AirflowSkipException(
                "the scheduler could not read all that waits until now; what it then does not start, the next run starts"
            )
        missed = [each for each in self.found["missed"] if each["starts"]]
        if not missed:
            raise AirflowSkipException("there is nothing to start")
        api = AirflowApiHook(self.airflow_conn_id)
        return [f"{each['consumer']} {each['day']}" for each in missed if self._start(api, each)]

    def _start(self, api: AirflowApiHook, missed: Mapping[str, Any]) -> bool:
        consumer, day = missed["consumer"], missed["day"]
        if airflow_state.has_run(api, consumer, day):
            self.log.info("%s has run for %s by now", consumer, day)
            return False
        try:
            airflow_state.start(api, consumer, day, f"by {airflow_state.WATCHING_DAG}: {missed['reason']}")
        except AirflowApiError as error:
            if error.status != _CONFLICT:
                raise
            self.log.info("%s was started for %s before", consumer, day)
            return False
        self.log.info("started %s for %s", consumer, day)
        return True
