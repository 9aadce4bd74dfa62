"""Showing a run: redrawn in place on a terminal, one line for each thing that happens elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import date

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from local.mesh.tracking import FAILED, QUEUED, RUNNING, SUCCESS, Change, ProductDay, Tracker

_DAYS_SIDE_BY_SIDE = 4
_MARKS = {
    SUCCESS: ("✓", "green"),
    FAILED: ("✗", "bold red"),
    QUEUED: ("queued", "dim"),
    RUNNING: ("…", "cyan"),
}


class Display:
    """Tells what a run does; use as a context."""

    def __init__(self, console: Console, address: str = "") -> None:
        self.console = console
        self.address = address
        self._begun = time.monotonic()
        self._live = (
            Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        )
        self._tracker: Tracker | None = None

    def __enter__(self) -> Display:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._live is not None:
            self._live.stop()

    @property
    def seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self._begun

    def say(self, text: str, style: str = "") -> None:
        """A line that stays."""
        self.console.print(f"[dim]{self.seconds:5.0f} s[/dim]  {escape(text)}", style=style)

    def follow(self, tracker: Tracker) -> None:
        """Show these products and days from now on."""
        self._tracker = tracker
        self._redraw()

    def show(self, changes: Iterable[Change]) -> None:
        """Show what has changed."""
        if self._live is None:
            for change in changes:
                self._print_change(change)
        self._redraw()

    def _print_change(self, change: Change) -> None:
        where = f"{change.where.address} {change.where.day}"
        if change.task is None:
            if change.where.state in (SUCCESS, FAILED):
                outcome = "done" if change.where.state == SUCCESS else "FAILED"
                self.say(f"{where}: {outcome} in {change.where.seconds or 0:.0f} s")
        elif change.task.state == SUCCESS:
            self.say(f"{where}: {change.task.name} done in {change.task.seconds or 0:.1f} s")
        elif change.task.state == FAILED:
            self.say(f"{where}: {change.task.name} FAILED after {change.task.seconds or 0:.1f} s")
        elif change.task.state in (RUNNING, "up_for_retry", "deferred"):
            self.say(f"{where}: {change.task.name} {change.task.state}")

    def _redraw(self) -> None:
        if self._live is not None and self._tracker is not None:
            self._live.update(self._picture(self._tracker))

    def _picture(self, tracker: Tracker) -> RenderableType:
        views = tracker.product_days
        days = list(dict.fromkeys(day for _, day in views))
        addresses = list(dict.fromkeys(address for address, _ in views))
        done = sum(view.state == SUCCESS for view in views.values())
        heading = Text(f"{self.seconds:5.0f} s  {done} of {len(views)} product days", style="bold")
        if self.address:
            heading.append(f"   {self.address}", style="dim")
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column("product")
        if len(days) <= _DAYS_SIDE_BY_SIDE:
            for day in days:
                table.add_column(day.isoformat(), min_width=14)
            for address in addresses:
                table.add_row(address, *(_cell(views[(address, day)]) for day in days))
        else:
            table.add_column("days done")
            table.add_column("now")
            for address in addresses:
                table.add_row(address, *_summary(views, address, days))
        return Group(heading, table)


def _summary(
    views: dict[tuple[str, date], ProductDay], address: str, days: list[date]
) -> tuple[str, RenderableType]:
    mine = [views[(address, day)] for day in days]
    done = sum(view.state == SUCCESS for view in mine)
    busy = next((view for view in mine if view.state == RUNNING), None)
    failed = [view.day.isoformat() for view in mine if view.state == FAILED]
    now: RenderableType = Text("")
    if busy is not None:
        now = Text(f"{busy.day} ").append_text(_cell(busy))
    elif failed:
        now = Text(f"failed: {', '.join(failed[:3])}", style="bold red")
    return f"{done}/{len(mine)}", now


def _cell(view: ProductDay) -> Text:
    if view.state == RUNNING:
        tasks = view.current_tasks
        name = tasks[0].name if tasks else "between tasks"
        return Text(f"{name} {view.seconds or 0:.0f} s", style="cyan")
    mark, style = _MARKS.get(view.state, ("·", "dim"))
    took = f" {view.seconds:.0f} s" if view.has_ended and view.seconds is not None else ""
    return Text(mark + took, style=style)
