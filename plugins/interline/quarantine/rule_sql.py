"""A contract's rules in Redshift SQL: row rules as predicates, batch rules as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from interline.contracts.model.column_types import base_type
from interline.contracts.model.contract import Contract
from interline.contracts.model.names import split_address
from interline.contracts.model.row_tests import Constant, ExistsIn
from interline.contracts.model.rules import (
    BatchRule,
    Breaking,
    Duplicates,
    HoursOld,
    Query,
    RowCount,
    RowRule,
)
from interline.sql.predicates import checked_expression, checked_query
from interline.sql.quoting import column_list, day_literal, identifier, literal
from interline.sql.tables import Tables


@dataclass(frozen=True, slots=True)
class Reference:
    """A set of known values that a row rule joins: ``column`` of the subquery ``select`` under ``alias``."""

    alias: str
    column: str
    select: str
    more: tuple[tuple[str, str], ...] = ()
    """Further columns of the row, each with the subquery's column that it has to meet."""

    def join(self, column: str, row: str) -> str:
        """Return the join of the known values to the rows of the alias ``row``, by its ``column`` and ``more``."""
        pairs = ((column, self.column), *self.more)
        meeting = " and ".join(
            f"{row}.{identifier(here)} = {self.alias}.{identifier(there)}" for here, there in pairs
        )
        return f" left join ({self.select}) as {self.alias} on {meeting}"


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A row of the batch under an alias, as the tests of a contract look at it (``row_tests.RowSql``)."""

    contract: Contract
    alias: str
    tested: str | None = None
    """The tested column; None for a rule over several."""
    reference: Reference | None = None
    """The join with the values that the test refers to."""

    @property
    def value(self) -> str:
        """The tested column.

        Raises:
            ValueError: the rule is about no single column.
        """
        return self.column(self._tested)

    @property
    def physical_type(self) -> str:
        """The tested column's type."""
        return self.contract.column(self._tested).physical_type

    def constant(self, value: Constant) -> str:
        """Return a constant as a literal of the tested column's type."""
        if base_type(self.physical_type) in ("date", "timestamp", "timestamptz"):
            return f"cast({literal(str(value).replace('T', ' '))} as {self.physical_type})"
        return literal(value)

    def column(self, name: str) -> str:
        """Return another column of the row."""
        return f"{self.alias}.{identifier(name)}"

    def expression(self, text: str) -> str:
        """Return a person's boolean expression over the row."""
        return checked_expression(text, self.contract.physical_types, self.alias)

    def referenced(self, test: ExistsIn) -> str:
        """Return the joined column that is null where the row's key was not found.

        Raises:
            ValueError: nothing was joined.
        """
        if self.reference is None:
            raise ValueError(f"{test} has to be joined with what it refers to")
        return f"{self.reference.alias}.{identifier(self.reference.column)}"

    @property
    def _tested(self) -> str:
        if self.tested is None:
            raise ValueError("a rule over several columns has no tested column")
        return self.tested


def row_predicate(
    contract: Contract, rule: RowRule, tables: Tables, day: str, number: int = 1
) -> tuple[str, str]:
    """Return a predicate over the alias ``batch`` that is true exactly for rows that break a rule, and the join that it takes.

    The join is empty for most. ``number`` tells several joins of one query apart; ``day`` is the data day.

    Raises:
        ValueError: the contract's SQL is not what it should be.
    """
    reference, join = None, ""
    if isinstance(rule.test, ExistsIn) and rule.column is not None:
        reference = reference_of(rule.test, tables, number, day)
        join = reference.join(rule.column, "batch")
    return rule.test.breaks(BatchRow(contract, "batch", rule.column, reference)), join


def reference_of(test: ExistsIn, tables: Tables, number: int, day: str) -> Reference:
    """Return the values that a row may refer to.

    Of a landing source, those that landed on the data day; of a port, all that it holds.
    """
    names = [f"known_{number}"] + [f"known_{number}_{place}" for place in range(2, len(test.columns) + 1)]
    if test.is_source:
        table, condition = tables.landing(test.relation), f" and dt = {literal(day)}"
    else:
        table, condition = Tables(*split_address(test.relation)).port, ""
    values = [identifier(column) for column in test.columns]
    listed = ", ".join(f"{value} as {name}" for value, name in zip(values, names, strict=True))
    present = " and ".join(f"{value} is not null" for value in values)
    return Reference(
        alias=f"reference_{number}",
        column=names[0],
        select=f"select distinct {listed} from {table} where {present}{condition}",
        more=tuple((own, name) for (own, _), name in zip(test.more, names[1:], strict=True)),
    )


def measure(contract: Contract, rule: BatchRule, tables: Tables, day: str) -> str:
    """Return a scalar subquery with the number that a batch rule compares."""
    table = tables.checked
    total = f"(select count(*) from {table})"
    match rule.measure:
        case RowCount():
            number = total
        case Breaking(column, test):
            predicate = test.breaks(BatchRow(contract, "b", column))
            number = f"(select count(*) from {table} as b where {predicate})"
        case Duplicates(columns):
            present = " and ".join(f"{identifier(column)} is not null" for column in columns)
            number = (
                f"(select coalesce(sum(d.copies - 1), 0) from (select count(*) as copies from {table}"
                f" where {present} group by {column_list(columns)} having count(*) > 1) as d)"
            )
        case Query(sql):
            number = f"({checked_query(sql, table, contract.physical_types)})"
        case HoursOld(column):
            newest = f"cast(max({identifier(column)}) as timestamp)"
            end = f"dateadd(day, 1, cast({day_literal(day)} as timestamp))"
            number = f"(select datediff(second, {newest}, {end}) / 3600.0 from {table})"
        case _:
            assert_never(rule.measure)
    if rule.percent:
        return f"coalesce(100.0 * {number} / nullif({total}, 0), 0)"
    return number
