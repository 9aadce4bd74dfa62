"""# Access

Makes Lake Formation in every account agree with the contracts: grants, LF-Tags, data cells filters, resource links.
`plan` says what will change (its XComs `plan` and `changes`, and its log), `apply` changes it, one account a task,
`report` sees that nothing is left. Trigger it after every merge; at night it repairs what was changed by hand and ends
what has expired. The same on the command line: `./interline access plan`, `apply`, `drift`.

**When it fails**
* `apply`: the message has every entry that AWS refused. Mend the cause, clear the task: it goes on where it stopped.
* `report`: somebody changes permissions meanwhile, or an account cannot be reached. `./interline access drift` shows what.
* A port is "left alone": its contract cannot be read. `./interline check` says where; nobody loses access until then.
"""

from pathlib import Path

from airflow.sdk import DAG

from interline.airflow.operators.access import AccessApplyOperator, AccessPlanOperator, AccessReportOperator
from interline.contracts.roots import root_of

root = root_of(Path(__file__).resolve().parent)
# after midnight UTC, when a role's last day has just ended
with DAG(
    "platform.access",
    schedule="10 0 * * *",
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    doc_md=__doc__,
    tags=["platform"],
    default_args={"owner": "platform", "aws_conn_id": "aws_platform"},
):
    plan = AccessPlanOperator(task_id="plan", root=root)
    apply = AccessApplyOperator.partial(
        task_id="apply", root=root, map_index_template="{{ task.domain }}", aws_conn_id="aws_platform"
    ).expand(domain=plan.output)
    report = AccessReportOperator(task_id="report", root=root, trigger_rule="all_done")
    apply >> report
