"""What the domains promise, read from ``domains/`` into typed objects. Knows no Airflow and no AWS.

* the objects: ``model`` (contract, product, domain, rules, row tests)
* the files of a domain and of a product read: ``read_files``; all of them: ``mesh``, cached by ``disk_cache``
* ``contract.yaml``, by the Open Data Contract Standard: ``odcs``; ``product.yaml``, by ODPS: ``odps``
* YAML read strictly, validated and edited: ``yaml``
* what is wrong with a file, and where: ``problems``
"""

from __future__ import annotations

from interline.contracts.mesh import (
    Mesh,
    load_domain,
    load_domains,
    load_mesh,
    load_product,
    product_folders,
    read_mesh,
)
from interline.contracts.model.contract import Column, Contract, Role, ServiceLevel
from interline.contracts.model.domain import PLATFORM, Domain, Team
from interline.contracts.model.names import is_address, is_name, split_address
from interline.contracts.model.product import Product, Source, asset_uri
from interline.contracts.model.rules import BatchRule, RowRule
from interline.contracts.problems import MeshError, Problem, did_you_mean

__all__ = [
    "PLATFORM",
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
