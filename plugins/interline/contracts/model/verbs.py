"""The verbs of a product's DAG file, one entry each: what the check, the change report and the scaffold know of them.

The functions of the same names are in ``interline.airflow.verbs``. This table is apart from them because a DAG file is
checked and compared where no Airflow is installed. ``docs/adding-a-verb.md`` adds one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Arguments = Literal["none", "sources", "models", "features", "columns"]
"""What a verb's arguments name: nothing that concerns the check; sources of ``product.yaml``, each by position; models, each
by position; first the model that holds the features; columns, each a keyword with its type."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb, as a DAG file may write it."""

    name: str
    purpose: str
    """What it does, in one sentence."""
    tasks: tuple[str, ...]
    """The ids of the tasks that it adds to a DAG; those of a task group with the group's name in front."""
    arguments: Arguments = "none"
    links_inputs: bool = False
    """Whether its first use in a product that reads other domains adds the task ``link`` before it."""
    is_usual: bool = False
    """Whether a new product's DAG file has it. One that takes sources is left out where nothing lands."""
    is_required: bool = False
    """Whether every product's DAG file must have it."""

    def task_ids(self, models: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return the ids of its tasks when it is given these models: each becomes a part of the id."""
        if self.arguments != "models":
            return self.tasks
        return tuple("_".join((task, *models)) for task in self.tasks)


_TABLE = (
    Verb(
        "land",
        "Checks that what the sources deliver for the data day has landed and is whole.",
        tasks=("land",),
        arguments="sources",
        is_usual=True,
    ),
    Verb(
        "crawl",
        "Lets a Glue crawler type what has landed.",
        tasks=("crawl",),
        arguments="sources",
        is_usual=True,
    ),
    Verb(
        "build",
        "Builds the product's models in the domain's Redshift, in one dbt run.",
        tasks=("build",),
        arguments="models",
        links_inputs=True,
        is_usual=True,
    ),
    Verb(
        "train",
        "Trains a model on SageMaker from a table of features, and registers it if it is good enough.",
        tasks=("train.unload", "train.fit", "train.gate", "train.register"),
        arguments="features",
    ),
    Verb(
        "score",
        "Scores every row that the model was trained on, into a private table.",
        tasks=("score.transform", "score.load"),
        arguments="columns",
    ),
    Verb(
        "check",
        "Checks the batch against the contract: bad rows go to quarantine, a bad batch stops here.",
        tasks=("check",),
        is_usual=True,
        is_required=True,
    ),
    Verb(
        "publish",
        "Declares the port, grants it to the contract's roles and commits the checked batch to it, and announces it.",
        tasks=("publish.declare", "publish.grant", "publish.commit", "publish.announce"),
        is_usual=True,
        is_required=True,
    ),
)
VERBS = {verb.name: verb for verb in _TABLE}
"""Every verb by its name, in the order in which a DAG file may chain them."""
LINK_TASK = "link"
"""The task that makes the databases of other domains known, see :attr:`Verb.links_inputs`."""
