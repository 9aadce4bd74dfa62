"""Going back to a snapshot: what it changes, for whom; the change itself is one commit of metadata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from interline.contracts import did_you_mean
from interline.publication.errors import RollbackError
from interline.publication.snapshots import LedgerEntry, Snapshot, ancestors, snapshot_at, snapshots_of

PREVIOUS = "previous"
"""Instead of a snapshot's id: the one before the current one."""


@dataclass(frozen=True)
class RollbackPlan:
    """What going back to a snapshot means."""

    address: str
    current: int
    """The snapshot that was current when the plan was made: by another one the plan is void."""
    target: int
    rows: int | None
    """Rows of the port now, and after."""
    rows_after: int | None
    days: tuple[str, ...]
    """Data days whose content changes; consumers run again for exactly these."""
    missing: tuple[str, ...]
    """Data days that the port no longer holds as they were published: to be published again."""
    unknown: tuple[str, ...] = ()
    """Snapshots in between of which nobody knows the data day: their days are not among ``days``."""
    consumers: tuple[str, ...] = ()
    """Who reads the port."""
    starts: tuple[tuple[str, str, str], ...] = field(default=())
    """Consumers that read further ports too, with the days that they have to run again for, and the run that published each
    day last: it is cleared."""
    later: tuple[str, ...] = ()
    """Who reads the port through others, and further ports too: nothing starts these by itself."""
    states: tuple[tuple[str, str], ...] = ()
    """Consumers whose ports hold a current state that is newer than a day that changes, with its newest day: the runs of the
    older days put older states over it, so the later days have to run again."""

    @property
    def nothing_to_do(self) -> bool:
        """Whether the target is the current snapshot."""
        return self.current == self.target

    def lines(self) -> list[str]:
        """Return the plan as a person reads it."""
        if self.nothing_to_do:
            return [f"{self.address} is at snapshot {self.target} already: nothing to do"]
        lines = [
            f"{self.address}: snapshot {self.current} -> {self.target}",
            f"rows: {_rows(self.rows)} -> {_rows(self.rows_after)}",
            f"data days that change: {', '.join(self.days) or 'none'}",
        ]
        if self.unknown:
            lines.append(
                f"nobody knows the data day of snapshot {', '.join(self.unknown)}: consumers are not notified of what"
                " it changed"
            )
        if self.missing:
            lines.append(f"missing as published, to be replayed: {', '.join(self.missing)}")
        started = {address for address, _, _ in self.starts}
        lines += [
            f"runs again: {address}" + (" (started: it reads further ports)" if address in started else "")
            for address in self.consumers
        ]
        if self.days:
            span = f"--from {self.days[0]} --to {self.days[-1]}"
            lines += [
                f"reads it through others, and further ports, so afterwards: ./interline replay {address} {span}"
                for address in self.later
            ]
            lines += [
                f"holds a current state that is newer, so afterwards: ./interline replay {address} --from {self.days[0]}"
                f" --to {newest}"
                for address, newest in self.states
            ]
        return lines

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values; snapshots are text, for they are longer than JavaScript's numbers."""
        return {**asdict(self), "current": str(self.current), "target": str(self.target)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> RollbackPlan:
        """Return the plan that :meth:`as_json` was made from."""
        lists = {name: tuple(plain[name]) for name in ("days", "missing", "unknown", "consumers", "later")}
        starts = tuple((str(address), str(day), str(run)) for address, day, run in plain["starts"])
        states = tuple((str(address), str(newest)) for address, newest in plain["states"])
        return cls(
            **{
                **plain,
                **lists,
                "starts": starts,
                "states": states,
                "current": int(plain["current"]),
                "target": int(plain["target"]),
            }
        )


def target_of(
    text: str, metadata: Mapping[str, Any], address: str, requested_at: datetime | None = None
) -> tuple[Snapshot, Snapshot]:
    """Return the snapshot to go back from and the one that a person means.

    The first is the current one. If the second is current already because of what was asked for ``requested_at``, the first is
    the one that was current then: what is planned again after it was done is the same plan, and not one snapshot further.

    Raises:
        RollbackError: the port has no snapshot, or none of that id any more; or ``previous`` was asked for, and
            the port was published since.
    """
    snapshots = {snapshot.snapshot_id: snapshot for snapshot in snapshots_of(metadata)}
    current = next((snapshot for snapshot in snapshots.values() if snapshot.current), None)
    if current is None:
        raise RollbackError(f"{address} has no snapshot yet: nothing was published")
    then = None if requested_at is None else snapshot_at(metadata, requested_at)
    start = snapshots.get(then, current) if then is not None else current
    if text == PREVIOUS:
        target_id = start.parent_id
        if target_id is None:
            raise RollbackError(
                f"{start.snapshot_id} is the first snapshot of {address}; there is none before it"
            )
        if current.snapshot_id not in (start.snapshot_id, target_id):
            raise RollbackError(
                f"{address} is at snapshot {current.snapshot_id} by now and was at snapshot {start.snapshot_id} when"
                f" `{PREVIOUS}` was asked for: name the snapshot, `./interline versions {address}` lists them"
            )
    elif text.isascii() and text.isdigit():
        target_id = int(text)
    else:
        raise RollbackError(f"{text!r} is no snapshot: expected the digits of its id, or `{PREVIOUS}`")
    target = snapshots.get(target_id)
    if target is None:
        hint = (
            did_you_mean(str(target_id), [str(snapshot) for snapshot in snapshots])
            or f"`./interline versions {address}` lists them"
        )
        raise RollbackError(f"{address} has no snapshot {target_id}, or it has expired ({hint})")
    return (start if current.snapshot_id == target_id else current), target


def days_in_between(
    metadata: Mapping[str, Any], ledger: Sequence[LedgerEntry], current: int, target: int
) -> tuple[set[str], set[int]]:
    """Return the data days published by snapshots that one of the two is built on and the other is not.

    Also returns those of these snapshots whose data day nobody knows. For a port that holds a current state, these days are the
    ones whose rows differ.
    """
    line, goal = set(ancestors(metadata, current)), set(ancestors(metadata, target))
    days = {snapshot.snapshot_id: snapshot.data_day for snapshot in snapshots_of(metadata, ledger)}
    between = line ^ goal
    known = {day for snapshot in between if (day := days.get(snapshot)) is not None}
    return known, {snapshot for snapshot in between if days.get(snapshot) is None}


def missing_after(
    metadata: Mapping[str, Any], ledger: Sequence[LedgerEntry], target: int, *, keeps_history: bool
) -> set[str]:
    """Return the data days that were published, but that the target does not hold as they were.

    A history of days holds every day that its line has a publication of. A current state takes its days in order: an
    earlier day that was published after a later one has put older states of rows over that one's, as in the middle of a
    replay. A day that was taken back earlier and not published since is missing even if its snapshot has expired.
    """
    published = [snapshot for snapshot in snapshots_of(metadata, ledger) if snapshot.data_day is not None]
    by_snapshot = {snapshot.snapshot_id: str(snapshot.data_day) for snapshot in published}
    standing: set[str] = set()
    for snapshot in ancestors(metadata, target):
        day = by_snapshot.get(snapshot)
        if day is not None and (keeps_history or all(day <= newer for newer in standing)):
            standing.add(day)
    taken_back = {entry.data_day for entry in ledger if entry.undone}
    return (set(by_snapshot.values()) | taken_back) - standing


def newer_states(days: Iterable[str], newest: Mapping[str, str | None]) -> tuple[tuple[str, str], ...]:
    """Return the ports whose current state is newer than one of the days, with its newest day; in order of address.

    :param days: data days that run again
    :param newest: by address of a port that holds a current state, the newest day that it was published for
    """
    first = min(days, default=None)
    if first is None:
        return ()
    return tuple((address, day) for address, day in sorted(newest.items()) if day is not None and day > first)


def withdrawn_by(metadata: Mapping[str, Any], ledger: Sequence[LedgerEntry], target: int) -> set[str]:
    """Return the data days whose newest publication is not in the line of the target.

    The batch that was checked last, if it is of such a day, is the one that was found to be wrong.
    """
    goal = set(ancestors(metadata, target))
    newest: dict[str, Snapshot] = {}
    for snapshot in snapshots_of(metadata, ledger):
        if snapshot.data_day is not None:
            newest.setdefault(snapshot.data_day, snapshot)
    return {day for day, snapshot in newest.items() if snapshot.snapshot_id not in goal}


def _rows(count: int | None) -> str:
    return "?" if count is None else f"{count:,}"
