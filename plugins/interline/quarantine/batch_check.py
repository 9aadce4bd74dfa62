"""The check of a batch: one transaction that sets bad rows aside, and one row of numbers about the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interline.contracts.model.column_types import redshift_type
from interline.contracts.model.contract import DAY_COLUMN, Contract
from interline.contracts.model.rules import BatchRule
from interline.contracts.problems import did_you_mean
from interline.quarantine.decisions import (
    DAY_RULE,
    Decisions,
    as_built,
    corrected,
    decided_batch,
    decided_statement,
    excused,
    layout_of,
)
from interline.quarantine.row_keys import row_key
from interline.quarantine.rule_sql import measure, row_predicate
from interline.quarantine.table import (
    CHARACTERS_OF_TEXT,
    OWN_COLUMNS,
    SOURCE_COLUMN,
    quarantine_columns,
    quarantine_names,
)
from interline.sql.evolving_tables import Columns, evolved
from interline.sql.existing_tables import ExistingTables
from interline.sql.quoting import column_list, day_literal, identifier, literal
from interline.sql.tables import Tables

CHECKS_COLUMNS: Columns = (
    ("data_day", "date"),
    ("rows_in", "bigint"),
    ("rows_checked", "bigint"),
    ("rows_quarantined", "bigint"),
    ("rows_released", "bigint"),
    ("key_columns", "varchar(65535)"),
    ("is_current", "boolean"),
    ("passed", "boolean"),
)
"""``key_columns`` are those that the row keys of the day's quarantine are made of."""
_CHECKED_ROWS = '"checked_rows"'
_DECIDED = '"decided"'
_NONE = Decisions()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The numbers of one check."""

    rows_in: int
    rows_checked: int
    """Rows that kept every rule as they were built."""
    rows_quarantined: int
    values: tuple[float | int | None, ...]
    """One a batch rule, in the contract's order."""
    rows_released: int
    """Rows that were let in by a release."""
    rows_out: int
    """Rows that may be published."""

    @property
    def balanced(self) -> bool:
        """Whether every row of the batch is in exactly one place."""
        passed = self.rows_checked + self.rows_released
        return self.rows_in == passed + self.rows_quarantined and self.rows_out == passed


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """The statements of one check, to be run in one transaction, in order.

    Afterwards the batch is current but has not passed: that only ``passing_statement`` says, once the numbers are
    known to keep the contract.
    """

    statements: tuple[str, ...]
    """The last two give rows: the numbers, then how many rows broke each rule. The one before them, if there are
    decisions: releases, with how many of their rows did not come in."""
    batch_rules: tuple[BatchRule, ...]
    has_decisions: bool = False
    preparing: tuple[str, ...] = ()
    """What gives tables that are there the columns that they lack; to be run before, in any number of transactions. One for
    each column, so of a contract that has gained many they would not fit into one transaction of the Data API."""

    def result(self, row: Sequence[float | int | None]) -> CheckResult:
        """Return the row of numbers with names.

        Raises:
            ValueError: the row has not one number for each measure of this plan.
        """
        if len(row) != 5 + len(self.batch_rules):
            raise ValueError(f"{len(row)} numbers for {5 + len(self.batch_rules)} measures")
        rows_in, rows_checked, quarantined = (int(number or 0) for number in row[:3])
        released, out = (int(number or 0) for number in row[-2:])
        return CheckResult(rows_in, rows_checked, quarantined, tuple(row[3:-2]), released, out)


