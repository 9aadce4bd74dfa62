"""What a contract promises, for a DAG's page in the Airflow UI."""

from __future__ import annotations

from interline.domains import Product


def documentation(product: Product) -> str:
    """Return the contract as Markdown, with tables."""
    contract = product.contract
    parts = [f"## Contract {contract.version}", contract.purpose]
    parts += [f"**Usage:** {contract.usage}"] if contract.usage else []
    parts += [f"**Limitations:** {contract.limitations}"] if contract.limitations else []
    kind = "a history of days" if contract.keeps_history else "a current state"
    parts.append(f"The port is {kind}: `{product.location}`, key {', '.join(contract.primary_key)}.")
    parts.append(_table(("column", "type", "classification", "meaning"), _columns(product)))
    parts.append("### Who may read it")
    readers = [
        (role.domain, "every column" if role.columns is None else ", ".join(role.columns), role.description)
        for role in contract.roles
    ]
    parts.append(
        _table(("domain", "columns", "why"), readers) if readers else "Nobody but its own domain yet."
    )
    levels = [(level.property, str(level), level.description) for level in contract.service_levels]
    if levels:
        parts += ["### Service levels", _table(("promise", "value", ""), levels)]
    parts.append(f"{len(contract.row_rules)} row rules, {len(contract.batch_rules)} batch rules.")
    parts.append(
        f"Reads {_inputs(product)}. Owner: {product.domain.team.name} <{product.domain.team.email}>."
    )
    return "\n\n".join(part for part in parts if part)


def _columns(product: Product) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for column in product.contract.columns:
        marks = " (key)" if column.primary_key else " (required)" if column.required else ""
        rows.append(
            (f"`{column.name}`{marks}", column.physical_type, column.classification, column.description)
        )
    return rows


def _inputs(product: Product) -> str:
    named = [f"`{address}`" for address in product.inputs]
    named += [f"the source `{source.name}` ({source.format})" for source in product.sources]
    return ", ".join(named)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
