"""A release as SQL: which decisions it would add, what would come of them, and putting them on record.

Everything is worked out from the quarantine inside Redshift, so that releasing a million rows moves none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from interline.contracts.model.contract import Contract
from interline.quarantine.batch_check import row_check_query
from interline.quarantine.contents_sql import Selection, has_rule
from interline.quarantine.decisions import (
    DECISION_COLUMNS,
    RELEASE_COLUMNS,
    Decisions,
    decided_batch,
    in_force,
)
from interline.quarantine.table import quarantine_names
from interline.sql.evolving_tables import evolved
from interline.sql.existing_tables import ExistingTables
from interline.sql.quoting import column_list, day_literal, identifier, literal
from interline.sql.tables import Tables

_PROPOSED = '"proposed"'
_WRITTEN = '"written"'
_DECIDED = '"decided"'
LONGEST_STATEMENT = 90_000
"""Bytes; a statement of the Data API has at most 100 KB."""
MOST_STATEMENTS = 24
"""Statements of literal corrections: a batch of the Data API has at most 40 statements."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One value of one row set right; a value that is None is null. The text is one that ``value_problem`` passes."""

    row_key: str
    column: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a release would decide: about the rows selected, rules to excuse and values to set, or about single rows."""

    selection: Selection
    rules: tuple[str, ...] = ()
    values: tuple[tuple[str, str | None], ...] = ()
    """Columns of every selected row, with what they are set to."""
    corrections: tuple[Correction, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are corrected somewhere."""
        return tuple(sorted({name for name, _ in self.values} | {each.column for each in self.corrections}))


class TooLarge(ValueError):
    """More corrections than one release can carry."""


def preview_statements(
    contract: Contract,
    tables: Tables,
    day: str,
    proposal: Proposal,
    existing: ExistingTables,
    in_force_already: Decisions,
) -> list[str]:
    """Return statements that store nothing; the last two give rows.

    First: rows selected, rows about which something new would be decided, rows of those that would come in. Then: how
    many of them would still break which rules.

    Raises:
        TooLarge: there are too many corrections for one transaction.
    """
    both = Decisions(
        rules=tuple(sorted({*proposal.rules, *in_force_already.rules})),
        columns=tuple(sorted({*proposal.columns, *in_force_already.columns})),
    )
    decided = f"select row_key, rule, column_name, value from {_PROPOSED}"
    if in_force_already:
        ids = ", ".join(literal(release) for release in in_force_already.layouts)
        decided += (
            f" union all select d.row_key, d.rule, d.column_name, d.value from {tables.decisions} as d"
            f" where d.data_day = {day_literal(day)} and d.release_id in ({ids})"
        )
    batch = decided_batch(
        contract,
        _as_batch(contract, tables, proposal.selection, existing[tables.quarantine]),
        ["_quarantine_key"],
        both,
        _DECIDED,
        key='built."_quarantine_key"',
    )
    query = row_check_query(contract, tables, day, batch, both)
    return [
        *_proposed(tables, day, proposal, has_decisions=tables.decisions in existing),
        f"create temporary table {_DECIDED} as {decided}",
        f'create temporary table "checked_rows" as {query}',
        f"select (select count(*) from {tables.quarantine} as q where {proposal.selection.condition('q')}),"
        ' (select count(*) from "checked_rows"), (select count(*) from "checked_rows" where _broken_rules = \'\')',
        "select ltrim(_broken_rules, ',') as rule, count(*) as broken from \"checked_rows\" where _broken_rules <> ''"
        " group by 1 order by broken desc, rule limit 100",
    ]


@dataclass(frozen=True, slots=True)
class Signature:
    """Who decides, when (UTC, ``YYYY-MM-DD hh:mm:ss``) and why, as it is put on record."""

    release_id: str
    decided_by: str
    decided_as: str
    decided_at: str
    reason: str


