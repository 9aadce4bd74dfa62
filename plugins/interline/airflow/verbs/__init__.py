"""The verbs that a product's DAG file chains, one function for each entry of ``interline.contracts.model.verbs``.

Each is one task or a small task group of the Amazon provider's operators and ours in its style. Which domain they act
as follows from the DAG they stand in and can't be given.
"""

from __future__ import annotations

from interline.airflow.verbs.building import build
from interline.airflow.verbs.checking import check
from interline.airflow.verbs.ingesting import crawl, land
from interline.airflow.verbs.modelling import score, train
from interline.airflow.verbs.publishing import publish

__all__ = ["build", "check", "crawl", "land", "publish", "score", "train"]
