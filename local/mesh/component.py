"""Run one Airflow component: `python -m local.mesh.component scheduler`.

It is Airflow's own command. What forks processes that load DAG files (the scheduler its workers and
their tasks, the DAG processor its parsers) first imports what every DAG of the mesh needs: the forks
then have it already, instead of importing it one by one.
"""

from __future__ import annotations

import gc
import importlib
import inspect
import logging
import sys

from local.gateway import service_descriptions

PRELOADED = (
    "airflow",  # its settings import interline.airflow.dag, so this one comes first
    "interline.airflow.dag",
    "interline.airflow.verbs",
    "airflow.providers.amazon.aws.assets.s3",
    "airflow.providers.amazon.aws.hooks.s3",
    "airflow.providers.amazon.aws.operators.glue_crawler",
    "airflow.providers.amazon.aws.operators.redshift_data",
    "airflow.providers.amazon.aws.operators.sagemaker",
    "airflow.providers.amazon.aws.waiters.base_waiter",
    "airflow.sdk.definitions.connection",
    "airflow.sdk.execution_time.task_runner",
    "airflow.sdk.lineage",
    "boto3.s3.inject",
    "jinja2.ext",
    "sqlglot.dialects.redshift",
)
"""What tasks were seen to import when they run."""
SERVICES = ("glue", "lakeformation", "redshift", "redshift-data", "s3", "sagemaker", "sts")
"""What tasks talk to."""

_WITH_TASKS = (["scheduler"], ["dag-processor"], ["celery"])
"""Components that fork processes which import DAG files."""
_RUNNING_TASKS = (["scheduler"], ["celery"])
"""Those of them whose forks talk to AWS."""


def preload() -> None:
    """Import the modules in PRELOADED; one that fails is told, and fails again where it is used."""
    for name in PRELOADED:
        try:
            importlib.import_module(name)
        except Exception:
            logging.getLogger(__name__).exception("cannot import %s", name)
    # the AWS hooks look at the stack to name their caller; the first look reads every module's place
    inspect.stack()


def describe_services() -> None:
    """Read what the clients of SERVICES are made from: that takes longer than making them."""
    try:
        service_descriptions.share(SERVICES)
    except Exception:
        logging.getLogger(__name__).exception("cannot make AWS clients")


def main() -> None:
    """Become the component named on the command line."""
    # making the API's thousands of routes is a quarter faster when garbage is looked for less often
    gc.set_threshold(50_000, 50, 50)
    if sys.argv[1:2] in _WITH_TASKS:
        preload()
    if sys.argv[1:2] in _RUNNING_TASKS:
        describe_services()
    airflow = importlib.import_module("airflow.__main__")
    sys.argv[0] = "airflow"
    airflow.main()


if __name__ == "__main__":
    main()