def release_statements(
    contract: Contract,
    tables: Tables,
    day: str,
    proposal: Proposal,
    signature: Signature,
    existing: ExistingTables,
    key_columns: str,
) -> list[str]:
    """Return the statements of a release, one transaction; the last gives how many rows it is about.

    Raises:
        TooLarge: there are too many corrections for one transaction.
    """
    action = "correct" if proposal.columns else "accept"
    values = [
        signature.release_id, action, None, day, signature.decided_by, signature.decided_as, signature.decided_at,
        signature.reason, ",".join(proposal.rules) or None, ",".join(proposal.columns) or None,
    ]  # fmt: skip
    count = f"(select count(distinct row_key) from {_PROPOSED})"
    return [
        *evolved(tables.decisions, DECISION_COLUMNS, existing.get(tables.decisions)),
        *evolved(tables.releases, RELEASE_COLUMNS, existing.get(tables.releases)),
        *_proposed(tables, day, proposal, has_decisions=True),
        f"insert into {tables.decisions} (release_id, data_day, row_key, rule, column_name, value)"
        f" select {literal(signature.release_id)}, {day_literal(day)}, row_key, rule, column_name, value from {_PROPOSED}",
        f"insert into {tables.releases} ({column_list(tuple(name for name, _ in RELEASE_COLUMNS))})"
        f" select {_typed(values)}, {count}, {literal(key_columns)}, {literal(contract.version)}"
        f" where {count} > 0",
        f"select count(distinct row_key) from {_PROPOSED}",
    ]


def undo_statements(
    contract: Contract,
    tables: Tables,
    release_id: str,
    signature: Signature,
    existing: ExistingTables,
) -> list[str]:
    """Return the statements that undo a release which is in force; the record keeps both."""
    values = [
        signature.release_id, "undo", release_id, None, signature.decided_by, signature.decided_as,
        signature.decided_at, signature.reason, None, None,
    ]  # fmt: skip
    typed = _typed(values[:3]) + ", r.data_day, " + _typed(values[4:], first=4)
    return [
        *evolved(tables.releases, RELEASE_COLUMNS, existing.get(tables.releases)),
        f"insert into {tables.releases} ({column_list(tuple(name for name, _ in RELEASE_COLUMNS))})"
        f" select {typed}, r.row_count, r.key_columns, {literal(contract.version)}"
        f" from {tables.releases} as r where r.release_id = {literal(release_id)} and r.action <> 'undo'"
        f" and {in_force(tables, 'r')}",
    ]


def _typed(values: Sequence[str | None], first: int = 0) -> str:
    listed = []
    for value, (_, kind) in zip(values, RELEASE_COLUMNS[first:], strict=False):
        written = "null" if value is None else literal(value)
        listed.append(f"cast({written} as {kind})")
    return ", ".join(listed)


def _proposed(tables: Tables, day: str, proposal: Proposal, *, has_decisions: bool) -> list[str]:
    """Return the statements that fill the temporary table of what is decided anew.

    What a release in force has decided already is left out: releasing twice is releasing once.
    """
    types = ", ".join(f"{identifier(name)} {kind}" for name, kind in DECISION_COLUMNS[2:])
    statements = [f"create temporary table {_PROPOSED} ({types})"]
    taken = (
        f"select d.row_key, d.rule, d.column_name from {tables.decisions} as d"
        f" where d.data_day = {day_literal(day)} and {in_force(tables, 'd')}"
    )
    chosen = f"{tables.quarantine} as q"
    where = (
        f"{proposal.selection.condition('q')} and q.data_day = {day_literal(day)} and q.row_key is not null"
    )
    if proposal.rules:
        rules = " union all ".join(f"select {literal(rule)} as rule" for rule in proposal.rules)
        broke = has_rule("q", "',' || n.rule || ','")
        statements.append(
            f"insert into {_PROPOSED} (row_key, rule) select distinct q.row_key, n.rule from {chosen}"
            f" join ({rules}) as n on {broke}"
            + _without(f"select t.row_key, t.rule from ({taken}) as t", "t.rule = n.rule", has_decisions)
            + f" where {where}"
            + (" and t.row_key is null" if has_decisions else "")
        )
    for name, value in proposal.values:
        same = f"select distinct t.row_key from ({taken}) as t where t.column_name = {literal(name)}"
        text = "cast(null as varchar(1))" if value is None else literal(value)
        statements.append(
            f"insert into {_PROPOSED} (row_key, column_name, value)"
            f" select distinct q.row_key, {literal(name)}, {text} from {chosen}"
            + _without(same, None, has_decisions)
            + f" where {where}"
            + (" and t.row_key is null" if has_decisions else "")
        )
    if proposal.corrections:
        same = f"select distinct t.row_key, t.column_name from ({taken}) as t where t.column_name is not null"
        statements += [
            f"create temporary table {_WRITTEN} ({types})",
            *_written(proposal.corrections),
            f"insert into {_PROPOSED} (row_key, column_name, value)"
            f" select distinct q.row_key, c.column_name, c.value from {chosen} join {_WRITTEN} as c"
            " on c.row_key = q.row_key"
            + _without(same, "t.column_name = c.column_name", has_decisions)
            + f" where {where}"
            + (" and t.row_key is null" if has_decisions else ""),
        ]
    return statements


