"""What the domains promise, read from ``domains/`` into typed objects. Knows no Airflow and no AWS."""

from __future__ import annotations

from interline.domains.contract import Column, Contract, Role, ServiceLevel
from interline.domains.domain import Domain, Team
from interline.domains.mesh import (
    Mesh,
    load_domain,
    load_domains,
    load_mesh,
    load_product,
    product_folders,
    read_mesh,
)
from interline.domains.names import is_address, is_name, split_address
from interline.domains.problems import MeshError, Problem, did_you_mean
from interline.domains.product import Product, Source, asset_uri
from interline.domains.rules import BatchRule, RowRule

__all__ = [
    "BatchRule",
    "Column",
    "Contract",
    "Domain",
    "Mesh",
    "MeshError",
    "Problem",
    "Product",
    "Role",
    "RowRule",
    "ServiceLevel",
    "Source",
    "Team",
    "asset_uri",
    "did_you_mean",
    "is_address",
    "is_name",
    "load_domain",
    "load_domains",
    "load_mesh",
    "load_product",
    "product_folders",
    "read_mesh",
    "split_address",
]
