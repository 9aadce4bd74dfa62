"""The way back: rows of a data day accepted as they are, or corrected, and let in by the next check of that day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from interline.aws.redshift_statements import RedshiftStatementsHook
from interline.contracts import Product
from interline.contracts.problems import did_you_mean
from interline.quarantine.connection import existing_tables_of, tables_of
from interline.quarantine.contents_sql import Selection
from interline.quarantine.decisions import (
    RELEASE_COLUMNS,
    Decisions,
    binding_rules,
    decisions_of,
    decisions_query,
    layout_of,
)
from interline.quarantine.errors import QuarantineError
from interline.quarantine.release_sql import (
    Proposal,
    Signature,
    key_columns_query,
    preview_statements,
    release_statements,
    releases_query,
    undo_statements,
)
from interline.sql.existing_tables import ExistingTables

LONGEST_REASON = 4_000
"""Characters."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would come of a release, if the day were checked now."""

    selected: int
    """Rows of the quarantine that are meant."""
    decided: int
    """Rows of those about which something would be decided that is not in force already."""
    come_in: int
    """Rows of those that would then keep every rule, or be excused from it."""
    still_broken: Mapping[str, int]
    """What the others would still break, with their number."""
    changed: bool
    """The contract's columns are not what they were when the day was checked: the day's rows may look different."""


@dataclass(frozen=True, slots=True)
class Release:
    """One entry of the record: a release, or the undoing of one."""

    release_id: str
    action: str
    undoes: str | None
    data_day: str
    decided_by: str
    decided_as: str
    decided_at: str
    reason: str
    rules: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int
    undone: bool


def accepted_rules(product: Product, rule: str | None) -> tuple[str, ...]:
    """Return the rules that rows can be excused from: the one that is named, or all that can.

    Raises:
        QuarantineError: there is no such rule, or it binds every row.
    """
    contract = product.contract
    binding = binding_rules(contract)
    known = [each.name for each in contract.row_rules]
    if rule is None:
        return tuple(name for name in known if name not in binding)
    if rule in binding:
        raise QuarantineError(
            f"no row can be excused from {rule}: without it, publishing a day twice could publish the row twice."
            " Correct the value instead (--set or --corrections)"
        )
    if rule not in known:
        hint = did_you_mean(rule, known) or f"rules of rows are {', '.join(known)}"
        raise QuarantineError(f"{product.address} has no rule {rule!r} ({hint})")
    return (rule,)


def require_rule(product: Product, rule: str | None) -> None:
    """Refuse the name of a rule that no row can have broken.

    Raises:
        QuarantineError: there is none of that name.
    """
    if rule is not None and rule not in binding_rules(product.contract):
        accepted_rules(product, rule)


def preview(product: Product, hook: RedshiftStatementsHook, proposal: Proposal) -> Preview:
    """Work out what would come of a release; nothing is stored.

    Raises:
        QuarantineError: there is no such quarantine, or its rows have no keys yet.
    """
    day, existing, key_columns = _ready(product, hook, proposal.selection)
    tables = tables_of(product)
    already = Decisions()
    if tables.decisions in existing and tables.releases in existing:
        already = decisions_of(product.contract, hook.run(decisions_query(tables, day))[0].rows)
    statements = preview_statements(product.contract, tables, day, proposal, existing, already)
    results = hook.run(statements)
    selected, decided, come_in = (int(number or 0) for number in results[-2].rows[0])
    broken = {str(rule): int(count or 0) for rule, count in results[-1].rows}
    return Preview(selected, decided, come_in, broken, changed=key_columns != layout_of(product.contract))


def release(product: Product, hook: RedshiftStatementsHook, proposal: Proposal, signature: Signature) -> int:
    """Put a release on record; the next check of its day applies it. Return how many rows it is about.

    Raises:
        QuarantineError: there is no such quarantine, or no reason.
    """
    day, existing, key_columns = _ready(product, hook, proposal.selection)
    statements = release_statements(
        product.contract, tables_of(product), day, proposal, _signed(signature), existing, key_columns
    )
    return int(hook.run(statements)[-1].rows[0][0] or 0)


