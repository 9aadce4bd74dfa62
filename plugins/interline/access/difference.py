"""What must change so that one state of access becomes another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from interline.access.plan import (
    Action,
    Change,
    FilterChange,
    LinkChange,
    LinkReaderChange,
    Plan,
    RoleChange,
    TagChange,
    TagValueChange,
    Waiting,
)
from interline.access.state import (
    CLASSIFICATION,
    EVERY_TABLE,
    PORT,
    CellFilter,
    DesiredState,
    Held,
    Link,
    Names,
    ObservedState,
    Reads,
    State,
    Subject,
    Table,
    empty,
)
from interline.sql.row_filters import named_columns


def difference(old: State, new: DesiredState) -> Plan:
    """Return the plan that makes ``new`` of ``old``.

    Args:
        old: what AWS says (an ObservedState), or what the contracts of a base said (a DesiredState).
        new: what the contracts say.
    """
    waiting: tuple[Waiting, ...] = ()
    held_back: frozenset[tuple[Table, str]] = frozenset()
    names = new.names
    if isinstance(old, ObservedState):
        new, waiting, held_back = attainable(new, old.tables)
    elif isinstance(old, DesiredState):
        names = _both(old.names, new.names)
    changes: list[Change] = [*_roles(old, new, names, held_back), *_filters(old, new), *_tags(old, new)]
    changes += [*_tag_values(old, new), *_links(old, new, names)]
    return Plan(tuple(changes), names, waiting, new.left_alone)


def attainable(
    new: DesiredState, tables: Mapping[Table, frozenset[str]]
) -> tuple[DesiredState, tuple[Waiting, ...], frozenset[tuple[Table, str]]]:
    """Return the part of ``new`` that can be with the tables and columns that are there, and what has to wait.

    Last, by table and principal, those who read through a data cells filter that cannot be yet: what they have stays as it
    is until the next publish brings the columns and the filter.
    """
    waiting: list[Waiting] = []
    filters: dict[Table, dict[str, CellFilter]] = {}
    held_back: set[tuple[Table, str]] = set()
    for table in sorted(new.tags):
        if table not in tables:
            waiting.append(Waiting(table, "the port is not published yet"))
            continue
        there = tables[table]
        missing = sorted(name for name in new.tags[table] if name and name not in there)
        if missing:
            waiting.append(Waiting(table, f"not in the table yet: {', '.join(missing)}"))
        for name, each in new.filters.get(table, empty()).items():
            lacking = _lacking(each, there) if missing else []
            if not lacking:
                kept = None if each.columns is None else each.columns & there
                filters.setdefault(table, {})[name] = replace(each, columns=kept)
                continue
            through = {
                principal
                for (of, principal), reads in new.grants.items()
                if of == table and Subject("filter", name=name) in reads
            }
            held_back |= {(table, principal) for principal in through}
            who = ", ".join(sorted(new.names.who(principal) for principal in through))
            told = f"the rows that {who} may read: not in the table yet: {', '.join(lacking)}"
            waiting.append(Waiting(table, told))
    grants = {
        (table, principal): kept
        for (table, principal), reads in new.grants.items()
        if table in tables and (table, principal) not in held_back and (kept := _within(reads, tables[table]))
    }
    tags = {
        table: {name: value for name, value in found.items() if not name or name in tables[table]}
        for table, found in new.tags.items()
        if table in tables
    }
    attained = replace(new, grants=grants, filters=filters, tags=tags)
    return attained, tuple(waiting), frozenset(held_back)


def _lacking(cells: CellFilter, there: frozenset[str]) -> list[str]:
    """Return the columns without which a filter cannot be made: those of its condition, or all that it shows."""
    lacking: set[str] = set()
    if cells.rows is not None:
        try:
            lacking |= named_columns(cells.rows) - there
        except ValueError:
            # no condition at all: Lake Formation refuses it by itself, and nobody else's grants wait for that
            return []
    if cells.columns is not None and not cells.columns & there:
        lacking |= cells.columns
    return sorted(lacking)


def _within(reads: Reads, columns: frozenset[str]) -> Reads:
    return {
        subject: Held(held.what & columns) if subject.kind == "columns" else held
        for subject, held in reads.items()
        if subject.kind != "columns" or held.what & columns
    }


def _both(old: Names, new: Names) -> Names:
    return Names({**old.accounts, **new.accounts}, {**old.roles, **new.roles}, {**old.ports, **new.ports})


def _action(before: object, after: object) -> Action:
    if not before:
        return "added"
    return "changed" if after else "removed"


def _tag_values(old: State, new: State) -> Iterator[TagValueChange]:
    """Values are only ever added: one that no port has any more gives nobody anything."""
    for account in sorted(new.tag_values):
        there = old.tag_values.get(account, empty())
        for key, values in sorted(new.tag_values[account].items()):
            missing = tuple(sorted(values - there.get(key, frozenset())))
            if missing:
                action: Action = "changed" if key in there else "added"
                yield TagValueChange(action, account, key, missing, key not in there)


def _links(old: State, new: DesiredState, names: Names) -> Iterator[LinkChange | LinkReaderChange]:
    for place in sorted(old.links.keys() | new.links.keys()):
        before, after = old.links.get(place), new.links.get(place)
        readers = old.link_readers.get(place, frozenset())
        if after is None and (new.left_alone or not _is_ours(place[1], before, names)):
            continue
        if before != after and not (before and after and _same_way(before, after)):
            yield LinkChange(_action(before, after), *place, before, after)
            # what was granted on a link goes with it
            readers = frozenset()
        if after is not None:
            for principal in sorted(new.link_readers.get(place, frozenset()) - readers):
                yield LinkReaderChange("added", *place, principal)


def _is_ours(name: str, link: Link | None, names: Names) -> bool:
    """Links to elsewhere, and links by names that a domain chose itself, are not for us to remove."""
    return link is not None and link.account in names.accounts and name == link.database


def _same_way(before: Link, after: Link) -> bool:
    """A link need not say its Region: without one it is that of its own catalog."""
    return replace(before, region="") == replace(after, region="") and "" in (before.region, after.region)


def _tags(old: State, new: DesiredState) -> Iterator[TagChange]:
    for table in sorted(old.tags.keys() | new.tags.keys()):
        before, after = old.tags.get(table, empty()), new.tags.get(table, empty())
        if table in new.left_alone or before == after:
            continue
        for column in sorted(before.keys() | after.keys()):
            was, shall = before.get(column), after.get(column)
            if was != shall:
                key = CLASSIFICATION if column else PORT
                yield TagChange(_action(was, shall), table, column, key, was, shall)


def _roles(
    old: State, new: DesiredState, names: Names, held_back: frozenset[tuple[Table, str]]
) -> Iterator[RoleChange]:
    for table, principal in sorted(old.grants.keys() | new.grants.keys()):
        if table in new.left_alone or (table, principal) in held_back:
            continue
        before = old.grants.get((table, principal), empty())
        after = new.grants.get((table, principal), empty())
        filters = sorted(
            {subject.name for reads in (before, after) for subject in reads if subject.kind == "filter"}
        )
        was, shall = _named(old, table, filters), _named(new, table, filters)
        if before == after and all(was.get(name) == each for name, each in shall.items()):
            continue
        if before == after and not before:
            continue
        action, reason = _action(before, after), ""
        if not after:
            action, reason = _removal(new, names, table, principal)
        yield RoleChange(action, table, principal, before, after, was, shall, reason)


def _named(state: State, table: Table, filters: list[str]) -> Mapping[str, CellFilter]:
    found = state.filters.get(table, empty())
    return {name: found[name] for name in filters if name in found}


def _removal(new: DesiredState, names: Names, table: Table, principal: str) -> tuple[Action, str]:
    if (table, principal) in new.ended:
        return "removed", new.ended[table, principal]
    if principal in names.roles and table.name != EVERY_TABLE:
        return "removed", "the contract has no such role" if table in new.names.ports else "no such product"
    return "unmanaged", "no contract says so"


def _filters(old: State, new: DesiredState) -> Iterator[FilterChange]:
    """Filters that nobody reads through; all others are part of what a role may read."""
    used = {
        (table, subject.name)
        for state in (old, new)
        for (table, _), reads in state.grants.items()
        for subject in reads
        if subject.kind == "filter"
    }
    for table in sorted(old.filters):
        if table in new.left_alone:
            continue
        for name, definition in sorted(old.filters[table].items()):
            if (table, name) not in used:
                yield FilterChange("unmanaged", table, name, definition)
