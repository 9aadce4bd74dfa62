"""Airflow finds this file by itself and with it what Interline adds to it, whichever DAG file is read first."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from interline.airflow import listener, policy
from interline.airflow.deadlines import DataDayPublished


class InterlinePlugin(AirflowPlugin):
    """The policies by which no task acts as another domain; the moment from which a product's promise counts; few pending runs."""

    name = "interline"
    deadline_references = [DataDayPublished]
    listeners = [listener]

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Called once in every process that loads plugins, the DAG processor among them."""
        policy.register()
