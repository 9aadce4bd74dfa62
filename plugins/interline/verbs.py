"""The verbs that a product's DAG file chains: land, crawl, build, check, publish; train and score for models.

Each is one task or a small task group of the Amazon provider's operators and ours in its style. Which domain they act
as follows from the DAG they stand in and can't be given.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator
from airflow.sdk import BaseOperator, TaskGroup

from interline.contract_sql import Tables, declare_port
from interline.crawler import crawler_definition
from interline.dag import ProductDag, current, port_asset
from interline.data_day import TEMPLATE
from interline.domains import Domain, Product, load_domains, split_address
from interline.hooks.redshift_statements import DATABASE_USER
from interline.operators.contract_check import ContractCheckOperator
from interline.operators.crawling import LandingCrawlerOperator
from interline.operators.dbt_build import DbtBuildOperator
from interline.operators.lake_formation import LakeFormationGrantOperator
from interline.operators.landing import S3LandingOperator
from interline.operators.publish import PublishOperator
from interline.operators.resource_links import GlueResourceLinkOperator, ResourceLink

_SECONDS_BETWEEN_POLLS = 1


def land(*sources: str) -> BaseOperator:
    """Check that what the sources deliver for the data day has landed and is whole.

    :param sources: names of sources in ``product.yaml``; all of them if none is named
    """
    here = current()
    domain = here.product.domain
    return S3LandingOperator(
        task_id="land",
        bucket=domain.landing_bucket,
        sources=[here.product.source(name) for name in _named(here.product, sources)],
        data_day=TEMPLATE,
        **_as(domain),
    )


def crawl(*sources: str) -> BaseOperator:
    """Let a Glue crawler type what has landed, new columns and partitions included.

    :param sources: names of sources in ``product.yaml``; all of them if none is named
    """
    here = current()
    names = _named(here.product, sources)
    return LandingCrawlerOperator(
        task_id="crawl",
        config=crawler_definition(here.product, names),
        tables=names,
        poll_interval=_SECONDS_BETWEEN_POLLS,
        fail_on_already_running=False,
        **_as(here.product.domain),
    )


def build(*models: str) -> BaseOperator | TaskGroup:
    """Build the product's models in the domain's Redshift, in one dbt run.

    :param models: names of models, to build only these; all of the product's if none is named
    """
    here = current()
    task_id = "_".join(("build", *models))
    links = _links(here)
    if not links or "link" in here.dag.task_dict:
        return _dbt(here, task_id, models)
    link = GlueResourceLinkOperator(task_id="link", links=links, **_as(here.product.domain))
    built = _dbt(here, task_id, models)
    link >> built
    return built


def check() -> BaseOperator:
    """Hold the contract against the batch: bad rows to quarantine, a bad batch stops here."""
    product = current().product
    return ContractCheckOperator(
        task_id="check",
        contract=product.contract,
        domain=product.domain.name,
        product=product.name,
        data_day=TEMPLATE,
        **_as(product.domain),
    )


def publish() -> TaskGroup:
    """Declare the port, grant it to the contract's roles, and commit the checked batch in one transaction.

    The commit comes last and is the DAG's one outlet, so no consumer starts before it may read.
    """
    here = current()
    product, domain = here.product, here.product.domain
    with TaskGroup("publish") as group:
        declare = RedshiftDataOperator(
            task_id="declare",
            sql=declare_port(product.contract, Tables(domain.name, product.name), product.location),
            cluster_identifier=domain.cluster,
            database=domain.cluster,
            db_user=DATABASE_USER,
            poll_interval=_SECONDS_BETWEEN_POLLS,
            **_as(domain),
        )
        grant = LakeFormationGrantOperator(
            task_id="grant",
            catalog_id=domain.account,
            database=domain.curated_database,
            table=product.name,
            grants=_grants(here),
            **_as(domain),
        )
        commit = PublishOperator(
            task_id="commit",
            contract=product.contract,
            domain=domain.name,
            product=product.name,
            data_day=TEMPLATE,
            port=port_asset(product.address),
            poll_interval=_SECONDS_BETWEEN_POLLS,
            **_as(domain),
        )
        declare >> grant >> commit
    return group


def _dbt(here: ProductDag, task_id: str, models: tuple[str, ...]) -> BaseOperator:
    return DbtBuildOperator(
        task_id=task_id,
        product=here.product,
        root=here.root,
        models=models or None,
        data_day=TEMPLATE,
        **_as(here.product.domain),
    )


def _as(domain: Domain) -> dict[str, Any]:
    """Return the one connection by which this domain's tasks reach AWS."""
    return {"aws_conn_id": domain.connection, "region_name": domain.region}


def _named(product: Product, sources: tuple[str, ...]) -> list[str]:
    if not product.sources:
        raise ValueError(f"{product.address} declares no sources in product.yaml, so nothing lands for it")
    return [product.source(name).name for name in sources] or [source.name for source in product.sources]


def _links(here: ProductDag) -> list[ResourceLink]:
    own = here.product.domain.name
    producers = dict.fromkeys(split_address(address)[0] for address in here.product.inputs)
    foreign = [producer for producer in producers if producer != own]
    if not foreign:
        return []
    domains = load_domains(here.root)
    return [
        ResourceLink(domains[name].curated_database, domains[name].account, domains[name].region)
        for name in foreign
    ]


def _grants(here: ProductDag) -> list[dict[str, Any]]:
    roles = here.product.contract.roles
    if not roles:
        return []
    domains = load_domains(here.root)
    return [
        {
            "principal": domains[role.domain].role_arn,
            "columns": None if role.columns is None else list(here.product.contract.readable_by(role)),
        }
        for role in roles
    ]
