"""# Onboard

Prepares the accounts of domains: buckets, Glue databases, Lake Formation, Athena workgroup; then `access` makes in them
what the contracts ask for, as `platform.access` does: resource links to what a domain may read, the values of LF-Tags. It
looks first, changes what differs and reports both, so that running it again repairs what somebody removed. Name `domains`,
or leave them out for all.

**When it fails**
* `AccessDenied` on AssumeRole: the account is not opened yet, or its roles are missing; see docs/adding-a-domain.md.
* A conflict: something of the same name is there that is not ours. The message says what to do; then clear the task.
"""

from pathlib import Path

from airflow.sdk import DAG, Param, task

from interline.airflow.operators.access import AccessApplyOperator
from interline.airflow.operators.onboarding import OnboardDomainOperator, domains_to_onboard
from interline.contracts.roots import root_of

ROOT = root_of(Path(__file__).resolve().parent)

named = Param([], type="array", items={"type": "string"}, description="All of the mesh's if none is named.")
with DAG(
    "platform.onboard",
    doc_md=__doc__,
    schedule=None,
    is_paused_upon_creation=False,
    params={"domains": named},
    tags=["platform"],
):

    @task
    def choose(params: dict[str, list[str]]) -> list[str]:
        return domains_to_onboard(ROOT, params["domains"])

    chosen = choose()
    prepare = OnboardDomainOperator.partial(
        task_id="prepare", root=ROOT, aws_conn_id="aws_platform", map_index_template="{{ task.domain }}"
    ).expand(domain=chosen)
    # all_done: an account that cannot be prepared does not keep the others from what they may read
    access = AccessApplyOperator.partial(
        task_id="access",
        root=ROOT,
        aws_conn_id="aws_platform",
        map_index_template="{{ task.domain }}",
        trigger_rule="all_done",
    ).expand(domain=chosen)
    prepare >> access
