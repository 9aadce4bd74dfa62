"""Files that belong to no product: mistyped names, or promises that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from interline.contracts import PLATFORM, MeshError, Problem, did_you_mean, is_name
from interline.review.checking.view import View


def orphan_problems(view: View) -> Iterator[Problem]:
    """Find DAG files, models and folders of DAG files that no promise stands behind."""
    yield from _dag_files(view)
    yield from _misplaced_dag_files(view)
    yield from _models(view)
    yield from _folders(view)


def _dag_files(view: View) -> Iterator[Problem]:
    for path in sorted((view.root / "dags").glob("*/*.py")):
        domain = path.parent.name
        address = f"{domain}.{path.stem}"
        if path.name.startswith("_") or domain not in view.mesh.domains or domain == PLATFORM:
            continue
        if address in view.mesh.products or view.is_broken(address):
            continue
        try:
            declared = view.declared(path)
        except MeshError:
            continue
        if declared is None:
            yield Problem(
                path, 0, "declares no data product", "a file that only helps others begins with an underscore"
            )
            continue
        folder = (view.root / "domains" / domain / path.stem).relative_to(view.root)
        hint = (
            did_you_mean(declared.address, view.mesh.products) or "write its product.yaml and contract.yaml"
        )
        yield Problem(
            path, declared.line, f"declares {declared.address!r}, which {folder} does not promise", hint
        )


def _misplaced_dag_files(view: View) -> Iterator[Problem]:
    """Find data products that are declared where no product's file lies: Airflow would read one DAG id twice."""
    dags = view.root / "dags"
    for path in sorted(dags.rglob("*.py")):
        parts = path.relative_to(dags).parts
        is_place_of_product = len(parts) == 2 and not path.name.startswith("_")
        if "__pycache__" in parts or is_place_of_product or PLATFORM in parts[:-1]:
            continue
        try:
            declared = view.declared(path)
        except MeshError:
            continue
        if declared is not None:
            place = (
                f"dags/{declared.address.replace('.', '/')}.py"
                if declared.address
                else "dags/<domain>/<product>.py"
            )
            message = f"declares {declared.address!r}, and no product's file lies here"
            yield Problem(path, declared.line, message, f"it is {place}")


def _models(view: View) -> Iterator[Problem]:
    models = view.root / "dbt" / "models"
    for path in sorted(models.rglob("*.sql")):
        parts = path.relative_to(models).parts
        if len(parts) == 2:
            address, what = f"{parts[0]}.{path.stem}", "is the model of no product"
            rest = "a helper model lives in the folder of its product"
        elif len(parts) == 3:
            address, what = f"{parts[0]}.{parts[1]}", "is a helper model of no product"
            rest = "helpers live in dbt/models/<domain>/<product>/"
        else:
            yield Problem(
                path, 0, "lies where no build looks", "helpers live in dbt/models/<domain>/<product>/"
            )
            continue
        if address not in view.mesh.products and not view.is_broken(address):
            yield Problem(path, 0, what, did_you_mean(address, view.mesh.products) or rest)


def _folders(view: View) -> Iterator[Problem]:
    dags = view.root / "dags"
    for path in sorted(dags.iterdir()) if dags.is_dir() else ():
        if _has_dag_files(path) and not view.knows_domain(path.name):
            hint = did_you_mean(path.name, view.mesh.domains) or "a domain has a domain.yaml under domains/"
            yield Problem(path, 0, f"there is no domain {path.name!r}", hint)


def _has_dag_files(path: Path) -> bool:
    return path.is_dir() and is_name(path.name) and any(path.glob("*.py"))
