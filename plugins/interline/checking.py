"""What is wrong with the mesh, told in seconds and without AWS: addresses, files, contracts, DAG files, ports.

DAG files are read as text (their syntax tree), not run: a check needs no Airflow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from interline.contract_sql.expressions import checked_expression, checked_query
from interline.dag_files import DagFile, read_dag_file
from interline.domains import Mesh, Problem, Product, did_you_mean, is_name, read_mesh
from interline.domains.rules import ExistsIn, Holds, Query
from interline.domains.yaml_reading import read
from interline.placeholders import placeholders


def check_mesh(root: Path) -> list[Problem]:
    """Return everything that is wrong under ``root``, which holds ``domains/``, ``dags/`` and ``dbt/``.

    An empty list means: every file of every product is there and valid, the same addresses stand in all three trees,
    every port that is read exists and is granted, and no product waits for itself.
    """
    mesh, problems = read_mesh(root)
    broken = {problem.path.parent for problem in problems}
    for product in mesh.products.values():
        problems += _product_problems(mesh, product, broken)
    problems += _stray_files(root, mesh, broken)
    problems += _cycles(mesh)
    return sorted(set(problems))


def _product_problems(mesh: Mesh, product: Product, broken: set[Path]) -> Iterator[Problem]:
    root, domain, name = mesh.root, product.domain.name, product.name
    contract_file = product.folder / "contract.yaml"
    product_file = product.folder / "product.yaml"
    if "__" in name:
        yield Problem(
            product.folder,
            0,
            f"{name!r} has two underscores in a row",
            "checks keep such names to themselves",
        )
    model = root / "dbt" / "models" / domain / f"{name}.sql"
    if not model.is_file():
        yield _missing(model, f"the model of {product.address} is missing")
    dag_file = root / "dags" / domain / f"{name}.py"
    for path in (product_file, contract_file, dag_file, model):
        yield from placeholders(path)
    yield from _dag_problems(root, product)
    yield from _rule_problems(product, contract_file)
    for role in product.contract.roles:
        if role.domain not in mesh.domains:
            hint = did_you_mean(role.domain, mesh.domains) or f"known are {', '.join(mesh.domains)}"
            line = _line_of(contract_file, f"role: {role.domain}")
            yield Problem(contract_file, line, f"the role {role.domain!r} is no domain", hint)
    for address in product.inputs:
        yield from _input_problems(mesh, product, address, product_file, broken)
    document = read(contract_file)
    for rule in product.contract.row_rules:
        if isinstance(rule.test, ExistsIn):
            yield from _reference_problems(mesh, product, rule.test, document.line(rule.place), contract_file)


def _input_problems(
    mesh: Mesh, product: Product, address: str, product_file: Path, broken: set[Path]
) -> Iterator[Problem]:
    line = _line_of(product_file, address)
    producer = mesh.products.get(address)
    if producer is None:
        if mesh.root / "domains" / address.replace(".", "/") in broken:
            return
        hint = did_you_mean(address, mesh.products) or f"known are {', '.join(mesh.products)}"
        yield Problem(product_file, line, f"there is no port {address!r}", hint)
        return
    own = product.domain.name
    if producer.domain.name != own and own not in {role.domain for role in producer.contract.roles}:
        where = (producer.folder / "contract.yaml").relative_to(mesh.root)
        yield Problem(
            product_file,
            line,
            f"{product.address} reads {address}, whose contract has no role for {own}",
            f"ask {producer.domain.team.name} to add the role {own} to {where}",
        )


def _reference_problems(
    mesh: Mesh, product: Product, test: ExistsIn, line: int, contract_file: Path
) -> Iterator[Problem]:
    if test.is_source:
        names = [source.name for source in product.sources]
        if test.relation not in names:
            hint = did_you_mean(test.relation, names) or f"declared are {', '.join(names) or 'none'}"
            yield Problem(contract_file, line, f"the product has no source {test.relation!r}", hint)
        return
    producer = mesh.products.get(test.relation)
    if test.relation not in product.inputs:
        hint = did_you_mean(test.relation, product.inputs) or "add it to inputPorts in product.yaml"
        yield Problem(contract_file, line, f"{test.relation} is no input port of {product.address}", hint)
    elif producer is not None and test.column not in producer.contract.column_names:
        hint = did_you_mean(test.column, producer.contract.column_names)
        yield Problem(contract_file, line, f"{test.relation} has no column {test.column!r}", hint)


def _rule_problems(product: Product, contract_file: Path) -> Iterator[Problem]:
    """Compile every rule that holds SQL of a person, each by itself, so that each problem has its line."""
    contract = product.contract
    document = read(contract_file)
    for row_rule in contract.row_rules:
        if isinstance(row_rule.test, Holds):
            try:
                checked_expression(row_rule.test.expression, contract.column_names, "batch")
            except ValueError as error:
                yield document.problem(row_rule.place, str(error))
    for batch_rule in contract.batch_rules:
        if isinstance(batch_rule.measure, Query):
            try:
                checked_query(batch_rule.measure.sql, '"a"."b"')
            except ValueError as error:
                yield document.problem(batch_rule.place, str(error))


def _dag_problems(root: Path, product: Product) -> Iterator[Problem]:
    path = root / "dags" / product.domain.name / f"{product.name}.py"
    if not path.is_file():
        yield _missing(path, f"the DAG file of {product.address} is missing")
        return
    try:
        declared = read_dag_file(path)
    except SyntaxError as error:
        yield Problem(path, error.lineno or 0, f"is no Python: {error.msg}")
        return
    if declared is None:
        yield Problem(
            path, 0, "declares no data product", f'expected `with data_product("{product.address}"):`'
        )
        return
    yield from _declaration_problems(path, declared, product)


def _declaration_problems(path: Path, declared: DagFile, product: Product) -> Iterator[Problem]:
    if declared.address != product.address:
        yield Problem(
            path, declared.line, f"declares {declared.address!r}", f"its address is {product.address!r}"
        )
    if declared.docstring is None:
        yield Problem(path, 1, "has no docstring", "it is the runbook: what to do when a task fails")
    if product.inputs and declared.has_schedule:
        yield Problem(
            path,
            declared.line,
            "has a schedule, but the product has input ports",
            "it runs when they publish",
        )
    if not product.inputs and not declared.has_schedule:
        yield Problem(path, declared.line, "has no schedule", 'for example `schedule="30 4 * * *"`')
    sources = [source.name for source in product.sources]
    for line, source in declared.sources:
        if source not in sources:
            hint = did_you_mean(source, sources) or f"declared are {', '.join(sources) or 'none'}"
            yield Problem(path, line, f"{product.address} has no source {source!r} in product.yaml", hint)
    for verb in ("check", "publish"):
        if verb not in declared.verbs:
            yield Problem(
                path, declared.line, f"never calls {verb}()", "every product is checked, then published"
            )


def _stray_files(root: Path, mesh: Mesh, broken: set[Path]) -> Iterator[Problem]:
    """Find DAG files and models that belong to no product: mistyped names, or promises that are missing."""
    addresses = list(mesh.products)
    for path in sorted((root / "dags").glob("*/*.py")):
        if path.name.startswith("_") or path.parent.name not in mesh.domains:
            continue
        try:
            declared = read_dag_file(path)
        except SyntaxError:
            continue
        folder = root / "domains" / path.parent.name / path.stem
        if declared is None or folder in broken or f"{path.parent.name}.{path.stem}" in mesh.products:
            continue
        hint = did_you_mean(declared.address, addresses) or "write its product.yaml and contract.yaml"
        yield Problem(
            path, declared.line, f"declares {declared.address!r}, which {folder} does not promise", hint
        )
    for path in sorted((root / "dbt" / "models").glob("*/*.sql")):
        folder = root / "domains" / path.parent.name / path.stem
        if folder in broken or f"{path.parent.name}.{path.stem}" in mesh.products:
            continue
        hint = did_you_mean(f"{path.parent.name}.{path.stem}", addresses)
        helper = "a helper model lives in the folder of its product"
        yield Problem(path, 0, "is the model of no product", hint or helper)
    for path in sorted((root / "dags").iterdir()) if (root / "dags").is_dir() else ():
        if path.is_dir() and is_name(path.name) and path.name not in mesh.domains and any(path.glob("*.py")):
            if (root / "domains" / path.name) in broken:
                continue
            hint = did_you_mean(path.name, mesh.domains) or "a domain has a domain.yaml under domains/"
            yield Problem(path, 0, f"there is no domain {path.name!r}", hint)


def _cycles(mesh: Mesh) -> Iterator[Problem]:
    """Find products that wait for themselves through others."""
    done: set[str] = set()
    for start in mesh.products:
        trail: list[str] = []
        yield from _follow(mesh, start, trail, done)


def _follow(mesh: Mesh, address: str, trail: list[str], done: set[str]) -> Iterator[Problem]:
    if address in done or address not in mesh.products:
        return
    if address in trail:
        circle = [*trail[trail.index(address) :], address]
        path = mesh.products[address].folder / "product.yaml"
        line = _line_of(path, circle[1])
        yield Problem(path, line, f"waits for itself: {' → '.join(circle)}", "one of these inputs has to go")
        return
    trail.append(address)
    for following in mesh.products[address].inputs:
        yield from _follow(mesh, following, trail, done)
    trail.pop()
    done.add(address)


def _missing(path: Path, message: str) -> Problem:
    siblings: Iterable[str] = ()
    if path.parent.is_dir():
        siblings = [entry.name for entry in path.parent.iterdir()]
    return Problem(
        path, 0, message, did_you_mean(path.name, siblings) or "`./interline new product` makes one"
    )


def _line_of(path: Path, text: str) -> int:
    """Return the first line of a file that holds a text, or 0."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((number for number, line in enumerate(lines, start=1) if text in line), 0)