def _without(taken: str, also: str | None, has_decisions: bool) -> str:
    if not has_decisions:
        return ""
    condition = f" and {also}" if also else ""
    return f" left join ({taken}) as t on t.row_key = q.row_key{condition}"


def _written(corrections: Iterable[Correction]) -> list[str]:
    """Return the statements that put corrections into their temporary table, each short enough for the Data API.

    Raises:
        TooLarge: they are more than fit one transaction.
    """
    begin = f"insert into {_WRITTEN} (row_key, column_name, value) values "
    chunks: list[list[str]] = [[]]
    size = 0
    for each in corrections:
        value = "null" if each.value is None else literal(each.value)
        entry = f"({literal(each.row_key)}, {literal(each.column)}, {value})"
        length = len(entry.encode()) + 2
        if length > LONGEST_STATEMENT:
            raise TooLarge(
                f"the value for {each.column} of row {each.row_key[:12]} is too long for one statement"
            )
        if size + length > LONGEST_STATEMENT:
            chunks.append([])
            size = 0
        chunks[-1].append(entry)
        size += length
    if len(chunks) > MOST_STATEMENTS:
        raise TooLarge("these are too many corrections for one release; split the file")
    return [begin + ", ".join(chunk) for chunk in chunks]


def _as_batch(contract: Contract, tables: Tables, selection: Selection, columns: Mapping[str, str]) -> str:
    """Return the selected rows of the quarantine about which something is proposed, as if they were the batch."""
    selected = []
    for column, stored in quarantine_names(contract).items():
        kind = contract.column(column).physical_type
        value = f"q.{identifier(stored)}" if stored in columns else "null"
        selected.append(f"cast({value} as {kind}) as {identifier(column)}")
    return (
        f'(select {", ".join(selected)}, q.row_key as "_quarantine_key" from {tables.quarantine} as q'
        f" where {selection.condition('q')} and q.row_key in (select row_key from {_PROPOSED}))"
    )


def releases_query(tables: Tables, day: str | None) -> str:
    """Return the query for the record of releases, in the order of their time, with a last column: undone or not."""
    columns = [
        f"cast(r.{name} as varchar(32))" if kind in ("date", "timestamp") else f"r.{name}"
        for name, kind in RELEASE_COLUMNS
    ]
    where = "" if day is None else f" where r.data_day = {day_literal(day)}"
    return (
        f"select {', '.join(columns)}, case when {in_force(tables, 'r')} then 'false' else 'true' end"
        f" from {tables.releases} as r{where} order by r.decided_at, r.release_id"
    )


def key_columns_query(tables: Tables, day: str) -> str:
    """Return the query for what the row keys of a day's quarantine are made of."""
    return f"select key_columns from {tables.checks} where data_day = {day_literal(day)}"
