"""`./interline status`: what runs, what the last run brought, and each port's age against its promise."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from cli import exits
from cli.console import console
from cli.errors import error_reporting
from cli.mesh_connection import NothingUpError, connect_to_mesh
from cli.options import Form, Home
from cli.repository import HOME, ROOT
from interline.contracts import load_mesh, read_mesh
from interline.scheduling.airflow_state import find_missed_days, pending_runs
from interline.sla.lateness import service_levels, when_all_is_due
from interline.sla.promises import format_duration
from local.mesh import aws, processes
from local.mesh.home import Home as MeshHome
from local.mesh.home import read_json

if TYPE_CHECKING:
    from rich.console import Console

    from interline.scheduling.missed_days import MissedDay
    from interline.sla.lateness import PortLevel
    from local.mesh.home import Home as MeshHome

EXAMPLES = """Examples:\n
\b
  ./interline status
  ./interline status --home /tmp/other
  ./interline status --strict              exit code 1 when a port is late
  ./interline status --now 2013-01-04T06:00 --format json
\n
A late port is told once, with everybody who waits for it. A consumer that has not run for a day that all of its
inputs have published is named with the reason, while Airflow is up. Exit codes: 0 done · 1 with --strict, a port is late or
could not be asked · 2 wrong usage.
"""


def moment(text: str) -> datetime:
    """A moment as YYYY-MM-DDTHH:MM, in UTC unless it says otherwise."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no moment: write YYYY-MM-DDTHH:MM, in UTC") from None
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)


def status(
    home: Home = None,
    now: Annotated[
        datetime | None,
        typer.Option(
            "--now",
            parser=moment,
            metavar="MOMENT",
            help="Judge as of this moment, UTC. On AWS it is now if left out; here, where the days are of long ago, "
            "an hour after the newest data day is due.",
            show_default=False,
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 when a port is late or could not be asked.")
    ] = False,
    form: Form = "text",
) -> None:
    """Say what is running, what the last run brought, and each port's age against its promise."""
    with error_reporting():
        mesh_home = MeshHome((home or HOME).resolve())
        servers = _servers(mesh_home)
        last = read_json(mesh_home.last_run_file)
        as_of, levels, problems = _levels(mesh_home.path, now)
        missed = _missed_days(mesh_home)
    if form == "json":
        content = {
            "running": servers,
            "in_use_by": mesh_home.holder(),
            "last_run": last,
            "as_of": as_of and as_of.isoformat(),
            "ports": [level.as_json() for level in levels],
            "not_asked": problems,
            "missed": [each.as_json() for each in missed],
        }
        typer.echo(json.dumps(content, indent=1))
    else:
        screen = console()
        _print_servers(screen, servers, mesh_home.holder())
        _print_last_run(screen, last)
        if as_of is not None:
            _print_levels(screen, as_of, levels, problems)
        for each in missed:
            screen.print(f"[bold red]MISSED[/] {each}", soft_wrap=True)
    late = any(level.level == "late" for level in levels)
    raise typer.Exit(exits.FAILED if strict and (late or problems) else exits.OK)


def _servers(mesh_home: MeshHome) -> list[dict[str, Any]]:
    from local.mesh import airflow_servers

    found_aws, found_airflow = aws.find(mesh_home), airflow_servers.find(mesh_home)
    addresses = {
        aws.NAME: found_aws.endpoint if found_aws else "",
        "api-server": found_airflow.url if found_airflow else "",
    }
    return [
        {"server": server.name, "process": server.pid, "address": addresses.get(server.name, "")}
        for server in processes.running(mesh_home)
    ]


def _levels(home: Path, now: datetime | None) -> tuple[datetime | None, list[PortLevel], dict[str, str]]:
    """The moment of judgement, the ports, and why some could not be asked; no moment when no mesh is up."""

    try:
        with connect_to_mesh(home) as connection:
            from interline.sla.newest_days import newest_days

            mesh = load_mesh(ROOT)
            own_ports = [
                address
                for address, product in mesh.products.items()
                if product.domain.name in connection.domains
            ]
            found = newest_days(ROOT, own_ports)
            newest = {entry.address: entry.day for entry in found if not entry.problem}
            local_clock = when_all_is_due(mesh, newest) if connection.local else None
            as_of = now or local_clock or datetime.now(UTC)
            problems = {entry.address: entry.problem for entry in found if entry.problem}
            return as_of, service_levels(mesh, newest, as_of), problems
    except NothingUpError:
        return None, [], {}


def _missed_days(mesh_home: MeshHome) -> list[MissedDay]:
    """The days that consumers have missed, as far as an Airflow of this home is up to tell."""
    from local.mesh import airflow_servers

    found = airflow_servers.find(mesh_home)
    if found is None:
        return []
    from local.mesh.rest import Rest

    rest = Rest(found.url)
    try:
        mesh, _problems = read_mesh(ROOT)
        return find_missed_days(rest, mesh.products, pending_runs(rest))
    finally:
        rest.close()


def _print_servers(screen: Console, servers: list[dict[str, Any]], holder: str | None) -> None:
    if not servers:
        screen.print("Nothing is running.")
    else:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for column in ("server", "process", "address"):
            table.add_column(column)
        for server in servers:
            table.add_row(server["server"], str(server["process"]), server["address"])
        screen.print(table)
    if holder:
        screen.print(f"In use by {holder}.")


def _print_last_run(screen: Console, last: dict[str, Any] | None) -> None:
    if last is None:
        screen.print("No run has ended yet.")
        return
    outcome = "succeeded" if last["succeeded"] else "failed"
    screen.print(f"\nThe last run {outcome}; it ended {last['ended']} after {last['seconds']:.0f} s.")
    products = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("product", "last day", "rows", "state"):
        products.add_column(column, justify="right" if column == "rows" else "left")
    for entry in last["products"]:
        rows = "?" if entry["rows"] is None else f"{entry['rows']:,}"
        products.add_row(entry["address"], entry["newest_day"] or "never", rows, entry["state"])
    screen.print(products)


def _print_levels(
    screen: Console, as_of: datetime, levels: list[PortLevel], problems: dict[str, str]
) -> None:
    screen.print(f"\nPorts against their promises, as of {as_of:%Y-%m-%d %H:%M} UTC:")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("port", "newest day", "age", "due within", "state"):
        table.add_column(column, justify="right" if column == "age" else "left")
    for level in levels:
        table.add_row(
            level.address,
            level.newest.isoformat() if level.newest else "never",
            "" if level.age is None else format_duration(level.age),
            format_duration(level.promise.within) if level.promise else "",
            str(level.level),
        )
    screen.print(table)
    for level in levels:
        if level.level == "late":
            screen.print(f"[bold red]{level}[/]", soft_wrap=True)
    for address, problem in problems.items():
        screen.print(f"{address} could not be asked: {problem}", markup=False, soft_wrap=True)