def plan_check(
    contract: Contract,
    tables: Tables,
    day: str,
    existing: ExistingTables,
    *,
    decisions: Decisions = _NONE,
    source: str = "",
    names_source: bool = False,
    batch: str = "",
) -> CheckPlan:
    """Return what has to be run to check a batch.

    ``existing`` are the product's tables that are there already. ``source`` says where the batch's rows came from, for rows that don't
    say it themselves; ``names_source`` says that the model selects a ``source_object``. ``batch`` names the run.
    Running it again for the same day gives the same tables: what dbt built is only read.

    Raises:
        ValueError: the data day or SQL in the contract is not what it should be.
    """
    columns = column_list(contract.column_names)
    preparing: list[str] = []
    creating: dict[str, list[str]] = {}
    for table, table_columns in (
        (tables.quarantine, quarantine_columns(contract)),
        (tables.checks, CHECKS_COLUMNS),
    ):
        needed = evolved(table, table_columns, existing.get(table))
        creating[table] = [] if table in existing else needed
        preparing += needed if table in existing else []
    statements = [decided_statement(contract, tables, day, decisions, _DECIDED)] if decisions else []
    statements += [
        _checked_rows_statement(contract, tables, day, decisions, names_source),
        *creating[tables.quarantine],
        f"delete from {tables.quarantine} where data_day = {day_literal(day)}",
        _set_aside(contract, tables, day, decisions, source, batch, names_source),
        f"drop table if exists {tables.checked}",
        f"create table {tables.checked} as select {columns} from {_CHECKED_ROWS} where _broken_rules = ''",
        *creating[tables.checks],
        f"update {tables.checks} set is_current = false where is_current",
        f"delete from {tables.checks} where data_day = {day_literal(day)}",
        f"insert into {tables.checks} ({column_list(tuple(name for name, _ in CHECKS_COLUMNS))})"
        f" select {day_literal(day)}, {', '.join(_counts(tables, day))}, {_RELEASED_COUNT},"
        f" {literal(layout_of(contract))}, true, false",
    ]
    if decisions:
        statements.append(_missed_query())
    statements += [
        f"select {_numbers(contract, tables, day)}",
        f"select rule, count(*) as broken from {tables.quarantine} where data_day = {day_literal(day)}"
        " group by rule order by broken desc, rule limit 100",
    ]
    return CheckPlan(tuple(statements), contract.batch_rules, bool(decisions), tuple(preparing))


def passing_statement(tables: Tables, day: str, *, is_noted: bool = False) -> str:
    """Return the statement by which the batch that was checked may be published.

    With ``is_noted``, builds note their day (``begin_build``): then it may only if no other build has begun since, for the rows
    that were checked may have been that one's.
    """
    still = f" and {day_literal(day)} in (select data_day from {tables.built})" if is_noted else ""
    return (
        f"update {tables.checks} set passed = true where is_current and data_day = {day_literal(day)}{still}"
    )


def row_check_query(
    contract: Contract, tables: Tables, day: str, batch: str, decisions: Decisions, more: Sequence[str] = ()
) -> str:
    """Return the query that checks the rows of ``batch``, a relation or a subquery.

    Beside the contract's columns and ``more`` expressions over the alias ``batch`` it gives ``_broken_rules``, the names
    of what each row breaks with a comma before each, ``_reasons``, ``_excused_rules`` and ``_corrected``.
    """
    conditions, joins = _conditions(contract, tables, day)
    broken, reasons, excused_from = [], [], []
    for condition in conditions:
        text = literal("," + condition.name)
        if condition.name in decisions.rules:
            flag = f"batch.{excused(decisions.rules.index(condition.name) + 1)}"
            excused_from.append(f"case when ({condition.breaks}) and {flag} = 1 then {text} else '' end")
            applies = f"({condition.breaks}) and {flag} = 0"
        else:
            applies = condition.breaks
        broken.append(f"case when {applies} then {text} else '' end")
        reasons.append(f"case when {applies} then {literal('; ' + condition.reason)} else '' end")
    flags = [f"batch.{corrected(number + 1)}" for number in range(len(decisions.columns))]
    built = [f"batch.{as_built(number + 1)}" for number in range(len(decisions.columns))]
    empty = "cast('' as varchar(1))"
    return (
        f"select {', '.join([column_list(contract.column_names, 'batch'), *built, *more])},"
        f" {' || '.join(broken) or empty} as _broken_rules, {' || '.join(reasons) or empty} as _reasons,"
        f" {' || '.join(excused_from) or empty} as _excused_rules, {' + '.join(flags) or '0'} as _corrected"
        f" from {batch} as batch{joins}"
    )


@dataclass(frozen=True, slots=True)
class _Condition:
    """What every row has to keep: ``breaks`` is a predicate over the alias ``batch``, true for rows that don't."""

    name: str
    reason: str
    breaks: str


def _conditions(contract: Contract, tables: Tables, day: str) -> tuple[list[_Condition], str]:
    """Return what each row has to keep, and the joins that it takes."""
    conditions: list[_Condition] = []
    joins: list[str] = []
    for rule in contract.row_rules:
        predicate, join = row_predicate(contract, rule, tables, day, len(joins) + 1)
        joins += [join] if join else []
        conditions.append(_Condition(rule.name, rule.reason, predicate))
    if contract.keeps_history:
        column = f"batch.{identifier(DAY_COLUMN)}"
        reason = f"{DAY_COLUMN} is not {day}, the data day of the batch"
        conditions.append(
            _Condition(DAY_RULE, reason, f"({column} is null or {column} <> {day_literal(day)})")
        )
    return conditions, "".join(joins)


