"""What a contract promises, for a DAG's page in the Airflow UI."""

from __future__ import annotations

from collections.abc import Sequence

from interline.contracts import Contract, Product
from interline.contracts.model.row_tests import OneOf
from interline.sla.promises import promise_of


def documentation(product: Product) -> str:
    """Return the contract as Markdown, with tables."""
    contract = product.contract
    parts = [f"## Contract {contract.version}", _state(contract), contract.purpose]
    parts += [f"**Usage:** {contract.usage}"] if contract.usage else []
    parts += [f"**Limitations:** {contract.limitations}"] if contract.limitations else []
    kind = "a history of days" if contract.keeps_history else "a current state"
    parts.append(f"The port is {kind}: `{product.location}`, key {', '.join(contract.primary_key)}.")
    parts.append(_table(("column", "type", "classification", "meaning"), _columns(contract)))
    parts.append("### Who may read it")
    readers = _readers(contract)
    parts.append(
        _table(("domain", "columns", "rows", "until", "why"), readers)
        if readers
        else "Nobody but its own domain yet."
    )
    levels = [(level.property, str(level), level.description) for level in contract.service_levels]
    if levels:
        parts += ["### Service levels", _table(("promise", "value", ""), levels)]
    if contract.row_rules:
        rules = [(f"`{rule.name}`", rule.reason) for rule in contract.row_rules]
        parts += ["### A row goes to quarantine when", _table(("rule", "reason"), rules)]
    if contract.batch_rules:
        batches = [
            (f"`{rule.name}`", rule.description, "" if rule.fails else "only warns")
            for rule in contract.batch_rules
        ]
        parts += ["### A day is published only if", _table(("rule", "what holds", ""), batches)]
    parts.append(
        f"Reads {_inputs(product)}. Owner: {product.domain.team.name} <{product.domain.team.email}>."
    )
    return "\n\n".join(part for part in parts if part)


def page_and_due(product: Product) -> tuple[str, float | None]:
    """Return what a DAG shows and needs of a contract: the page, and in how many seconds a data day is due, if ever."""
    promise = promise_of(product.contract)
    return documentation(product), None if promise is None else promise.within.total_seconds()


def _state(contract: Contract) -> str:
    ends = [
        f"{what} {day.isoformat()}"
        for what, day in (("mended until", contract.end_of_support), ("readable until", contract.end_of_life))
        if day is not None
    ]
    if contract.status == "active" and not ends:
        return ""
    return f"**{', '.join([contract.status.capitalize(), *ends])}.**"


def _columns(contract: Contract) -> list[tuple[str, ...]]:
    values = {rule.column: rule.test.values for rule in contract.row_rules if isinstance(rule.test, OneOf)}
    rows: list[tuple[str, ...]] = []
    for column in contract.columns:
        marks = " (key)" if column.primary_key else " (required)" if column.required else ""
        marks += " (deprecated)" if column.deprecated else ""
        meaning = (
            f"{column.business_name}: {column.description}" if column.business_name else column.description
        )
        if column.name in values:
            meaning += f" One of {', '.join(str(value) for value in values[column.name])}."
        rows.append((f"`{column.name}`{marks}", column.physical_type, column.classification, meaning))
    return rows


def _readers(contract: Contract) -> list[tuple[str, ...]]:
    """Return who may read what, as far as each clearance goes."""
    rows: list[tuple[str, ...]] = []
    for role in contract.roles:
        readable = contract.readable_by(role)
        columns = "every column" if readable == contract.column_names else ", ".join(readable)
        if role.columns is None and readable != contract.column_names:
            columns += f" (all up to {role.clearance})"
        until = role.expires.isoformat() if role.expires else ""
        why = " ".join(part for part in (role.description, role.purpose) if part)
        rows.append((role.domain, columns, f"`{role.rows}`" if role.rows else "all", until, why))
    return rows


def _inputs(product: Product) -> str:
    named = [f"`{address}`" for address in product.inputs]
    named += [f"the source `{source.name}` ({source.format})" for source in product.sources]
    return ", ".join(named)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += [
        "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in row) + " |" for row in rows
    ]
    return "\n".join(lines)
