"""`./interline versions`: the snapshots of a port's Iceberg table."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from cli.console import console
from cli.errors import error_reporting
from cli.mesh_connection import connect_to_mesh
from cli.options import Form, Home, PortAddress
from cli.repository import ROOT

EXAMPLES = """Examples:\n
\b
  ./interline versions bookings.revenue
  ./interline versions bookings.revenue --all           with those a rollback left aside
  ./interline versions bookings.revenue --format json   with runs and parents
\n
Exit codes: 0 done · 1 there is no such port, nothing was published, or nothing is up.
"""


def versions(
    port: PortAddress,
    every: Annotated[
        bool, typer.Option("--all", help="Also the snapshots that a rollback has left aside.")
    ] = False,
    form: Form = "text",
    home: Home = None,
) -> None:
    """List a port's snapshots, newest first: their data day, and what each added and removed."""
    with error_reporting(), connect_to_mesh(home):
        from interline.publication.port_snapshots import PortSnapshots

        found = PortSnapshots(ROOT, port).snapshots()
    shown = [snapshot for snapshot in found if every or snapshot.in_line or form == "json"]
    if form == "json":
        typer.echo(json.dumps([snapshot.as_json() for snapshot in shown], indent=1))
        return

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("snapshot", "committed (UTC)", "data day", "+rows", "-rows", "rows", ""):
        table.add_column(heading, justify="right" if "rows" in heading else "left", no_wrap=True)
    for snapshot in shown:
        state = "current" if snapshot.current else "" if snapshot.in_line else "left"
        counts = (_count(number) for number in (snapshot.rows_added, snapshot.rows_removed, snapshot.rows))
        day = snapshot.data_day or snapshot.operation
        table.add_row(
            str(snapshot.snapshot_id), f"{snapshot.committed_at:%m-%d %H:%M:%S}", day, *counts, state
        )
    screen = console()
    screen.print(table)
    left = len(found) - len(shown)
    if left:
        screen.print(f"{left} more, left aside by a rollback: --all")


def _count(number: int | None) -> str:
    return "?" if number is None else str(number)