def _checked_rows_statement(
    contract: Contract, tables: Tables, day: str, decisions: Decisions, names_source: bool
) -> str:
    extra = [SOURCE_COLUMN] if names_source else []
    batch = tables.batch
    if decisions:
        batch = decided_batch(contract, batch, extra, decisions, _DECIDED)
    more = [f'batch.{identifier(name)} as "_{name}"' for name in extra]
    if decisions:
        more.append('batch."_row_key"')
    query = row_check_query(contract, tables, day, batch, decisions, more)
    return f"create temporary table {_CHECKED_ROWS} as {query}"


def _set_aside(
    contract: Contract,
    tables: Tables,
    day: str,
    decisions: Decisions,
    source: str,
    batch: str,
    names_source: bool,
) -> str:
    """Return the statement that keeps the rows that broke a rule, as they were built."""
    names = quarantine_names(contract)
    stored = column_list((*(name for name, _ in OWN_COLUMNS), *names.values()))
    rows = [
        as_built(decisions.columns.index(name) + 1) if name in decisions.columns else identifier(name)
        for name in contract.column_names
    ]
    key = '"_row_key"' if decisions else row_key(contract.columns, "j")
    reasons = "ltrim(_reasons, '; ')"
    if decisions.columns:
        reasons += " || case when _corrected > 0 then '; checked as a release corrects it' else '' end"
    origin = literal(source[:CHARACTERS_OF_TEXT])
    if names_source:
        origin = f'coalesce("_{SOURCE_COLUMN}", {origin})'
    return (
        f"insert into {tables.quarantine} ({stored}) select {day_literal(day)}, ltrim(_broken_rules, ','),"
        f" left({reasons}, {CHARACTERS_OF_TEXT}), {key}, {origin}, {literal(batch[:250])}, {', '.join(rows)}"
        f" from {_CHECKED_ROWS} as j where _broken_rules <> ''"
    )


_RELEASED = "_broken_rules = '' and (_excused_rules <> '' or _corrected > 0)"
_RELEASED_COUNT = f"(select count(*) from {_CHECKED_ROWS} where {_RELEASED})"


def _missed_query() -> str:
    """Return the query for how many rows of each release did not come in, for those that miss some."""
    return (
        f"select d.release_id, count(distinct d.row_key) as missed from {_DECIDED} as d left join"
        f' (select distinct "_row_key" as row_key from {_CHECKED_ROWS} where {_RELEASED}) as j on j.row_key = d.row_key'
        " where j.row_key is null group by d.release_id order by d.release_id limit 100"
    )


def _counts(tables: Tables, day: str) -> list[str]:
    unbroken = "_broken_rules = '' and _excused_rules = '' and _corrected = 0"
    return [
        f"(select count(*) from {tables.batch})",
        f"(select count(*) from {_CHECKED_ROWS} where {unbroken})",
        f"(select count(*) from {tables.quarantine} where data_day = {day_literal(day)})",
    ]


def _numbers(contract: Contract, tables: Tables, day: str) -> str:
    measures = [
        f"{measure(contract, rule, tables, day)} as measure_{number}"
        for number, rule in enumerate(contract.batch_rules, start=1)
    ]
    out = f"(select count(*) from {tables.checked}) as rows_out"
    return ", ".join([*_counts(tables, day), *measures, f"{_RELEASED_COUNT} as rows_released", out])


def schema_differences(contract: Contract, found: Mapping[str, str]) -> list[str]:
    """Return how the columns of what was built differ from the contract's, in a person's words."""
    differences: list[str] = []
    expected = {column.name: column.physical_type for column in contract.columns}
    for name, physical_type in expected.items():
        if name not in found:
            hint = did_you_mean(name, [other for other in found if other not in expected])
            differences.append(f"the column {name} is missing" + (f" ({hint})" if hint else ""))
        elif not _same_type(physical_type, found[name]):
            differences.append(f"the column {name} is {found[name]}, the contract says {physical_type}")
    differences += [f"the column {name} is not in the contract" for name in found if name not in expected]
    return differences


def _same_type(expected: str, found: str) -> bool:
    try:
        return redshift_type(found) == expected
    except ValueError:
        return False
