"""# Rollback

Makes an earlier snapshot of a port current again and lets its consumers run again, for exactly the data days whose content
changed. One commit of metadata, seconds whatever the size. Trigger it with the port's address and the snapshot's id
(`./interline versions <port>`), or by `./interline rollback <port> --to <snapshot>`, which shows the plan first.

**When it fails**
* `plan`: there is no such snapshot, or it has expired; the log says which there are.
* `roll_back`: the port was published in the meantime. Trigger it anew, so that a new plan is made.
* `tell`, `start`: the port is rolled back already; clear the task.
"""

from pathlib import Path

from airflow.sdk import DAG, Param, chain

from interline.airflow.operators.rollback import (
    RollbackOperator,
    RollbackPlanOperator,
    StartConsumersOperator,
    TellConsumersOperator,
)
from interline.contracts.roots import root_of

root = root_of(Path(__file__).resolve().parent)
with DAG(
    "platform.rollback",
    schedule=None,
    doc_md=__doc__,
    tags=["platform"],
    default_args={"owner": "platform"},
    is_paused_upon_creation=False,
    params={
        "port": Param(
            "", type="string", title="Port", description="Its address, for example bookings.revenue"
        ),
        "to": Param("previous", type="string", title="Snapshot", description="Its id, or `previous`"),
    },
):
    plan = RollbackPlanOperator(task_id="plan", port="{{ params.port }}", to="{{ params.to }}", root=root)
    roll_back = RollbackOperator(task_id="roll_back", plan=plan.output, root=root)
    chain(
        roll_back,
        TellConsumersOperator(task_id="tell", plan=plan.output),
        StartConsumersOperator(task_id="start", plan=plan.output, trigger_rule="none_failed"),
    )
