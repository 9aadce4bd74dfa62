"""A product's files: are they all there and filled in, do they promise a service level, are its roles domains."""

from __future__ import annotations

from collections.abc import Iterator

from interline.contracts import Problem, Product, did_you_mean
from interline.contracts.placeholders import placeholders
from interline.contracts.yaml.reader import read
from interline.review.checking.view import View, missing
from interline.sql.tables import SEPARATOR, Tables

_SLA_SHAPE = "for example `- property: frequency`, `value: 1`, `unit: d` under slaProperties"


def product_file_problems(view: View, product: Product) -> Iterator[Problem]:
    """Find what is wrong with a product whose files could be read."""
    contract_file = product.folder / "contract.yaml"
    model = view.root / "dbt" / "models" / product.domain.name / f"{product.name}.sql"
    dag_file = view.root / "dags" / product.domain.name / f"{product.name}.py"
    if SEPARATOR in product.name:
        first = product.name.partition(SEPARATOR)[0]
        reserved = Tables(product.domain.name, first).private_name("quarantine")
        yield Problem(
            product.folder,
            0,
            f"{product.name!r} has two underscores in a row",
            f"the platform keeps such names to itself, like {reserved}",
        )
    if not model.is_file():
        yield missing(model, f"the model of {product.address} is missing")
    for path in (product.folder / "product.yaml", contract_file, dag_file, model):
        yield from placeholders(path)
    contract = product.contract
    if not contract.service_levels:
        yield Problem(
            contract_file,
            0,
            "promises no service level: consumers can't know when to expect data",
            _SLA_SHAPE,
        )
    for position, role in enumerate(contract.roles):
        if not view.knows_domain(role.domain):
            known = view.mesh.domains
            hint = did_you_mean(role.domain, known) or f"known are {', '.join(known)}"
            line = read(contract_file).line(("roles", position, "role"))
            yield Problem(contract_file, line, f"the role {role.domain!r} is no domain", hint)
