"""Decisions about rows in quarantine, as a check applies them: rules that a row is excused from, values set right.

A decision names one row by its key and stays stored. Every check of that data day applies what is in force, so a day
that is checked again, or built again from the same input, comes out the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from interline.contracts.model.contract import DAY_COLUMN, Column, Contract
from interline.contracts.model.row_tests import Present
from interline.quarantine import row_keys
from interline.sql.evolving_tables import Columns
from interline.sql.quoting import day_literal, identifier, literal
from interline.sql.tables import Tables
from interline.sql.values import value_problem

DAY_RULE = f"{DAY_COLUMN}_is_the_data_day"
"""The rule of every history of days that its contract need not state: rows of a batch are of its data day."""

RELEASE_COLUMNS: Columns = (
    ("release_id", "varchar(32)"),
    ("action", "varchar(16)"),
    ("undoes", "varchar(32)"),
    ("data_day", "date"),
    ("decided_by", "varchar(1024)"),
    ("decided_as", "varchar(1024)"),
    ("decided_at", "timestamp"),
    ("reason", "varchar(16383)"),
    ("rules", "varchar(65535)"),
    ("corrected", "varchar(65535)"),
    ("row_count", "bigint"),
    ("key_columns", "varchar(65535)"),
    ("contract_version", "varchar(128)"),
)
"""The audit record. ``action`` is accept, correct or undo; ``key_columns`` are those that row keys were made of."""
DECISION_COLUMNS: Columns = (
    ("release_id", "varchar(32)"),
    ("data_day", "date"),
    ("row_key", f"varchar({row_keys.LENGTH})"),
    ("rule", "varchar(1024)"),
    ("column_name", "varchar(127)"),
    ("value", "varchar(65535)"),
)
"""Either ``rule`` or ``column_name`` is set; a ``value`` that is null sets the column to null."""


def binding_rules(contract: Contract) -> frozenset[str]:
    """Return the rules that no row can be excused from: without a key or a day, publishing twice would add it twice."""
    keys = {rule.name for rule in contract.row_rules
            if isinstance(rule.test, Present) and rule.column in contract.primary_key}  # fmt: skip
    return frozenset(keys | {DAY_RULE})


def in_force(tables: Tables, alias: str) -> str:
    """Return the condition that nobody has undone the release of a row of ``alias``."""
    undone = f"select undoes from {tables.releases} where undoes is not null"
    return f"{alias}.release_id not in ({undone})"


def decisions_query(tables: Tables, day: str) -> str:
    """Return the query whose rows ``decisions_of`` reads: what is in force for a data day, each kind of thing once."""
    return (
        "select distinct r.release_id, r.key_columns, d.rule, d.column_name, d.value"
        f" from {tables.decisions} as d join {tables.releases} as r on r.release_id = d.release_id"
        f" where d.data_day = {day_literal(day)} and {in_force(tables, 'd')}"
    )


@dataclass(frozen=True, slots=True)
class Decisions:
    """What releases in force say of a data day, as far as it still fits the contract."""

    layouts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Releases that apply, with the columns that their row keys are made of."""
    rules: tuple[str, ...] = ()
    """Rules that some row is excused from."""
    columns: tuple[str, ...] = ()
    """Columns that have a value corrected somewhere."""
    stale: tuple[str, ...] = ()
    """Releases that don't fit the contract any more, each with the reason; none of what they say applies."""

    def __bool__(self) -> bool:
        return bool(self.layouts)


def decisions_of(contract: Contract, rows: Iterable[Sequence[object]]) -> Decisions:
    """Return the decisions in the rows of ``decisions_query``."""
    entries = [tuple(None if value is None else str(value) for value in row) for row in rows]
    stale: dict[str, str] = {}
    for release, layout, _, column, value in entries:
        problem = _problem(contract, layout or "", column, value)
        if problem and release is not None:
            stale.setdefault(release, problem)
    known = {rule.name for rule in contract.row_rules} - binding_rules(contract)
    valid = [entry for entry in entries if entry[0] not in stale]
    return Decisions(
        layouts={str(release): tuple((layout or "").split(",")) for release, layout, *_ in valid},
        rules=tuple(sorted({rule for _, _, rule, _, _ in valid if rule in known})),
        columns=tuple(sorted({column for *_, column, _ in valid if column is not None})),
        stale=tuple(f"release {release} is not applied: {why}" for release, why in sorted(stale.items())),
    )


def _problem(contract: Contract, layout: str, column: str | None, value: str | None) -> str | None:
    missing = [name for name in layout.split(",") if name not in contract.column_names]
    if missing:
        return f"its rows are known by the column {missing[0]}, which the contract no longer has"
    if column is None:
        return None
    if column not in contract.column_names:
        return f"it sets the column {column}, which the contract no longer has"
    problem = None if value is None else value_problem(value, contract.column(column))
    return f"what it sets the column {column} to {problem}" if problem else None


