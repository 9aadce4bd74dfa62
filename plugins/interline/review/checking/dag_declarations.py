"""What a DAG file declares against what the product promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from interline.contracts import MeshError, Problem, Product, did_you_mean
from interline.contracts.model.verbs import VERBS
from interline.review.checking.view import View, missing
from interline.review.dag_files import DagFile


def declaration_problems(view: View, product: Product) -> Iterator[Problem]:
    """Find what is wrong between a product's DAG file and its promises; a file that is no Python is reported elsewhere."""
    path = view.root / "dags" / product.domain.name / f"{product.name}.py"
    if not path.is_file():
        yield missing(path, f"the DAG file of {product.address} is missing")
        return
    try:
        declared = view.declared(path)
    except MeshError:
        return
    if declared is None:
        yield Problem(path, 0, "declares no data product", _expected(product))
        return
    if declared.times > 1:
        message = f"declares {declared.times} data products"
        yield Problem(path, declared.line, message, "one file is one product and one DAG")
    yield from _address_problems(view, path, declared, product)
    yield from _argument_problems(path, declared, product)
    yield from _runbook_problems(path, declared)
    yield from _schedule_problems(path, declared, product)
    sources = [source.name for source in product.sources]
    for line, source in declared.sources:
        if source not in sources:
            hint = did_you_mean(source, sources) or f"declared are {', '.join(sources) or 'none'}"
            yield Problem(path, line, f"{product.address} has no source {source!r} in product.yaml", hint)
    for verb in VERBS.values():
        if verb.is_required and verb.name not in declared.verbs:
            message = f"never calls {verb.name}()"
            yield Problem(path, declared.line, message, "every product is checked, then published")


def _address_problems(view: View, path: Path, declared: DagFile, product: Product) -> Iterator[Problem]:
    if declared.address == product.address:
        return
    if not declared.address:
        message = "names its product by something else than text"
        yield Problem(path, declared.line, message, _expected(product))
        return
    hint = f"its address is {product.address!r}"
    if declared.address in view.mesh.products:
        domain, _, name = declared.address.partition(".")
        hint += f"; {declared.address} is declared by dags/{domain}/{name}.py"
    yield Problem(path, declared.line, f"declares {declared.address!r}", hint)


def _argument_problems(path: Path, declared: DagFile, product: Product) -> Iterator[Problem]:
    missing_arguments = [
        argument
        for argument, is_passed in (
            ("file=__file__", declared.passes_file),
            ("doc_md=__doc__", declared.passes_runbook),
        )
        if not is_passed
    ]
    if missing_arguments:
        message = f"does not pass {' and '.join(missing_arguments)} to data_product"
        yield Problem(path, declared.line, message, _expected(product))


def _expected(product: Product) -> str:
    schedule = "" if product.inputs else 'schedule="…", '
    return f'expected `with data_product("{product.address}", {schedule}file=__file__, doc_md=__doc__):`'


def _runbook_problems(path: Path, declared: DagFile) -> Iterator[Problem]:
    text = (declared.docstring or "").strip()
    if not text:
        yield Problem(path, 1, "has no docstring", "it is the runbook: what to do when a task fails")
    elif not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        yield Problem(
            path,
            1,
            "has a docstring that is only a heading",
            "it is the runbook: what to do when a task fails",
        )


def _schedule_problems(path: Path, declared: DagFile, product: Product) -> Iterator[Problem]:
    if product.inputs and declared.has_schedule:
        message = "has a schedule, but the product has input ports"
        yield Problem(path, declared.line, message, "it runs when they publish")
    if not product.inputs and not declared.has_schedule:
        yield Problem(path, declared.line, "has no schedule", 'for example `schedule="30 4 * * *"`')
