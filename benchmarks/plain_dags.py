"""The peer of the parse benchmark: the same DAGs written by hand in plain Airflow.

The same number of tasks of the same kinds in the same groups, the same schedules, assets, pools and runbooks, as
somebody writes them who has the Amazon provider and no Interline: every SQL statement, ARN, crawler definition and
list of columns is a literal in the file.
"""

from __future__ import annotations

import pprint
from pathlib import Path

from interline.contracts import Product, load_mesh
from interline.ingest.crawler import crawler_definition
from interline.publication.commit import publish_statements
from interline.publication.declare import declare_port
from interline.quarantine.batch_check import plan_check
from interline.sql.tables import Tables

_DAY = "{{ partition_key }}"
_STAND_IN = "2013-01-01"


def write_plain_dags(root: Path, target: Path) -> int:
    """Write one plain DAG file into `target` for each product of the mesh below `root`; returns how many."""
    mesh = load_mesh(root)
    accounts = {domain.name: domain.account for domain in mesh.domains.values()}
    for product in mesh.products.values():
        file = target / product.domain.name / f"{product.name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        runbook = (root / "dags" / product.domain.name / f"{product.name}.py").read_text(encoding="utf-8")
        file.write_text(_dag(product, accounts, runbook.split('"""')[1]), encoding="utf-8")
    return len(mesh.products)


def _dag(product: Product, accounts: dict[str, str], runbook: str) -> str:
    domain = product.domain
    tasks = ["build", "check", "publish"]
    before, imports = "", []
    if product.sources:
        tasks = ["land", "crawl", *tasks]
        before = _ingesting(product)
        imports += [
            "from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerOperator",
            "from airflow.providers.amazon.aws.operators.s3 import S3ListOperator",
        ]
        schedule = (
            'CronPartitionTimetable("30 4 * * *", timezone="UTC", run_offset=-1, key_format="%Y-%m-%d")'
        )
    else:
        foreign = [address for address in product.inputs if address.partition(".")[0] != domain.name]
        if foreign:
            tasks = ["link", *tasks]
            before = _linking(product, foreign, accounts)
        ports = " & ".join(_asset(address) for address in product.inputs)
        schedule = f"PartitionedAssetTimetable(assets={ports})"
    timetable = schedule.partition("(")[0]
    imports.append("from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator")
    connection = f'aws_conn_id="{domain.connection}", region_name="{domain.region}"'
    redshift = (
        f'cluster_identifier="{domain.cluster}", database="{domain.cluster}", db_user="interline",\n'
        f"            poll_interval=1, {connection},"
    )
    return f'''"""{runbook}"""

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
{chr(10).join(sorted(imports))}
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Asset, TaskGroup, {timetable}, chain

{_granting(product, accounts)}
with DAG(
    dag_id="{product.address}",
    schedule={schedule},
    description={product.file.purpose!r},
    doc_md=__doc__,
    tags={sorted({domain.name, "consumer" if product.inputs else "source-aligned", *product.file.tags})!r},
    default_args={{"owner": "{domain.name}", "pool": "{domain.pool}"}},
    catchup=False,
    max_active_runs=1,
):
{before}    build = BashOperator(
        task_id="build",
        bash_command="dbt build --select {product.name} --vars 'data_day: {_DAY}'",
        env={{"DBT_SCHEMA": "{domain.schema}", "DBT_CLUSTER": "{domain.cluster}"}},
        append_env=True,
    )
    check = RedshiftDataOperator(
            task_id="check",
            sql={_literal(_check(product))},
            {redshift}
    )
    with TaskGroup("publish") as publish:
        declare = RedshiftDataOperator(
            task_id="declare",
            sql={_literal(declare_port(product.contract, _tables(product), product.location))},
            {redshift}
        )
        grant = PythonOperator(task_id="grant", python_callable=grant_readers)
        commit = RedshiftDataOperator(
            task_id="commit",
            sql={_literal(publish_statements(product.contract, _tables(product), _DAY))},
            {redshift}
        )
        announce = EmptyOperator(task_id="announce", outlets=[{_asset(product.address)}], pool="announcements")
        declare >> grant >> commit >> announce
    chain({", ".join(tasks)})
'''


def _ingesting(product: Product) -> str:
    domain = product.domain
    names = [source.name for source in product.sources]
    connection = f'aws_conn_id="{domain.connection}"'
    return f"""    land = S3ListOperator(
        task_id="land", bucket="{domain.landing_bucket}", prefix="{names[0]}/dt={_DAY}/", {connection}
    )
    crawl = GlueCrawlerOperator(
        task_id="crawl",
        config={_literal(crawler_definition(product, names))},
        poll_interval=1,
        {connection},
        region_name="{domain.region}",
    )
"""


def _linking(product: Product, foreign: list[str], accounts: dict[str, str]) -> str:
    links = {}
    for address in foreign:
        producer = address.partition(".")[0]
        links[f"{producer}_curated"] = {
            "CatalogId": accounts[producer], "DatabaseName": f"{producer}_curated", "Region": product.domain.region,
        }  # fmt: skip
    return f"""    def make_links() -> None:
        glue = AwsBaseHook("{product.domain.connection}", client_type="glue").conn
        for name, target in {_literal(links)}.items():
            glue.create_database(DatabaseInput={{"Name": name, "TargetDatabase": target}})

    link = PythonOperator(task_id="link", python_callable=make_links)
"""


def _granting(product: Product, accounts: dict[str, str]) -> str:
    grants = {
        f"arn:aws:iam::{accounts[role.domain]}:role/interline-{role.domain}": list(role.columns or ())
        for role in product.contract.roles
    }
    return f'''GRANTS = {_literal(grants)}


def grant_readers() -> None:
    lake_formation = AwsBaseHook("{product.domain.connection}", client_type="lakeformation").conn
    for principal, columns in GRANTS.items():
        lake_formation.grant_permissions(
            Principal={{"DataLakePrincipalIdentifier": principal}},
            Resource={{
                "TableWithColumns": {{
                    "DatabaseName": "{product.domain.curated_database}",
                    "Name": "{product.name}",
                    "ColumnNames": columns,
                }}
            }},
            Permissions=["SELECT"],
        )

'''


def _tables(product: Product) -> Tables:
    return Tables(product.domain.name, product.name)


def _check(product: Product) -> list[str]:
    statements = plan_check(product.contract, _tables(product), _STAND_IN, {}).statements
    return [statement.replace(_STAND_IN, _DAY) for statement in statements]


def _asset(address: str) -> str:
    domain, _, name = address.partition(".")
    return f'Asset(name="{address}", uri="s3://{domain}-curated/{name}", group="{domain}")'


def _literal(value: object) -> str:
    """Return the value as the Python that a person (and a formatter) would write."""
    return pprint.pformat(value, width=110, sort_dicts=False).replace("\n", "\n            ")