def undo(product: Product, hook: RedshiftStatementsHook, release_id: str, signature: Signature) -> Release:
    """Undo a release: the next check of its day checks its rows as they were built. Return what was undone.

    Raises:
        QuarantineError: there is no such release, or it is undone already.
    """
    found = {entry.release_id: entry for entry in releases(product, hook) if entry.action != "undo"}
    entry = found.get(release_id)
    if entry is None:
        hint = did_you_mean(release_id, found) or f"known are {', '.join(found) or 'none'}"
        raise QuarantineError(f"{product.address} has no release {release_id!r} ({hint})")
    if entry.undone:
        raise QuarantineError(f"release {release_id} of {product.address} is undone already")
    existing = existing_tables_of(product, hook)
    hook.run(undo_statements(product.contract, tables_of(product), release_id, _signed(signature), existing))
    return entry


def releases(product: Product, hook: RedshiftStatementsHook, day: str | None = None) -> list[Release]:
    """Return the record of releases and undoings, oldest first."""
    tables = tables_of(product)
    if tables.releases not in existing_tables_of(product, hook):
        return []
    names = [name for name, _ in RELEASE_COLUMNS]
    found = []
    for row in hook.run(releases_query(tables, day))[0].rows:
        entry = {
            name: None if value is None else str(value) for name, value in zip(names, row[:-1], strict=True)
        }
        found.append(
            Release(
                release_id=entry["release_id"] or "",
                action=entry["action"] or "",
                undoes=entry["undoes"],
                data_day=entry["data_day"] or "",
                decided_by=entry["decided_by"] or "",
                decided_as=entry["decided_as"] or "",
                decided_at=entry["decided_at"] or "",
                reason=entry["reason"] or "",
                rules=tuple(filter(None, (entry["rules"] or "").split(","))),
                columns=tuple(filter(None, (entry["corrected"] or "").split(","))),
                rows=int(entry["row_count"] or 0),
                undone=row[-1] == "true",
            )
        )
    return found


def _ready(
    product: Product, hook: RedshiftStatementsHook, selection: Selection
) -> tuple[str, ExistingTables, str]:
    """Return the day, the tables that exist, and what the day's row keys are made of."""
    if selection.day is None:
        raise QuarantineError("a release is for one data day")
    tables, existing = tables_of(product), existing_tables_of(product, hook)
    key_columns = _key_columns(product, hook, selection.day, existing)
    if tables.quarantine not in existing:
        raise QuarantineError(f"{product.address} has never been checked, so nothing is in quarantine")
    if not key_columns or "row_key" not in existing[tables.quarantine]:
        raise QuarantineError(
            f"{product.address} has no quarantine for {selection.day} whose rows have keys: check that day first"
        )
    return selection.day, existing, key_columns


def _key_columns(
    product: Product,
    hook: RedshiftStatementsHook,
    day: str,
    existing: ExistingTables,
) -> str:
    tables = tables_of(product)
    if "key_columns" not in existing.get(tables.checks, {}):
        return ""
    found = hook.run(key_columns_query(tables, day))[0].rows
    return str(found[0][0] or "") if found else ""


def _signed(signature: Signature) -> Signature:
    reason = " ".join(signature.reason.split())
    if not reason:
        raise QuarantineError("a release needs a reason: --reason")
    if len(reason) > LONGEST_REASON:
        raise QuarantineError(f"the reason has {len(reason)} characters; at most {LONGEST_REASON}")
    if not (reason + signature.decided_by).isprintable():
        raise QuarantineError("the reason, or who decides, has characters that cannot be printed")
    return replace(signature, reason=reason, decided_by=signature.decided_by[:250])
