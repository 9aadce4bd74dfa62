"""What a product reads of others: its input ports, and the ports that its contract's rules refer to."""

from __future__ import annotations

from collections.abc import Iterator

from interline.contracts import Problem, Product, did_you_mean
from interline.contracts.model.row_tests import ExistsIn
from interline.contracts.yaml.reader import Document, read
from interline.review.checking.view import View
from interline.sql.expression_types import comparable, type_of


def port_problems(view: View, product: Product) -> Iterator[Problem]:
    """Find input ports that are not there or not granted, and references that lead nowhere."""
    for position, address in enumerate(product.inputs):
        yield from _input_problems(view, product, position, address)
    document: Document | None = None
    for rule in product.contract.row_rules:
        if isinstance(rule.test, ExistsIn):
            document = document or read(product.folder / "contract.yaml")
            for message, hint in _reference_problems(view, product, rule.test, rule.column):
                yield document.problem(rule.place, message, hint)


def _input_problems(view: View, product: Product, position: int, address: str) -> Iterator[Problem]:
    producer = view.mesh.products.get(address)
    if producer is None and view.is_broken(address):
        return
    own = product.domain.name
    if producer is not None and (
        producer.domain.name == own or any(role.domain == own for role in producer.contract.roles)
    ):
        return
    document = read(product.folder / "product.yaml")
    place = ("inputPorts", position, "contractId")
    if producer is None:
        domain = address.partition(".")[0]
        if not view.knows_domain(domain):
            hint = did_you_mean(domain, view.mesh.domains) or f"domains are {', '.join(view.mesh.domains)}"
            yield document.problem(place, f"there is no port {address!r}: no domain {domain!r}", hint)
            return
        of_domain = [known for known in view.mesh.products if known.startswith(f"{domain}.")]
        hint = (
            did_you_mean(address, view.mesh.products) or f"{domain} has {', '.join(of_domain) or 'no ports'}"
        )
        yield document.problem(place, f"there is no port {address!r}", hint)
        return
    where = (producer.folder / "contract.yaml").relative_to(view.root)
    yield document.problem(
        place,
        f"{product.address} reads {address}, whose contract has no role for {own}",
        f"ask {producer.domain.team.name} to add the role {own} to {where}",
    )


def _reference_problems(
    view: View, product: Product, test: ExistsIn, own: str | None
) -> Iterator[tuple[str, str]]:
    if test.is_source:
        names = [source.name for source in product.sources]
        if test.relation not in names:
            hint = did_you_mean(test.relation, names) or f"declared are {', '.join(names) or 'none'}"
            yield f"the product has no source {test.relation!r}", hint
        return
    if test.relation not in product.inputs:
        hint = did_you_mean(test.relation, product.inputs) or "add it to inputPorts in product.yaml"
        yield f"{test.relation} is no input port of {product.address}", hint
        return
    producer = view.mesh.products.get(test.relation)
    if producer is None:
        return
    contract = producer.contract
    granted = contract.column_names
    for role in contract.roles:
        if role.domain == product.domain.name != producer.domain.name:
            granted = contract.readable_by(role)
    for column in _columns(test):
        if column not in contract.column_names:
            hint = did_you_mean(column, contract.column_names)
            yield f"{test.relation} has no column {column!r}", hint
        elif column not in granted:
            yield (
                f"the role {product.domain.name} of {test.relation} may not read {column!r}",
                f"ask {producer.domain.team.name} for it",
            )
    pairs = ((own, test.column), *test.more) if own is not None else test.more
    for here, there in pairs:
        if there not in contract.column_names:
            continue
        types = product.contract.physical_types[here], contract.physical_types[there]
        if not comparable(*(type_of(physical_type) for physical_type in types)):
            message = (
                f"{here} is {types[0]}, and {test.relation}.{there} is {types[1]}: no value is ever in both"
            )
            yield message, "Redshift compares texts with texts, numbers with numbers, dates with dates"


def _columns(test: ExistsIn) -> tuple[str, ...]:
    return tuple(getattr(test, "columns", (test.column,)))
