"""Judging a batch: one transaction that sets bad rows aside, and one row of numbers about the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interline.contract_sql.quoting import column_list, day_literal, identifier, literal
from interline.contract_sql.rules import Reference, breaks, measure, reference_of
from interline.contract_sql.tables import Tables
from interline.domains.contract import Contract
from interline.domains.problems import did_you_mean
from interline.domains.rules import BatchRule, ExistsIn
from interline.domains.types import redshift_type

QUARANTINE_COLUMNS = (("data_day", "date"), ("rule", "varchar(1024)"), ("reason", "varchar(4096)"))
"""In front of the batch's own columns; a batch's own ``data_day`` is kept as ``batch_data_day``."""
_JUDGED = "judged"


@dataclass(frozen=True, slots=True)
class Measured:
    """The numbers of one check, in the order of the select list."""

    rows_in: int
    rows_checked: int
    rows_quarantined: int
    values: tuple[float | int | None, ...]
    """One a batch rule, in the contract's order."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The statements of one check, to be run in one transaction, in order.

    Afterwards the batch is current but has not passed: that only ``passing_statement`` says, once the numbers are
    seen to keep the contract.
    """

    statements: tuple[str, ...]
    """The last two give rows: the numbers, then how many rows broke each rule."""
    batch_rules: tuple[BatchRule, ...]

    def measured(self, row: Sequence[float | int | None]) -> Measured:
        """Return the row of numbers with names.

        Raises:
            ValueError: the row is not of this judgement.
        """
        if len(row) != 3 + len(self.batch_rules):
            raise ValueError(f"{len(row)} numbers for {3 + len(self.batch_rules)} measures")
        rows_in, rows_checked, quarantined = (int(number or 0) for number in row[:3])
        return Measured(rows_in, rows_checked, quarantined, tuple(row[3:]))


def judgement(
    contract: Contract, tables: Tables, day: str, kept_columns: Mapping[str, str] | None
) -> Judgement:
    """Return what has to be run to check a batch.

    ``kept_columns`` are the columns that the quarantine table has already, with their types, or None if there is no
    such table. Running it again for the same day gives the same tables: what dbt built is only read.

    Raises:
        ValueError: the data day or SQL in the contract is not what it should be.
    """
    set_aside = quarantine_columns(contract)
    reasons, rules, joins = _judging_expressions(contract, tables, day)
    columns = column_list(contract.column_names)
    judged = identifier(_JUDGED)
    stored = column_list(tuple(name for name, _ in set_aside))
    statements = [
        f"create temporary table {judged} as select {column_list(contract.column_names, 'batch')},"
        f" {rules} as broken_rules, {reasons} as reasons from {tables.batch} as batch{joins}",
        *_quarantine_ddl(tables, set_aside, kept_columns),
        f"delete from {tables.quarantine} where data_day = {day_literal(day)}",
        f"insert into {tables.quarantine} ({stored}) select {day_literal(day)}, left(ltrim(broken_rules, ','), 1024),"
        f" left(ltrim(reasons, '; '), 4096), {columns} from {judged} where broken_rules <> ''",
        f"drop table if exists {tables.checked}",
        f"create table {tables.checked} as select {columns} from {judged} where broken_rules = ''",
        f"create table if not exists {tables.ledger} (data_day date, rows_in bigint, rows_checked bigint,"
        " rows_quarantined bigint, is_current boolean, passed boolean)",
        f"update {tables.ledger} set is_current = false where is_current",
        f"delete from {tables.ledger} where data_day = {day_literal(day)}",
        f"insert into {tables.ledger} (data_day, rows_in, rows_checked, rows_quarantined, is_current, passed)"
        f" select {day_literal(day)}, {_counts(tables, day)}, true, false",
        f"select {_numbers(contract, tables, day)}",
        f"select rule, count(*) as broken from {tables.quarantine} where data_day = {day_literal(day)}"
        " group by rule order by broken desc, rule limit 100",
    ]
    return Judgement(tuple(statements), contract.batch_rules)


def passing_statement(tables: Tables, day: str) -> str:
    """Return the statement by which the batch that was judged may be published."""
    return f"update {tables.ledger} set passed = true where is_current and data_day = {day_literal(day)}"


def quarantine_columns(contract: Contract) -> tuple[tuple[str, str], ...]:
    """Return the names and types of the quarantine table's columns."""
    taken = {name for name, _ in QUARANTINE_COLUMNS}
    own = ((f"batch_{c.name}" if c.name in taken else c.name, c.physical_type) for c in contract.columns)
    return (*QUARANTINE_COLUMNS, *own)


def schema_differences(contract: Contract, found: Mapping[str, str]) -> list[str]:
    """Return how the columns of what was built differ from the contract's, in a person's words."""
    differences: list[str] = []
    promised = {column.name: column.physical_type for column in contract.columns}
    for name, physical_type in promised.items():
        if name not in found:
            hint = did_you_mean(name, [other for other in found if other not in promised])
            differences.append(f"the column {name} is missing" + (f" ({hint})" if hint else ""))
        elif not _same_type(physical_type, found[name]):
            differences.append(f"the column {name} is {found[name]}, the contract says {physical_type}")
    differences += [f"the column {name} is not in the contract" for name in found if name not in promised]
    return differences


def _same_type(promised: str, found: str) -> bool:
    try:
        return redshift_type(found) == promised
    except ValueError:
        return False


def _quarantine_ddl(
    tables: Tables, wanted: tuple[tuple[str, str], ...], existing: Mapping[str, str] | None
) -> list[str]:
    if existing is None:
        listed = ", ".join(f"{identifier(name)} {physical_type}" for name, physical_type in wanted)
        return [f"create table if not exists {tables.quarantine} ({listed})"]
    return [
        f"alter table {tables.quarantine} add column {identifier(name)} {physical_type}"
        for name, physical_type in wanted
        if name not in existing
    ]


def _judging_expressions(contract: Contract, tables: Tables, day: str) -> tuple[str, str, str]:
    """Return the reasons and the rule names of each row as two texts, and the joins that they need."""
    reasons: list[str] = []
    rules: list[str] = []
    joins: list[str] = []
    references: dict[ExistsIn, Reference] = {}
    for rule in contract.row_rules:
        reference: Reference | None = None
        if isinstance(rule.test, ExistsIn) and rule.column is not None:
            reference = reference_of(rule.test, tables, len(joins) + 1, day)
            joins.append(
                f" left join ({reference.select}) as {reference.alias}"
                f" on batch.{identifier(rule.column)} = {reference.alias}.{reference.column}"
            )
            references[rule.test] = reference
        predicate = breaks(contract, rule.column, rule.test, "batch", reference)
        reasons.append(f"case when {predicate} then {literal('; ' + rule.reason)} else '' end")
        rules.append(f"case when {predicate} then {literal(',' + rule.name)} else '' end")
    empty = "cast('' as varchar(1))"
    return " || ".join(reasons) or empty, " || ".join(rules) or empty, "".join(joins)


def _counts(tables: Tables, day: str) -> str:
    return (
        f"(select count(*) from {tables.batch}), (select count(*) from {tables.checked}),"
        f" (select count(*) from {tables.quarantine} where data_day = {day_literal(day)})"
    )


def _numbers(contract: Contract, tables: Tables, day: str) -> str:
    measures = [
        f"{measure(contract, rule, tables, day)} as measure_{number}"
        for number, rule in enumerate(contract.batch_rules, start=1)
    ]
    return ", ".join([_counts(tables, day), *measures])
