"""The columns that a product's SQL selects, compared with those that its contract promises; neither is run.

A contract is written once and everything else is made from it, except the SQL of the model: that a person writes. So
this is the one place where the two can come apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from interline.contracts import Mesh, Problem, Product, did_you_mean
from interline.contracts.yaml.reader import read
from interline.quarantine.table import SOURCE_COLUMN
from interline.review.lineage import LineageError, column_lineage


def drift_problems(mesh: Mesh, address: str) -> list[Problem]:
    """Return the columns that the model gives and the contract lacks, at the line that selects them, and vice versa.

    Nothing is reported of a model that can't be followed: lineage says why it can't.

    Raises:
        KeyError: the mesh has no such product.
    """
    product = mesh.products[address]
    try:
        lineage = column_lineage(mesh, address)
    except LineageError:
        return []
    return sorted(_differences(mesh, product, dict(lineage.columns), dict(lineage.lines)))


def _differences(
    mesh: Mesh, product: Product, columns: dict[str, object], lines: dict[str, int]
) -> Iterator[Problem]:
    model = mesh.root / "dbt" / "models" / product.domain.name / f"{product.name}.sql"
    promised = product.contract.column_names
    unpromised = [name for name in columns if name not in (*promised, SOURCE_COLUMN)]
    missing = [name for name in promised if name not in columns]
    for name in unpromised:
        hint = did_you_mean(name, missing) or "add it to contract.yaml, or leave it out of the model"
        yield Problem(model, lines.get(name, 0), f"selects {name!r}, which is not in the contract", hint)
    document = read(product.folder / "contract.yaml")
    for name in missing:
        place = ("schema", 0, "properties", promised.index(name))
        hint = did_you_mean(name, unpromised) or f"select it in {model.relative_to(mesh.root)}"
        yield document.problem(place, f"promises {name!r}, which the model does not select", hint)
