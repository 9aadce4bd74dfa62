"""`./interline replay`: data days of a product run again, and with them those who read it."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated

import typer

from cli import exits
from cli.console import console
from cli.errors import error_reporting
from cli.mesh_connection import connect_to_mesh
from cli.options import Form, Home, PortAddress, Yes, confirmed, data_day
from cli.repository import ROOT
from interline.publication.consumers import following, inputs_of_all
from interline.publication.errors import NoSuchPort
from interline.publication.replay import days_between, plan_replay

EXAMPLES = """Examples:\n
\b
  ./interline replay bookings.revenue --from 2013-01-01 --to 2013-01-03
  ./interline replay bookings.reservations --from 2013-01-02 --plan
  ./interline replay shopping.searches --from 2013-01-02 --yes
\n
Exit codes: 0 every run succeeded · 1 one did not, or Airflow would not run it ·
2 wrong usage, or not agreed to.
"""


def replay(
    port: PortAddress,
    first: Annotated[
        date,
        typer.Option("--from", parser=data_day, metavar="DAY", help="First data day.", show_default=False),
    ],
    last: Annotated[
        date | None,
        typer.Option("--to", parser=data_day, metavar="DAY", help="Last data day; the first if left out."),
    ] = None,
    plan_only: Annotated[bool, typer.Option("--plan", help="Print the plan and run nothing.")] = False,
    yes: Yes = False,
    form: Form = "text",
    home: Home = None,
) -> None:
    """Run data days of a product again, by an Airflow backfill; consumers follow, transitively.

    The same input gives the same rows, so a replay after a repaired model or input changes exactly what was wrong.
    """
    with error_reporting(), connect_to_mesh(home) as connection, connection.rest() as rest:
        from interline.publication.port_snapshots import PortSnapshots
        from local.mesh.replay import Replay, days_ran, require_unpaused, usual_seconds

        replayed = PortSnapshots(ROOT, port)
        inputs = inputs_of_all(ROOT)
        requested = days_between(first, last or first)
        readers = [consumer.address for consumer in following(inputs, [port])]

        def published_days(of: PortSnapshots) -> list[str]:
            try:
                return [v.data_day for v in of.snapshots() if v.in_line and v.data_day]
            except NoSuchPort:
                return []

        published = published_days(replayed)
        states = {
            reader: published_days(found)
            for reader in readers
            if not (found := PortSnapshots(ROOT, reader)).product.contract.keeps_history
        }
        known = [day for each in (published, *states.values()) for day in each]
        days = days_between(first, max([last or first, *map(date.fromisoformat, known)]))
        plan = plan_replay(
            port,
            requested,
            inputs,
            keeps_history=replayed.product.contract.keeps_history,
            published=published,
            ran=days_ran(rest, readers, days),
            seconds=usual_seconds(rest, [port, *readers]),
            states=states,
        )
        if form == "json":
            typer.echo(json.dumps(plan.as_json(), indent=1))
        else:
            for line in plan.lines():
                console().print(line, markup=False, soft_wrap=True)
        if plan_only:
            return
        require_unpaused(rest, plan)
        if not confirmed(yes, f"Run {plan.runs} data days of {len(plan.reruns)} products again?"):
            raise typer.Exit(exits.USAGE)
        screen = console(stderr=form == "json")
        work = Replay(
            rest,
            plan,
            lambda line: screen.print(line, markup=False, soft_wrap=True),
            backfill=not replayed.product.inputs,
        )
        succeeded = work.run()
    screen.print("Every run succeeded." if succeeded else "Not every run succeeded; see Airflow's UI.")
    raise typer.Exit(exits.OK if succeeded else exits.FAILED)
