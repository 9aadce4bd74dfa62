"""The ledger of publications: which data day and which run made each snapshot of a port.

A line is written before the commit, with the snapshot that is current then, and completed after it. So a task that dies
in between leaves a line from which the snapshot can still be found: the child of that parent.
"""

from __future__ import annotations

from collections.abc import Iterable

from interline.aws.redshift_statements import RedshiftStatementError, RedshiftStatementsHook
from interline.publication.errors import PublicationError
from interline.publication.snapshots import LedgerEntry
from interline.sql.quoting import day_literal, literal
from interline.sql.tables import Tables

LONGEST_RUN = 250
"""Characters: Airflow's own limit of a run's id."""


def create_ledger(tables: Tables) -> str:
    """Return the statement that makes the ledger unless it is there."""
    return (
        f"create table if not exists {tables.publications} (parent_id bigint, snapshot_id bigint, data_day date,"
        f" run_id varchar({4 * LONGEST_RUN}), undone boolean)"
    )


def begin_entry(tables: Tables, parent: int | None, day: str, run: str) -> list[str]:
    """Return what is run before a commit on top of ``parent``: the line replaces one of an attempt that came to nothing."""
    return [
        create_ledger(tables),
        f"delete from {tables.publications} where snapshot_id is null and {_is('parent_id', parent)}",
        f"insert into {tables.publications} (parent_id, snapshot_id, data_day, run_id, undone)"
        f" values ({_id(parent)}, null, {day_literal(day)}, {literal(run[:LONGEST_RUN])}, false)",
    ]


def complete_entry(
    tables: Tables, parent: int | None, snapshot: int | None, day: str, *, keeps_history: bool
) -> list[str]:
    """Return what is run after the commit; ``snapshot`` None says that nothing had to be written.

    The day is published again, so it is no longer undone. In a current state it may have put older states of rows over those
    of later days, which have to be published again after it.
    """
    open_line = f"snapshot_id is null and {_is('parent_id', parent)}"
    noted = (
        f"delete from {tables.publications} where {open_line}"
        if snapshot is None
        else f"update {tables.publications} set snapshot_id = {_id(snapshot)} where {open_line}"
    )
    changes = [noted, f"update {tables.publications} set undone = false where data_day = {day_literal(day)}"]
    if not keeps_history:
        changes.append(f"update {tables.publications} set undone = true where data_day > {day_literal(day)}")
    return changes


def earlier_undone(tables: Tables, day: str) -> str:
    """Return the query for the data days before ``day`` that a rollback took back."""
    return (
        f"select distinct cast(data_day as varchar(10)) as day from {tables.publications}"
        f" where undone and data_day < {day_literal(day)} order by day"
    )


def mark_undone(tables: Tables, missing: Iterable[str], withdrawn: Iterable[str]) -> list[str]:
    """Return what is run when a rollback has left ``missing`` days out of the port, and all others stand.

    The batch that was checked last loses its pass if it is of a ``withdrawn`` day: clearing a publish alone must not bring
    back what was rolled back.
    """
    changes = [create_ledger(tables), f"update {tables.publications} set undone = false where undone"]
    for days, change in (
        (missing, f"update {tables.publications} set undone = true where data_day in"),
        (withdrawn, f"update {tables.checks} set passed = false where is_current and data_day in"),
    ):
        listed = ", ".join(day_literal(day) for day in sorted(days))
        if listed:
            changes.append(f"{change} ({listed})")
    return changes


def delete_entries(tables: Tables, snapshots: Iterable[int]) -> list[str]:
    """Return what is run when snapshots have expired: their lines go, unless their day still has to be published again."""
    listed = ", ".join(_id(snapshot) for snapshot in sorted(snapshots))
    return [
        create_ledger(tables),
        f"delete from {tables.publications} where snapshot_id in ({listed}) and not undone",
    ]


def entries_query(tables: Tables) -> str:
    """Return the query for all lines of the ledger, as ``read_ledger`` reads them."""
    return (
        "select cast(parent_id as varchar(20)), cast(snapshot_id as varchar(20)), cast(data_day as varchar(10)), run_id,"
        f" undone from {tables.publications}"
    )


def read_ledger(hook: RedshiftStatementsHook, tables: Tables) -> list[LedgerEntry]:
    """Return every line; none if nothing was ever published.

    Raises:
        PublicationError: Redshift refused.
    """
    try:
        rows = hook.run(entries_query(tables))[0].rows
    except RedshiftStatementError as error:
        if "does not exist" in error.reason:
            return []
        raise PublicationError(f"the ledger of publications cannot be read: {error.reason}") from error
    return [
        LedgerEntry(_snapshot_id(parent), _snapshot_id(snapshot), str(day), str(run), bool(undone))
        for parent, snapshot, day, run, undone in rows
    ]


def _snapshot_id(value: object) -> int | None:
    return None if value is None else int(str(value))


def _id(snapshot: int | None) -> str:
    return "null" if snapshot is None else str(int(snapshot))


def _is(column: str, snapshot: int | None) -> str:
    return f"{column} is null" if snapshot is None else f"{column} = {int(snapshot)}"
