"""# Retention

Takes away what the contracts no longer keep (`retention` under slaProperties): data days of ports that are histories, snapshots
of every port, and files that no snapshot needs. Never in the path of a publish. It deletes for good, so it starts paused: read
`docs/versions.md`, then unpause it.

**When it fails**
* One port's task fails alone; the others go on. Clear it once its cause, which the log names, is gone.
* A commit conflict: the port was published at the same time. Clear the task.
"""

from pathlib import Path

from airflow.sdk import DAG, CronPartitionTimetable, task

from interline.airflow.operators.retention import RetentionOperator, ports
from interline.contracts.roots import root_of

ROOT = root_of(Path(__file__).resolve().parent)

# By noon UTC every product has published.
with DAG(
    "platform.retention",
    doc_md=__doc__,
    schedule=CronPartitionTimetable("0 12 * * *", timezone="UTC", run_offset=-1, key_format="%Y-%m-%d"),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=True,
    tags=["platform"],
):

    @task
    def choose() -> list[str]:
        return ports(ROOT)

    RetentionOperator.partial(
        task_id="expire", today="{{ partition_key }}", root=ROOT, map_index_template="{{ task.port }}"
    ).expand(port=choose())
