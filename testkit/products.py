"""Products made of objects, without files: as small as a test or a benchmark needs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from interline.contracts import Column, Contract, Domain, Product, Role
from interline.contracts.disk_cache import Lazy
from interline.contracts.model.product import ProductFile

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


def product_with(
    domain: Domain,
    name: str,
    columns: Mapping[str, str],
    roles: Iterable[Role] = (),
    inputs: tuple[str, ...] = (),
) -> Product:
    """Return a product whose port has text columns and roles.

    Args:
        domain: whose product it is.
        name: its name, without the domain.
        columns: names of the port's columns, and their classifications.
        roles: of its contract.
        inputs: addresses of the ports that it reads.
    """
    address = f"{domain.name}.{name}"
    contract = Contract(
        address=address,
        title="",
        version="1.0.0",
        status="active",
        purpose="",
        usage="",
        limitations="",
        table_description="",
        columns=tuple(
            Column(column, "string", "varchar(16)", "", classification=level)
            for column, level in columns.items()
        ),
        primary_key=(),
        row_rules=(),
        batch_rules=(),
        roles=tuple(roles),
        service_levels=(),
    )
    file = ProductFile("", "1.0.0", "active", "", "", "", inputs, (), ())
    return Product(address, name, domain, file, "", Lazy(contract))


def table_input(domain: str, name: str, columns: Iterable[str]) -> dict[str, Any]:
    """Return what Glue's CreateTable takes for a table of text columns (TableInput, AWS Glue Web API Reference)."""
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": "string"} for column in columns],
            "Location": f"s3://{domain}-curated/{name}/",
            "InputFormat": f"{_PARQUET}.MapredParquetInputFormat",
            "OutputFormat": f"{_PARQUET}.MapredParquetOutputFormat",
            "SerdeInfo": {"SerializationLibrary": f"{_PARQUET}.serde.ParquetHiveSerDe"},
        },
    }
