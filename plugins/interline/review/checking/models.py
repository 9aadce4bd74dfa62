"""A product's models: can they be followed, do they read only what is granted, do they give what is promised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from interline.contracts import Problem, Product
from interline.review import lineage
from interline.review.checking.contract_drift import drift_problems
from interline.review.checking.view import View
from interline.review.lineage import LineageError, ProductLineage


def model_problems(view: View, product: Product) -> Iterator[Problem]:
    """Find what is wrong with the SQL of a product."""
    yield from lineage.model_problems(view.mesh, product.address)
    if not _model(view, product).is_file():
        return
    try:
        followed = lineage.column_lineage(view.mesh, product.address)
    except LineageError:
        return
    yield from _grant_problems(view, product, followed)
    yield from drift_problems(view.mesh, product.address)


def _grant_problems(view: View, product: Product, followed: ProductLineage) -> Iterator[Problem]:
    """Find columns of other domains' ports that the role of this domain may not read."""
    own = product.domain.name
    for use in followed.uses:
        producer = view.mesh.products.get(use.address)
        if producer is None or producer.domain.name == own:
            continue
        contract = producer.contract
        for role in contract.roles:
            if role.domain != own or use.column in contract.readable_by(role):
                continue
            where = (producer.folder / "contract.yaml").relative_to(view.root)
            column = contract.column(use.column)
            why = (
                f"it is {column.classification}"
                if column.classification != "internal"
                else "it is not listed"
            )
            if role.columns is not None and use.column not in role.columns:
                why = "it is not among the role's columns"
            yield Problem(
                use.path,
                use.line,
                f"uses {use.address}.{use.column}, which the role {own} may not read: {why}",
                f"leave it out, or ask {producer.domain.team.name} to grant it in {where}",
            )


def _model(view: View, product: Product) -> Path:
    return view.root / "dbt" / "models" / product.domain.name / f"{product.name}.sql"
