"""build: the product's SQL, in its domain's Redshift."""

from __future__ import annotations

from airflow.sdk import BaseOperator

from interline.airflow.dag import ProductDag, current
from interline.airflow.data_day import TEMPLATE
from interline.airflow.operators.dbt_build import DbtBuildOperator
from interline.airflow.operators.resource_links import GlueResourceLinkOperator, ResourceLink
from interline.airflow.verbs.acting import acting_as
from interline.contracts import load_domain, split_address
from interline.contracts.model.verbs import LINK_TASK


def build(*models: str) -> BaseOperator:
    """Build the product's models in the domain's Redshift, in one dbt run.

    Before the first build of a product that reads other domains, a task ``link`` makes their databases known in the
    domain's own catalog.

    :param models: names of models, to build only these; all of the product's if none is named
    """
    here = current()
    acting = acting_as(here.product.domain)
    links = [] if LINK_TASK in here.dag.task_dict else _links(here)
    built = DbtBuildOperator(
        task_id="_".join(("build", *models)),
        address=here.product.address,
        root=here.root,
        models=models or None,
        data_day=TEMPLATE,
        **acting,
    )
    if links:
        GlueResourceLinkOperator(task_id=LINK_TASK, links=links, **acting) >> built
    return built


def _links(here: ProductDag) -> list[ResourceLink]:
    own = here.product.domain.name
    producers = dict.fromkeys(split_address(address)[0] for address in here.product.inputs)
    domains = [load_domain(here.root, name) for name in producers if name != own]
    return [ResourceLink(domain.curated_database, domain.account, domain.region) for domain in domains]
