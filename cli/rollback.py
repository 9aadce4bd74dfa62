"""`./interline rollback`: an earlier snapshot of a port made current again."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import exits
from cli.console import console
from cli.errors import error_reporting
from cli.mesh_connection import connect_to_mesh
from cli.options import Form, Home, PortAddress, Yes, confirmed
from cli.repository import ROOT

if TYPE_CHECKING:
    from local.mesh.rest import Rest

EXAMPLES = """Examples:\n
\b
  ./interline versions bookings.revenue                  which there are
  ./interline rollback bookings.revenue --to previous    shows the plan, asks
  ./interline rollback bookings.revenue --to 6160527345226471034 --yes
  ./interline rollback bookings.revenue --to previous --plan --format json
\n
Exit codes: 0 done, or nothing to do · 1 no such snapshot, or the run failed ·
2 wrong usage, or not agreed to.
"""
DAG = "platform.rollback"
_SECONDS = 300


def rollback(
    port: PortAddress,
    to: Annotated[
        str,
        typer.Option("--to", metavar="SNAPSHOT", help="A snapshot's id, or `previous`.", show_default=False),
    ],
    plan_only: Annotated[bool, typer.Option("--plan", help="Print the plan and change nothing.")] = False,
    yes: Yes = False,
    form: Form = "text",
    home: Home = None,
) -> None:
    """Make an earlier snapshot of a port current again; its consumers run again for the days that change.

    Only metadata is written, by Airflow's DAG platform.rollback, so it takes seconds whatever the size. Nothing is lost: the
    newer snapshots stay until retention takes them, and `--to` one of them goes forth again.
    """
    with error_reporting(), connect_to_mesh(home) as connection:
        from interline.publication.port_snapshots import PortSnapshots

        plan = PortSnapshots(ROOT, port).plan_rollback(to)
        if form == "json":
            typer.echo(json.dumps(plan.as_json(), indent=1))
        else:
            for line in plan.lines():
                console().print(line, markup=False, soft_wrap=True)
        if plan.nothing_to_do or plan_only:
            return
        with connection.rest() as rest:
            if not confirmed(yes, "Go back to this snapshot?"):
                raise typer.Exit(exits.USAGE)
            state = _run(rest, port, str(plan.target))
    said = "done" if state == "success" else f"{DAG} ended as {state}; its log in Airflow's UI says why"
    console(stderr=form == "json").print(said, soft_wrap=True)
    raise typer.Exit(exits.OK if state == "success" else exits.FAILED)


def _run(rest: Rest, port: str, target: str) -> str:
    known: dict[str, Any] = rest.dags()
    if DAG not in known:
        console(stderr=True).print(f"interline: Airflow knows no DAG {DAG}: does dags/platform/ load?")
        raise typer.Exit(exits.FAILED)
    if known[DAG]["is_paused"]:
        rest.set_paused(DAG, False)
    name = f"rollback__{port}__{target}__{time.time_ns()}"
    rest.trigger(DAG, name, {"port": port, "to": target}, "by ./interline rollback")
    end = time.monotonic() + _SECONDS
    state = "queued"
    while state in ("queued", "running") and time.monotonic() < end:
        time.sleep(0.5)
        state = rest.run_state(DAG, name)
    return state