def decided_statement(contract: Contract, tables: Tables, day: str, decisions: Decisions, name: str) -> str:
    """Return the statement that makes the temporary table ``name``: what applies to the batch, by today's row keys."""
    current = _layout(contract.columns)
    by_layout: dict[tuple[str, ...], list[str]] = {current: []}
    for release, layout in decisions.layouts.items():
        by_layout.setdefault(layout, []).append(release)
    today = row_keys.row_key(contract.columns, "b")
    parts: list[str] = []
    for layout, releases in by_layout.items():
        if not releases:
            continue
        listed = ", ".join(literal(release) for release in sorted(releases))
        stored = f"from {tables.decisions} as d where d.data_day = {day_literal(day)} and d.release_id in ({listed})"
        if layout == current:
            parts.append(f"select d.row_key, d.release_id, d.rule, d.column_name, d.value {stored}")
            continue
        then = row_keys.row_key([contract.column(column) for column in layout], "b")
        both = f"select distinct {then} as former_key, {today} as row_key from {tables.batch} as b"
        parts.append(
            f"select k.row_key, d.release_id, d.rule, d.column_name, d.value from ({both}) as k"
            f" join (select * {stored}) as d on d.row_key = k.former_key"
        )
    return f"create temporary table {name} as {' union all '.join(parts)}"


def layout_of(contract: Contract) -> str:
    """Return the columns that row keys are made of now, as a release stores them."""
    return ",".join(_layout(contract.columns))


def _layout(columns: Sequence[Column]) -> tuple[str, ...]:
    return tuple(sorted(column.name for column in columns))


def excused(number: int) -> str:
    """Return the name of the column that is 1 where a row is excused from a rule; counted from 1 in ``rules``."""
    return identifier(f"_excused_{number}")


def corrected(number: int) -> str:
    """Return the name of the column that is 1 where a value is corrected; counted from 1 in ``columns``."""
    return identifier(f"_corrected_{number}")


def as_built(number: int) -> str:
    """Return the name of the column that keeps a value as it was built; counted from 1 in ``columns``."""
    return identifier(f"_built_{number}")


def decided_batch(
    contract: Contract,
    batch: str,
    extra: Sequence[str],
    decisions: Decisions,
    decided: str,
    key: str | None = None,
) -> str:
    """Return the batch as a subquery: its columns as they are to be checked, and beside them what was decided.

    ``batch`` is a relation, ``extra`` names more of its columns, ``decided`` the table of ``decided_statement``. ``key``
    is the row key over the alias ``built``, if it is not to be made anew.
    """
    pivot = ["row_key"]
    for number, rule in enumerate(decisions.rules, start=1):
        pivot.append(f"max(case when rule = {literal(rule)} then 1 else 0 end) as {excused(number)}")
    for number, name in enumerate(decisions.columns, start=1):
        mine = f"column_name = {literal(name)}"
        pivot.append(f"max(case when {mine} then 1 else 0 end) as {corrected(number)}")
        pivot.append(f"max(case when {mine} then value end) as {_value(number)}")
    columns = []
    for column in contract.columns:
        name = identifier(column.name)
        if column.name not in decisions.columns:
            columns.append(f"b.{name}")
            continue
        number = decisions.columns.index(column.name) + 1
        value = _typed(f"d.{_value(number)}", column.physical_type)
        columns += [
            f"case when d.{corrected(number)} = 1 then {value} else b.{name} end as {name}",
            f"b.{name} as {as_built(number)}",
        ]
    flags = [excused(number + 1) for number in range(len(decisions.rules))]
    flags += [corrected(number + 1) for number in range(len(decisions.columns))]
    columns += [f"coalesce(d.{flag}, 0) as {flag}" for flag in flags]
    columns += [f"b.{identifier(name)}" for name in extra]
    key = key or row_keys.row_key(contract.columns, "built")
    return (
        f'(select {", ".join(columns)}, b."_row_key" from (select built.*, {key} as "_row_key" from {batch} as built) as b'
        f" left join (select {', '.join(pivot)} from {decided} group by row_key) as d"
        ' on d.row_key = b."_row_key")'
    )


def _value(number: int) -> str:
    return identifier(f"_value_{number}")


def _typed(text: str, physical_type: str) -> str:
    """Return a stored text as a value of the column; only texts that ``value_problem`` has passed come here."""
    if physical_type == "boolean":
        return f"({text} = 'true')"
    return f"cast({text} as {physical_type})"
