"""How quarantine is shown: tables that fit 80 columns, and rows one after another."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from interline.quarantine.contents import DayCounts, QuarantinedRow
    from interline.quarantine.release import Preview, Release
    from interline.quarantine.release_sql import Proposal

_WIDTH = 78


def print_counts(screen: Console, found: Sequence[DayCounts]) -> None:
    """One line for each port, day and rule; the day's rows and what is released of them on its first line."""
    if not found:
        screen.print("Nothing is in quarantine.")
        return
    table = _table("port", "data day", "rows", "released", "broke", "rule")
    for entry in found:
        first = [
            entry.address,
            entry.data_day,
            f"{entry.rows:,}",
            f"{entry.decided:,}" if entry.decided else "",
        ]
        for rule, broken in entry.rules.items():
            table.add_row(*first, f"{broken:,}", plain(rule))
            first = ["", "", "", ""]
    screen.print(table)
    if any(entry.decided for entry in found):
        screen.print(
            "released: decided about; it takes effect when the day is checked again.", soft_wrap=True
        )


def print_rows(screen: Console, found: Sequence[QuarantinedRow], more: bool) -> None:
    """Each row with what it broke, where it came from, and its values."""
    if not found:
        screen.print("No such row is in quarantine.")
        return
    for row in found:
        screen.print(f"[bold]{row.row_key}[/bold]  {row.data_day}" if row.row_key else row.data_day)
        lines = [
            ("broke", ", ".join(row.rules)),
            ("why", row.reason),
            ("from", row.source_object),
            ("run", row.batch),
        ]
        for name, text in lines:
            if text:
                _wrapped(screen, f"{name:<6}{plain(text)}", "      ")
        values = "  ".join(
            f"{name}={'null' if value is None else plain(value)}" for name, value in row.values.items()
        )
        _wrapped(screen, f"{'row':<6}{values}", "      ")
        screen.print()
    screen.print(f"{len(found)} rows shown" + (", there are more: --limit" if more else ""))


def print_preview(screen: Console, address: str, proposal: Proposal, preview: Preview) -> None:
    """What a release would do."""
    screen.print(f"{address}, {proposal.selection.day}", markup=False)
    if proposal.rules:
        only = ", ".join(proposal.rules) if len(proposal.rules) == 1 else "what each of them broke"
        _wrapped(screen, f"  accept   {preview.decided:,} rows as they are, excused from {only}", " " * 11)
    else:
        _wrapped(screen, f"  correct  {preview.decided:,} rows: {', '.join(proposal.columns)}", " " * 11)
    if preview.selected > preview.decided:
        rest = preview.selected - preview.decided
        screen.print(f"  leave    {rest:,} of the rows selected: decided already, or nothing to decide")
    screen.print(f"  come in  {preview.come_in:,} of them, as the contract stands now")
    for rules, number in preview.still_broken.items():
        _wrapped(screen, f"  stay     {number:,}, because they would still break {rules}", " " * 11)
    if preview.changed:
        _wrapped(
            screen,
            "  note     the contract's columns have changed since the day was checked: a replay may decide otherwise",
            " " * 11,
        )


def print_releases(screen: Console, found: Sequence[Release]) -> None:
    """The record, oldest first."""
    if not found:
        screen.print("Nothing was ever released.")
        return
    for entry in found:
        state = "  (undone)" if entry.undone else ""
        what = f"undo {entry.undoes}" if entry.undoes else entry.action
        screen.print(f"{entry.release_id}  {what}{state}", markup=False)
        about = [
            ("when", entry.decided_at),
            ("who", f"{entry.decided_by} as {entry.decided_as}"),
            ("what", f"{entry.rows:,} rows of {entry.data_day}"),
            ("rules", ", ".join(entry.rules)),
            ("set", ", ".join(entry.columns)),
            ("why", entry.reason),
        ]
        for name, text in about:
            if text:
                _wrapped(screen, f"  {name:<6}{plain(text)}", " " * 8)


def plain(text: str) -> str:
    """Text that came with data, so that it cannot steer the terminal."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def _wrapped(screen: Console, text: str, indent: str) -> None:
    for line in textwrap.wrap(text, min(_WIDTH, screen.width - 1), subsequent_indent=indent) or [text]:
        screen.print(line, markup=False, soft_wrap=True)


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        number = column in ("rows", "released", "broke")
        table.add_column(column, justify="right" if number else "left", overflow="fold", no_wrap=number)
    return table
