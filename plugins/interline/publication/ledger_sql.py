"""The ledger of publications: which data day and which run made each snapshot of a port.

A line is written before the commit, with the snapshot that is current then, and completed after it. So a task that dies
in between leaves a line from which the snapshot can still be told: the child of that parent.
"""

from __future__ import annotations

from collections.abc import Iterable

from interline.sql.quoting import day_literal, literal
from interline.sql.tables import Tables

LONGEST_RUN = 250
"""Characters: Airflow's own limit of a run's id."""


def make_ledger(tables: Tables) -> str:
    """Return the statement that makes the ledger unless it is there."""
    return (
        f"create table if not exists {tables.versions} (parent_id bigint, snapshot_id bigint, data_day date,"
        f" run_id varchar({4 * LONGEST_RUN}), undone boolean)"
    )


def announce(tables: Tables, parent: int | None, day: str, run: str) -> list[str]:
    """Return what is run before a commit on top of ``parent``: the line replaces one of an attempt that came to nothing."""
    return [
        make_ledger(tables),
        f"delete from {tables.versions} where snapshot_id is null and {_is('parent_id', parent)}",
        f"insert into {tables.versions} (parent_id, snapshot_id, data_day, run_id, undone)"
        f" values ({_id(parent)}, null, {day_literal(day)}, {literal(run[:LONGEST_RUN])}, false)",
    ]


def complete(
    tables: Tables, parent: int | None, snapshot: int | None, day: str, *, keeps_history: bool
) -> list[str]:
    """Return what is run after the commit; ``snapshot`` None says that nothing had to be written.

    The day is published again, so it is no longer undone. In a current state it may have put older states of rows over those
    of later days, which have to be published again after it.
    """
    open_line = f"snapshot_id is null and {_is('parent_id', parent)}"
    noted = (
        f"delete from {tables.versions} where {open_line}"
        if snapshot is None
        else f"update {tables.versions} set snapshot_id = {_id(snapshot)} where {open_line}"
    )
    changes = [noted, f"update {tables.versions} set undone = false where data_day = {day_literal(day)}"]
    if not keeps_history:
        changes.append(f"update {tables.versions} set undone = true where data_day > {day_literal(day)}")
    return changes


def earlier_undone(tables: Tables, day: str) -> str:
    """Return the query for the data days before ``day`` that a rollback took back."""
    return (
        f"select distinct cast(data_day as varchar(10)) as day from {tables.versions}"
        f" where undone and data_day < {day_literal(day)} order by day"
    )


def mark_undone(tables: Tables, missing: Iterable[str], withdrawn: Iterable[str]) -> list[str]:
    """Return what is run when a rollback has left ``missing`` days out of the port, and all others stand.

    The batch that was checked last loses its pass if it is of a ``withdrawn`` day: clearing a publish alone must not bring
    back what was rolled back.
    """
    changes = [make_ledger(tables), f"update {tables.versions} set undone = false where undone"]
    for days, change in (
        (missing, f"update {tables.versions} set undone = true where data_day in"),
        (withdrawn, f"update {tables.ledger} set passed = false where is_current and data_day in"),
    ):
        listed = ", ".join(day_literal(day) for day in sorted(days))
        if listed:
            changes.append(f"{change} ({listed})")
    return changes


def forget(tables: Tables, snapshots: Iterable[int]) -> list[str]:
    """Return what is run when snapshots have expired: their lines go, unless their day still has to be published again."""
    listed = ", ".join(_id(snapshot) for snapshot in sorted(snapshots))
    return [
        make_ledger(tables),
        f"delete from {tables.versions} where snapshot_id in ({listed}) and not undone",
    ]


def publications(tables: Tables) -> str:
    """Return the query for all lines of the ledger."""
    return (
        "select cast(parent_id as varchar(20)), cast(snapshot_id as varchar(20)), cast(data_day as varchar(10)), run_id,"
        f" undone from {tables.versions}"
    )


def _id(snapshot: int | None) -> str:
    return "null" if snapshot is None else str(int(snapshot))


def _is(column: str, snapshot: int | None) -> str:
    return f"{column} is null" if snapshot is None else f"{column} = {int(snapshot)}"
