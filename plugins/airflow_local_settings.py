"""Airflow imports this module in every process as it starts, before any DAG file.

Processes that fork for each DAG file or task import here, once, what every DAG of the mesh needs: the forks then have
it already. Without this the DAG processor of Amazon MWAA spends five times as long on a file.
"""

from __future__ import annotations

import sys

__all__: list[str] = []
"""Nothing of this module is a setting."""
_FORKING = {"scheduler", "dag-processor", "celery"}

if _FORKING & set(sys.argv[1:2]):
    import interline.airflow.dag
    import interline.airflow.verbs  # noqa: F401
