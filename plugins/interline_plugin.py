"""Airflow finds this file by itself and with it Interline's cluster policies, whichever DAG file is read first."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from interline import policy


class InterlinePlugin(AirflowPlugin):
    """Registers the policies by which no task acts as another domain."""

    name = "interline"

    @classmethod
    def on_load(cls, *args: Any, **kwargs: Any) -> None:
        """Called once in every process that loads plugins, the DAG processor among them."""
        policy.register()
