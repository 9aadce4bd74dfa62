"""What of a table a principal may read, cell by cell: named grants, LF-Tag policies and data cells filters together.

Grants are a union. Lake Formation keeps row filters by column (Glue's GetUnfilteredTableMetadata answers a list of
column and expression): of a column the rows may be read that any grant on it lets through. A row comes back where every
column that the query uses may be read, so no query ever shows a cell that no grant shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from local.engines.duckdb_engine import quote
from local.engines.lake_permissions import row_filters
from local.engines.lake_permissions.cell_filters import filter_book
from local.engines.lake_permissions.grants import SELECT, book
from local.engines.lake_permissions.tags import matches, tag_book

Rows = frozenset[str] | None
"""Row filter expressions any of which lets a row through; None lets every row through."""


@dataclass(frozen=True)
class Selection:
    """The readable columns, in the table's order, and which rows of each may be read."""

    rows: Mapping[str, Rows]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of which at least some rows may be read."""
        return tuple(self.rows)

    @property
    def has_row_filters(self) -> bool:
        """Whether some rows of some column are left out."""
        return any(rows is not None for rows in self.rows.values())

    def conditions(self, used: Iterable[str]) -> tuple[frozenset[str], ...]:
        """What a row must meet to be answered: one expression of every set. Empty when every row may be."""
        chosen = [self.rows[column] for column in used]
        if not chosen:
            # no column is used, as in count(*): a row counts that may be seen in any column
            every = list(self.rows.values())
            chosen = [None if None in every else frozenset().union(*(rows or () for rows in every))]
        found = dict.fromkeys(rows for rows in chosen if rows is not None)
        return tuple(sorted(found, key=sorted))


def selection(
    account: str, database: str, table: str, columns: Sequence[str], who: Iterable[str]
) -> Selection:
    """What the principals of these names may read of a table with these columns."""
    names = list(who)
    grants = book(account)
    whole: set[str] = set()
    for resource, granted in grants.column_grants(names, database, table):
        if SELECT in granted.permissions:
            whole |= {resource.column} if resource.column else set(columns) - set(resource.excluded)
    whole |= _by_tags(account, database, table, columns, names)
    some: dict[str, set[str]] = {}
    for resource, granted in grants.at(names, ["filter"], database, table):
        if SELECT not in granted.permissions:
            continue
        made = filter_book(account).find(database, table, resource.name)
        chosen = made.chosen(columns)
        if made.rows is None:
            whole |= chosen
            continue
        for column in chosen:
            some.setdefault(column, set()).add(made.rows)
    return Selection(
        {
            column: None if column in whole else frozenset(some[column])
            for column in columns
            if column in whole or column in some
        }
    )


def _by_tags(account: str, database: str, table: str, columns: Sequence[str], who: list[str]) -> set[str]:
    policies = [
        expression
        for expression, permissions in book(account).policies(who, "policy TABLE")
        if SELECT in permissions
    ]
    if not policies:
        return set()
    # columns with the same LF-Tags are looked at together
    by_tags: dict[tuple[tuple[str, str], ...], tuple[Mapping[str, str], list[str]]] = {}
    for column, tags in tag_book(account).of_columns(database, table, columns).items():
        by_tags.setdefault(tuple(sorted(tags.items())), (tags, []))[1].append(column)
    found: set[str] = set()
    for tags, carrying in by_tags.values():
        if any(matches(tags, expression) for expression in policies):
            found.update(carrying)
    return found


def policy_permissions(account: str, kind: str, place: tuple[str, str], who: Iterable[str]) -> set[str]:
    """What LF-Tag policies permit on a table ("TABLE") or database ("DATABASE", table ""), by its own LF-Tags."""
    policies = book(account).policies(who, f"policy {kind}")
    if not policies:
        return set()
    tags = tag_book(account).effective((*place, ""))
    found: set[str] = set()
    for expression, permissions in policies:
        if matches(tags, expression):
            found |= permissions
    return found


def policies_reach(
    account: str, database: str, tables: Mapping[str, Sequence[str]], who: Iterable[str]
) -> bool:
    """Whether an LF-Tag policy permits anything on a table of the database; `tables` holds their columns by name."""
    tags = tag_book(account)
    for expression, _ in book(account).policies(who, "policy TABLE"):
        for found, table in tags.candidates(expression):
            if found != database:
                continue
            for each in [table] if table else tables:
                if each not in tables:
                    continue
                if matches(tags.effective((database, each, "")), expression):
                    return True
                its = tags.of_columns(database, each, tables[each]).values()
                if any(matches(carried, expression) for carried in its):
                    return True
    return False


def predicate(conditions: Iterable[frozenset[str]]) -> str:
    """DuckDB's condition over the table's columns for `Selection.conditions`."""
    return " AND ".join(
        "(" + " OR ".join(f"({row_filters.to_duckdb(text)})" for text in sorted(texts)) + ")"
        for texts in conditions
    )


def filtered(relation: str, columns: Iterable[str], conditions: Sequence[frozenset[str]]) -> str:
    """A subquery with these columns of a relation's permitted rows.

    The limit keeps DuckDB from moving the query's own conditions below the filter, where they would be computed, and
    might fail and so tell something, on rows that may not be read.
    """
    names = ", ".join(quote(column) for column in columns) or "1 AS one"
    return f"(SELECT {names} FROM {relation} AS unfiltered WHERE {predicate(conditions)} LIMIT {2**62})"


def columns_of(conditions: Iterable[frozenset[str]]) -> set[str]:
    """The columns that conditions look at."""
    return {column for texts in conditions for text in texts for column in row_filters.columns_of(text)}
