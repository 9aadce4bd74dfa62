"""Sending asset events, which make consumers run: one task at a time in the whole environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from interline.scheduling import ANNOUNCEMENTS_POOL

if TYPE_CHECKING:
    from airflow.sdk import Asset, Context


class AnnouncingOperator(BaseOperator):
    """An operator that sends asset events, and nothing that takes long: all of them share one slot."""

    def __init__(self, **kwargs: Any) -> None:
        # the DAG's defaults name the domain's pool, which has many slots
        super().__init__(**{**kwargs, "pool": ANNOUNCEMENTS_POOL, "pool_slots": 1})


class AnnounceOperator(AnnouncingOperator):
    """
    Send the port's asset event for the run's data day, with the numbers of what was published.

    A task of its own after the commit, so that commits, which may take long, do not wait for each other. Cleared or tried
    again it sends the event again: consumers read what the port holds, so one event too many costs a run and changes
    nothing.

    :param port: the port's asset, the task's outlet
    :param published: what :class:`~interline.airflow.operators.publish.PublishOperator` returned (templated)
    :return: the same
    """

    template_fields: Sequence[str] = ("published",)

    def __init__(self, *, port: Asset, published: Any, **kwargs: Any) -> None:
        super().__init__(outlets=[port], **kwargs)
        self.port = port
        self.published = published

    def execute(self, context: Context) -> dict[str, Any]:
        """Send the event."""
        if not isinstance(self.published, dict):
            raise AirflowFailException(
                f"this run has not published {self.port.name}: clear `publish.commit` and what follows it"
            )
        context["outlet_events"][self.port].extra = dict(self.published)
        self.log.info("announced %s: %s", self.port.name, self.published)
        return self.published
