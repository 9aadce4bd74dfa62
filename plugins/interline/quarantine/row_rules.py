"""Row rules as predicates and batch rules as numbers, in Redshift SQL."""

from __future__ import annotations

from dataclasses import dataclass

from interline.contracts.model.column_types import base_type
from interline.contracts.model.contract import Contract
from interline.contracts.model.rules import (
    AllOf,
    AtLeast,
    AtMost,
    BatchRule,
    Breaking,
    Duplicates,
    ExistsIn,
    Holds,
    HoursOld,
    Literal,
    Longest,
    Matches,
    MultipleOf,
    NotBlank,
    OneOf,
    Present,
    Query,
    RowCount,
    RowTest,
    Shortest,
)
from interline.sql.predicates import checked_expression, checked_query
from interline.sql.quoting import column_list, day_literal, identifier, literal, relation
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


def breaks(
    contract: Contract, column: str | None, test: RowTest, alias: str, reference: Reference | None
) -> str:
    """Return a predicate that is true exactly for rows that break a test; null counts as kept.

    Rules about a value say nothing about its absence: that is what ``required`` is for.
    """
    if isinstance(test, Holds):
        known = contract.column_names
        return f"coalesce(not ({checked_expression(test.expression, known, alias)}), true)"
    if column is None:
        raise ValueError(f"{test} needs a column")
    name = f"{alias}.{identifier(column)}"
    physical_type = contract.column(column).physical_type
    if isinstance(test, ExistsIn):
        if reference is None:
            raise ValueError(f"{test} needs its reference joined")
        present = " and ".join(
            f"{alias}.{identifier(here)} is not null" for here in (column, *(own for own, _ in test.more))
        )
        return f"({present} and {reference.alias}.{identifier(reference.column)} is null)"
    return _predicate(test, name, physical_type)


def _predicate(test: RowTest, name: str, physical_type: str) -> str:
    match test:
        case AllOf(tests):
            return "(" + " or ".join(_predicate(inner, name, physical_type) for inner in tests) + ")"
        case Present():
            return f"{name} is null"
        case NotBlank(spellings):
            if base_type(physical_type) != "varchar":
                return f"{name} is null"
            listed = ", ".join(literal(spelling) for spelling in ("", *spellings))
            return f"({name} is null or trim({name}) in ({listed}))"
        case AtLeast(bound, exclusive):
            return f"{name} {'<=' if exclusive else '<'} {_typed(bound, physical_type)}"
        case AtMost(bound, exclusive):
            return f"{name} {'>=' if exclusive else '>'} {_typed(bound, physical_type)}"
        case MultipleOf(divisor):
            return f"mod(cast({name} as decimal(38, 10)), cast({literal(divisor)} as decimal(38, 10))) <> 0"
        case Longest(characters):
            return f"len({name}) > {int(characters)}"
        case Shortest(characters):
            return f"len({name}) < {int(characters)}"
        case Matches(pattern):
            return f"{name} !~ {literal(pattern)}"
        case OneOf(values):
            listed = ", ".join(_typed(value, physical_type) for value in values)
            return f"{name} not in ({listed})"
    raise ValueError(f"{test} is no test of one column")


def _typed(value: Literal, physical_type: str) -> str:
    if base_type(physical_type) in ("date", "timestamp", "timestamptz"):
        return f"cast({literal(str(value).replace('T', ' '))} as {physical_type})"
    return literal(value)


def reference_of(test: ExistsIn, tables: Tables, number: int, day: str) -> Reference:
    """Return the values that a row may refer to.

    Of a landing source, those that landed on the data day; of a port, all that it holds.
    """
    names = [f"known_{number}"] + [f"known_{number}_{place}" for place in range(2, len(test.columns) + 1)]
    if test.is_source:
        table, condition = tables.landing(test.relation), f" and dt = {literal(day)}"
    else:
        producer, _, product = test.relation.partition(".")
        table, condition = relation(f"{producer}_curated", product), ""
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
            predicate = breaks(contract, column, test, "b", None)
            number = f"(select count(*) from {table} as b where {predicate})"
        case Duplicates(columns):
            present = " and ".join(f"{identifier(column)} is not null" for column in columns)
            number = (
                f"(select coalesce(sum(d.copies - 1), 0) from (select count(*) as copies from {table}"
                f" where {present} group by {column_list(columns)} having count(*) > 1) as d)"
            )
        case Query(sql):
            number = f"({checked_query(sql, table)})"
        case HoursOld(column):
            newest = f"cast(max({identifier(column)}) as timestamp)"
            end = f"dateadd(day, 1, cast({day_literal(day)} as timestamp))"
            number = f"(select datediff(second, {newest}, {end}) / 3600.0 from {table})"
        case _:
            raise ValueError(f"{rule.measure} is no measure")
    if rule.percent:
        return f"coalesce(100.0 * {number} / nullif({total}, 0), 0)"
    return number
