"""What is in a quarantine, as queries: how many rows by day and rule, and some of the rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interline.contracts.model.column_types import redshift_type
from interline.contracts.model.contract import Contract
from interline.quarantine.decisions import in_force
from interline.quarantine.row_keys import text_of
from interline.quarantine.table import OWN_COLUMNS, quarantine_names
from interline.sql.evolving_tables import former_names
from interline.sql.quoting import day_literal, identifier, literal
from interline.sql.tables import Tables

_KEY = re.compile(r"[0-9a-f]{8,64}")
MOST_KEYS = 500
"""Row keys that one selection may name: a statement of the Data API has at most 100 KB."""
MASK = "***"
"""Stands for a value that the caller may not see; what is null is shown as null."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows of a quarantine are meant: those that fit everything that is given."""

    day: str | None = None
    rule: str | None = None
    """The name of a rule that a row broke, perhaps among others."""
    row_keys: tuple[str, ...] = ()
    """Row keys, or their first eight or more characters."""

    def __post_init__(self) -> None:
        """Refuse what could not be meant.

        Raises:
            ValueError: no such day, a row key that cannot be one, or too many of them.
        """
        if self.day is not None:
            day_literal(self.day)
        if self.rule is not None and ("," in self.rule or not self.rule.isprintable()):
            raise ValueError(f"{self.rule!r} is no name of a rule")
        wrong = [key for key in self.row_keys if not _KEY.fullmatch(key)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no row key: expected 8 to 64 characters of 0-9 and a-f")
        if len(self.row_keys) > MOST_KEYS:
            raise ValueError(f"{len(self.row_keys)} row keys at once; at most {MOST_KEYS}")

    def condition(self, alias: str) -> str:
        """Return the condition in SQL over the alias of the quarantine table."""
        conditions = ["true"]
        if self.day is not None:
            conditions.append(f"{alias}.data_day = {day_literal(self.day)}")
        if self.rule is not None:
            conditions.append(has_rule(alias, literal(f",{self.rule},")))
        if self.row_keys:
            named = (f"left({alias}.row_key, {len(key)}) = {literal(key)}" for key in self.row_keys)
            conditions.append(f"({' or '.join(named)})")
        return " and ".join(conditions)


def has_rule(alias: str, rule: str) -> str:
    """Return the condition that a row broke a rule; ``rule`` is SQL, the name with a comma on either side."""
    return f"strpos(',' || {alias}.rule || ',', {rule}) > 0"


def counts_query(tables: Tables, selection: Selection, *, has_releases: bool) -> str:
    """Return the query for data day, rules broken, rows, and rows of them that a release in force decides about."""
    decided, joined = "0", ""
    if has_releases:
        joined = (
            f" left join (select distinct d.data_day, d.row_key from {tables.decisions} as d"
            f" where {in_force(tables, 'd')}) as r on r.row_key = q.row_key and r.data_day = q.data_day"
        )
        decided = "sum(case when r.row_key is not null then 1 else 0 end)"
    return (
        f"select cast(q.data_day as varchar(10)) as day, q.rule, count(*) as broken, {decided} as decided"
        f" from {tables.quarantine} as q{joined} where {selection.condition('q')}"
        " group by q.data_day, q.rule order by day, broken desc, q.rule"
    )


def rows_query(
    contract: Contract,
    tables: Tables,
    selection: Selection,
    existing: Mapping[str, str],
    visible: Sequence[str],
    limit: int,
) -> str:
    """Return the query for rows, every value as text; what is not in ``visible`` is masked before it leaves Redshift.

    The columns of the result are those of the table itself, then the contract's by their own names, then what the
    contract had once. ``existing`` are the table's columns with their types.
    """
    shown = [
        f"cast(q.{identifier(name)} as varchar(10)) as {identifier(name)}" if kind == "date" else f"q.{identifier(name)}"
        for name, kind in OWN_COLUMNS
        if name in existing
    ]  # fmt: skip
    used = {name for name, _ in OWN_COLUMNS}
    for column, stored in quarantine_names(contract).items():
        names = [name for name in (stored, *former_names(stored, existing)) if name in existing]
        used |= set(names)
        shown.append(f"{_text(names, existing, column in visible)} as {identifier('_of_' + column)}")
    shown += [
        f"{_text([name], existing, False)} as {identifier('_of_' + name)}"
        for name in existing
        if name not in used
    ]
    return (
        f"select {', '.join(shown)} from {tables.quarantine} as q where {selection.condition('q')}"
        f" order by q.data_day, q.row_key limit {int(limit)}"
    )


def _text(names: Sequence[str], existing: Mapping[str, str], visible: bool) -> str:
    """Return the first value that is there, as text, or a mask."""
    if not names:
        return "cast(null as varchar(1))"
    texts = [text_of(f"q.{identifier(name)}", _spelt(existing[name])) for name in names]
    text = texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"
    return text if visible else f"case when {text} is not null then {literal(MASK)} end"


def _spelt(physical_type: str) -> str:
    try:
        return redshift_type(physical_type)
    except ValueError:
        return physical_type
