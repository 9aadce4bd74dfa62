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
    Grants,
    Link,
    Names,
    ObservedState,
    Permissions,
    Scope,
    State,
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
    deferred: frozenset[tuple[Table, str]] = frozenset()
    names = new.names
    if isinstance(old, ObservedState):
        new, waiting, deferred = attainable(new, old.tables)
    elif isinstance(old, DesiredState):
        names = _merge_names(old.names, new.names)
    changes: list[Change] = [*_roles(old, new, names, deferred), *_filters(old, new), *_tags(old, new)]
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
    deferred: set[tuple[Table, str]] = set()
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
                columns = None if each.columns is None else each.columns & there
                filters.setdefault(table, {})[name] = replace(each, columns=columns)
                continue
            through = {
                principal
                for (of, principal), grants in new.grants.items()
                if of == table and Scope("filter", name=name) in grants
            }
            deferred |= {(table, principal) for principal in through}
            who = ", ".join(sorted(new.names.principal(principal) for principal in through))
            missing_rows = f"the rows that {who} may read: not in the table yet: {', '.join(lacking)}"
            waiting.append(Waiting(table, missing_rows))
    grants = {
        (table, principal): part
        for (table, principal), grants in new.grants.items()
        if table in tables and (table, principal) not in deferred and (part := _within(grants, tables[table]))
    }
    tags = {
        table: {name: value for name, value in found.items() if not name or name in tables[table]}
        for table, found in new.tags.items()
        if table in tables
    }
    attained = replace(new, grants=grants, filters=filters, tags=tags)
    return attained, tuple(waiting), frozenset(deferred)


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


def _within(grants: Grants, columns: frozenset[str]) -> Grants:
    return {
        scope: Permissions(permissions.names & columns) if scope.kind == "columns" else permissions
        for scope, permissions in grants.items()
        if scope.kind != "columns" or permissions.names & columns
    }


def _merge_names(old: Names, new: Names) -> Names:
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
            old_value, new_value = before.get(column), after.get(column)
            if old_value != new_value:
                key = CLASSIFICATION if column else PORT
                yield TagChange(_action(old_value, new_value), table, column, key, old_value, new_value)


def _roles(
    old: State, new: DesiredState, names: Names, deferred: frozenset[tuple[Table, str]]
) -> Iterator[RoleChange]:
    for table, principal in sorted(old.grants.keys() | new.grants.keys()):
        if table in new.left_alone or (table, principal) in deferred:
            continue
        before = old.grants.get((table, principal), empty())
        after = new.grants.get((table, principal), empty())
        filters = sorted(
            {scope.name for grants in (before, after) for scope in grants if scope.kind == "filter"}
        )
        filters_before, filters_after = _named(old, table, filters), _named(new, table, filters)
        if before == after and all(filters_before.get(name) == each for name, each in filters_after.items()):
            continue
        if before == after and not before:
            continue
        action, reason = _action(before, after), ""
        if not after:
            action, reason = _removal(new, names, table, principal)
        yield RoleChange(action, table, principal, before, after, filters_before, filters_after, reason)


def _named(state: State, table: Table, filters: list[str]) -> Mapping[str, CellFilter]:
    found = state.filters.get(table, empty())
    return {name: found[name] for name in filters if name in found}


def _removal(new: DesiredState, names: Names, table: Table, principal: str) -> tuple[Action, str]:
    if (table, principal) in new.expired_roles:
        return "removed", new.expired_roles[table, principal]
    if principal in names.roles and table.name != EVERY_TABLE:
        return "removed", "the contract has no such role" if table in new.names.ports else "no such product"
    return "unmanaged", "no contract says so"


def _filters(old: State, new: DesiredState) -> Iterator[FilterChange]:
    """Filters that nobody reads through; all others are part of what a role may read."""
    used = {
        (table, scope.name)
        for state in (old, new)
        for (table, _), grants in state.grants.items()
        for scope in grants
        if scope.kind == "filter"
    }
    for table in sorted(old.filters):
        if table in new.left_alone:
            continue
        for name, definition in sorted(old.filters[table].items()):
            if (table, name) not in used:
                yield FilterChange("unmanaged", table, name, definition)
