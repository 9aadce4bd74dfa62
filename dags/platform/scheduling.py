"""# Scheduling

Finds data days that all inputs of a consumer have published and for which the consumer has not run (announced at the same moment, or
while it was paused), says why, and starts it for that day. It also keeps the runs that wait for further inputs far below what
Airflow reads at a time. See docs/scheduling.md.

**When it fails**
* `find` with *counts no pending runs*: the scheduler runs without `plugins/interline_plugin.py`. Deploy plugins.zip.
* `find` or `start` with HTTP 401, 403 or *AccessDenied*: the connection `airflow_api` may not call Airflow's REST API.
* A day that is told at every run and not started needs a person; the log of `find` says what to do.
"""

from pathlib import Path

from airflow.sdk import DAG, Param

from interline.airflow.operators.scheduling import FindMissedDaysOperator, StartMissedDaysOperator
from interline.contracts.roots import root_of
from interline.scheduling.missed_days import DAYS_BACK, GRACE_MINUTES

root = root_of(Path(__file__).resolve().parent)
with DAG(
    "platform.scheduling",
    schedule="*/15 * * * *",
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    doc_md=__doc__,
    tags=["platform"],
    default_args={"owner": "platform"},
    params={
        "days": Param(DAYS_BACK, type="number", description="How many days back runs are looked at"),
        "grace_minutes": Param(
            GRACE_MINUTES, type="number", description="Leave alone what was published less than this ago"
        ),
    },
):
    find = FindMissedDaysOperator(
        task_id="find",
        root=root,
        days="{{ params.days }}",
        grace_minutes="{{ params.grace_minutes }}",
    )
    StartMissedDaysOperator(task_id="start", found=find.output)
