"""What is in quarantine: counts by day and rule, and rows as far as the caller may see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from interline.aws.redshift_statements import RedshiftStatementsHook, Value
from interline.contracts import Product
from interline.contracts.model.contract import CLASSIFICATIONS, covers
from interline.contracts.problems import did_you_mean
from interline.quarantine.connection import caller_of, existing_tables_of, is_domain, tables_of
from interline.quarantine.contents_sql import Selection, counts_query, rows_query
from interline.quarantine.errors import QuarantineError
from interline.quarantine.table import OWN_COLUMNS

LOWEST_CLEARANCE = "internal"
"""What is shown to whoever asks for no more; personal and confidential values are masked."""


@dataclass(frozen=True, slots=True)
class DayCounts:
    """The quarantine of one port and data day."""

    address: str
    data_day: str
    rows: int
    rules: Mapping[str, int]
    """How many rows broke each rule; a row may break several."""
    decided: int
    """Rows about which a release in force decides: the next check of the day lets them in, or says why it cannot."""


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One row, as far as the caller may see it."""

    data_day: str
    row_key: str
    rules: tuple[str, ...]
    reason: str
    source_object: str
    batch: str
    values: Mapping[str, str | None]
    """The whole row, every value as text or masked; in the contract's order, then what the contract had once."""


def visible_columns(product: Product, clearance: str, find_caller: Callable[[], str]) -> tuple[str, ...]:
    """Return the columns whose values the caller may see; ``find_caller`` gives the caller's ARN.

    Raises:
        QuarantineError: no such clearance, or anyone but the domain wants to see more than the lowest.
    """
    if clearance not in CLASSIFICATIONS:
        hint = did_you_mean(clearance, CLASSIFICATIONS) or f"known are {', '.join(CLASSIFICATIONS)}"
        raise QuarantineError(f"{clearance!r} is no clearance ({hint})")
    if not covers(LOWEST_CLEARANCE, clearance):
        caller = find_caller()
        if not is_domain(product, caller):
            raise QuarantineError(
                f"only {product.domain.name} may see {clearance} values of {product.address};"
                f" the connection {product.domain.connection} acts as {caller}"
            )
    columns = product.contract.columns
    return tuple(column.name for column in columns if covers(clearance, column.classification))


def counts(product: Product, hook: RedshiftStatementsHook, selection: Selection) -> list[DayCounts]:
    """Return what is in quarantine, day by day; nothing where no check has ever run."""
    existing = existing_tables_of(product, hook)
    tables = tables_of(product)
    if tables.quarantine not in existing:
        return []
    has_releases = tables.releases in existing and tables.decisions in existing
    # a table that was made before rows had keys gets them with the next check
    has_releases = has_releases and "row_key" in existing[tables.quarantine]
    found = hook.run(counts_query(tables, selection, has_releases=has_releases))[0].rows
    days: dict[str, tuple[int, int, dict[str, int]]] = {}
    for day, rules, broken, decided in found:
        rows, waiting, by_rule = days.get(str(day), (0, 0, {}))
        number = int(broken or 0)
        for rule in str(rules or "").split(","):
            by_rule[rule] = by_rule.get(rule, 0) + number
        days[str(day)] = (rows + number, waiting + int(decided or 0), by_rule)
    return [
        DayCounts(
            product.address, day, rows, dict(sorted(rules.items(), key=lambda item: (-item[1], item[0]))), waiting
        )
        for day, (rows, waiting, rules) in days.items()
    ]  # fmt: skip


def rows(
    product: Product,
    hook: RedshiftStatementsHook,
    selection: Selection,
    *,
    clearance: str = LOWEST_CLEARANCE,
    limit: int = 20,
) -> list[QuarantinedRow]:
    """Return rows; a value above the clearance is masked by Redshift and never fetched.

    Raises:
        QuarantineError: the caller may not have the clearance.
    """
    tables = tables_of(product)
    columns = existing_tables_of(product, hook).get(tables.quarantine)
    if columns is None:
        return []
    visible = visible_columns(product, clearance, lambda: caller_of(hook))
    query = rows_query(product.contract, tables, selection, columns, visible, limit)
    answer = hook.run(query)[0]
    return [_row(tuple(answer.columns), row) for row in answer.rows]


def _row(names: Sequence[str], row: Sequence[Value]) -> QuarantinedRow:
    own = {name: "" for name, _ in OWN_COLUMNS}
    values: dict[str, str | None] = {}
    for name, value in zip(names, row, strict=True):
        if name.startswith("_of_"):
            values[name.removeprefix("_of_")] = None if value is None else str(value)
        else:
            own[name] = "" if value is None else str(value)
    rules = tuple(own["rule"].split(","))
    return QuarantinedRow(
        own["data_day"], own["row_key"], rules, own["reason"], own["source_object"], own["batch"], values
    )
