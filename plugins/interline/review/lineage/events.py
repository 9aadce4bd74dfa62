"""OpenLineage facets of a published port: what it was made of, column by column, and what its contract says of it.

A dataset has the port's one URI, split as OpenLineage names S3 objects (openlineage.io, "Naming conventions": the
namespace is the bucket, the name the key): ``s3://bookings-curated`` and ``reservations``. Airflow's own translation of
the asset gives the same two. Its Glue table is a symbolic link of it.

Imported only where the OpenLineage provider asks for facets, which it does only where it is installed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interline.contracts import (
    Contract,
    Domain,
    Mesh,
    MeshError,
    Product,
    load_domain,
    load_product,
    split_address,
)
from interline.contracts.model.names import domain_of_landing
from interline.review.lineage.mesh_lineage import LineageError, ProductLineage, column_lineage

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.event_v2 import InputDataset, OutputDataset
    from openlineage.client.facet_v2 import DatasetFacet

_log = logging.getLogger(__name__)


def port_facets(
    root: Path, address: str, published: Mapping[str, Any] | None = None
) -> OperatorLineage[Any, Any]:
    """Return what publishing a port read and wrote, for an OpenLineage event.

    :param root: the folder that holds ``domains/`` and ``dbt/``
    :param address: the product's address
    :param published: the data day and the numbers that ``publish`` returns; None if it did not get that far

    Raises:
        interline.contracts.MeshError: the product's own files can't be read.
    """
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.facet_v2 import job_type_job

    mesh = _around(root, address)
    product = mesh.products[address]
    lineage = _lineage(mesh, address)
    return OperatorLineage(
        inputs=_inputs(mesh, product),
        outputs=[_output(product, lineage, published)],
        job_facets={
            "jobType": job_type_job.JobTypeJobFacet(
                processingType="BATCH", integration="INTERLINE", jobType="PUBLISH"
            )
        },
    )


def _around(root: Path, address: str) -> Mesh:
    """Return the part of the mesh that the product's lineage needs: itself and the ports it reads."""
    product = load_product(root, address)
    products = {address: product}
    for port in product.inputs:
        try:
            products[port] = load_product(root, port)
        except MeshError as error:
            _log.warning("the lineage of %s goes without %s: %s", address, port, error)
    domains = {name: load_domain(root, name) for name in {split_address(port)[0] for port in products}}
    return Mesh(root, domains, products)


def _lineage(mesh: Mesh, address: str) -> ProductLineage | None:
    try:
        return column_lineage(mesh, address)
    except LineageError as error:
        _log.warning("the columns of %s can't be followed: %s", address, error)
        return None


def _inputs(mesh: Mesh, product: Product) -> list[InputDataset]:
    from openlineage.client.event_v2 import InputDataset

    inputs: list[InputDataset] = []
    for address in product.inputs:
        namespace, name = _named(address)
        producer = mesh.products.get(address)
        facets: dict[str, DatasetFacet] = (
            {} if producer is None else _facets(producer.domain, producer.name, producer.contract)
        )
        inputs.append(InputDataset(namespace, name, facets=facets))
    for source in product.sources:
        domain = product.domain
        namespace, name = _named(f"{domain.landing_database}.{source.name}")
        facets = {"symlinks": _glue(domain, domain.landing_database, source.name)}
        inputs.append(InputDataset(namespace, name, facets=facets))
    return inputs


def _output(
    product: Product, lineage: ProductLineage | None, published: Mapping[str, Any] | None
) -> OutputDataset:
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.facet_v2 import dataset_version_dataset, output_statistics_output_dataset

    namespace, name = _named(product.address)
    facets = _facets(product.domain, product.name, product.contract)
    if lineage is not None:
        facets["columnLineage"] = _column_lineage(lineage)
    numbers = published or {}
    if numbers.get("version"):
        version = str(numbers["version"])
        facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=version)
    statistics: dict[str, Any] = {}
    if "rows_published" in numbers:
        statistics["outputStatistics"] = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
            rowCount=int(numbers["rows_published"])
        )
    return OutputDataset(namespace, name, facets=facets, outputFacets=statistics)


def _facets(domain: Domain, table: str, contract: Contract) -> dict[str, DatasetFacet]:
    """Return what a contract says of its port."""
    from openlineage.client.facet_v2 import (
        documentation_dataset,
        ownership_dataset,
        schema_dataset,
        tags_dataset,
    )

    fields = [
        schema_dataset.SchemaDatasetFacetFields(column.name, column.physical_type, column.description)
        for column in contract.columns
    ]
    tags = [
        tags_dataset.TagsDatasetFacetFields("classification", column.classification, "contract", column.name)
        for column in contract.columns
    ]
    return {
        "schema": schema_dataset.SchemaDatasetFacet(fields),
        "tags": tags_dataset.TagsDatasetFacet(tags),
        "documentation": documentation_dataset.DocumentationDatasetFacet(contract.purpose),
        "ownership": ownership_dataset.OwnershipDatasetFacet(
            [ownership_dataset.Owner(domain.team.name, "team")]
        ),
        "symlinks": _glue(domain, domain.curated_database, table),
    }


def _glue(domain: Domain, database: str, table: str) -> DatasetFacet:
    """Return the table of the Glue Data Catalog ("Naming conventions", AWS Glue) that a dataset is known as."""
    from openlineage.client.facet_v2 import symlinks_dataset

    catalog = f"arn:aws:glue:{domain.region}:{domain.account}"
    return symlinks_dataset.SymlinksDatasetFacet(
        [symlinks_dataset.Identifier(catalog, f"table/{database}/{table}", "TABLE")]
    )


def _column_lineage(lineage: ProductLineage) -> DatasetFacet:
    """Return each column's origins, and beside them the columns that only decide which rows there are."""
    from openlineage.client.facet_v2 import column_lineage_dataset

    direct = {origin for origins in lineage.columns.values() for origin in origins}
    used = {(use.address, use.column) for use in lineage.uses}
    return column_lineage_dataset.ColumnLineageDatasetFacet(
        fields={
            column: column_lineage_dataset.Fields(_input_fields(origins, "DIRECT"))
            for column, origins in lineage.columns.items()
            if origins
        },
        dataset=_input_fields(used - direct, "INDIRECT"),
    )


def _input_fields(columns: Iterable[tuple[str, str]], kind: str) -> list[Any]:
    from openlineage.client.facet_v2 import column_lineage_dataset

    transformation = column_lineage_dataset.Transformation(type=kind)
    return [
        column_lineage_dataset.InputField(*_named(address), column, [transformation])
        for address, column in sorted(columns)
    ]


def _named(address: str) -> tuple[str, str]:
    """Return the namespace and the name of a port, or of a landing source (``bookings_landing.booking_events``)."""
    schema, _, name = address.partition(".")
    domain = domain_of_landing(schema)
    return (f"s3://{schema}-curated" if domain is None else f"s3://{domain}-landing"), name
