"""Printing the report and the proof; the report fits 80 columns by moving the readers below it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from local.mesh.access_proof import Evidence
from local.mesh.report import ProductReport
from local.mesh.tracking import SUCCESS

_WIDE = 130


def print_report(console: Console, reports: Sequence[ProductReport]) -> None:
    """One line for each product."""
    wide = console.width >= _WIDE
    # the line under the heading costs a column between any two
    box = SIMPLE_HEAD if wide else None
    table = Table(box=box, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
    table.add_column("product", no_wrap=True)
    if wide:
        table.add_column("domain", no_wrap=True)
    for numeric in ("rows", "quarantined", "released", "checks"):
        table.add_column(numeric, justify="right", no_wrap=True)
    table.add_column("version", no_wrap=True)
    table.add_column("fresh to", no_wrap=True)
    if wide:
        table.add_column("who may read it")
    for report in reports:
        address = f"[green]{report.address}[/]" if report.state == SUCCESS else f"[red]{report.address}[/]"
        version = str(report.version) if report.version is not None else "none"
        cells = [
            _number(report.rows),
            _number(report.quarantined),
            _number(report.released),
            "?" if report.checks is None else f"{report.checks_passed}/{report.checks}",
            version if wide else version[:7],
            report.newest_day or report.state,
        ]
        if wide:
            table.add_row(address, report.domain, *cells, _readers(report))
        else:
            table.add_row(address, *cells)
    console.print()
    console.print(table)
    if not wide:
        console.print("\n[bold]who may read it[/bold]")
        for report in reports:
            console.print(f"  {report.address}: {_readers(report)}")
    for report in reports:
        if report.problem:
            console.print(f"[red]{report.address}[/red]: {escape(report.problem)}", soft_wrap=True)


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"


def _readers(report: ProductReport) -> str:
    return escape(", ".join([report.domain, *report.readers]))


def print_proof(console: Console, evidence: Sequence[Evidence]) -> None:
    """Each query, who ran it, and what AWS answered."""
    if not evidence:
        return
    console.print("\n[bold]Proof[/bold]  (Athena, each query in the account of the role that asks)")
    for entry in evidence:
        mark = "[green]✓[/green]" if entry.as_expected else "[bold red]✗[/bold red]"
        console.print(f"{mark} {entry.outcome}: {escape(entry.who)}", soft_wrap=True)
        console.print(f"    {escape(entry.sql)}", soft_wrap=True)
        console.print(f"    [dim]→ {escape(entry.said)}[/dim]", soft_wrap=True)
