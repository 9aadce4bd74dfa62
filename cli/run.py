"""`./interline run`: the whole mesh, from landing to the table."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cli import exits
from cli.console import console
from cli.errors import error_reporting
from cli.options import Home, Port, data_day
from cli.repository import HOME, ROOT
from local.mesh.home import Home as MeshHome

EXAMPLES = """Examples:\n
\b
  ./interline run                              three data days, all domains
  ./interline run --domain bookings --days 1   one domain and what it reads
  ./interline run --from 2013-01-05 --to 2013-01-08
  ./interline run --scale 10                   ten times the events
  ./interline run --input mine                 your own landing files, such as
               mine/bookings/booking_events/dt=2013-01-01/events.jsonl
"""


def run(
    days: Annotated[
        int | None,
        typer.Option("--days", min=1, max=365, help="How many data days; 3 if left out.", show_default=False),
    ] = None,
    first: Annotated[
        date | None,
        typer.Option("--from", parser=data_day, metavar="DAY", help="First data day.", show_default=False),
    ] = None,
    last: Annotated[
        date | None,
        typer.Option("--to", parser=data_day, metavar="DAY", help="Last data day.", show_default=False),
    ] = None,
    scale: Annotated[
        float, typer.Option("--scale", min=0.001, help="Size of the input: 1 is 50,000 searches a day.")
    ] = 1.0,
    domain: Annotated[
        list[str] | None,
        typer.Option(
            "--domain", help="Only this domain and what it reads; may be repeated.", show_default=False
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Another seed is another input.", show_default=False)
    ] = None,
    input_folder: Annotated[
        Path | None,
        typer.Option(
            "--input", help="Folder with landing files that replace generated ones.", show_default=False
        ),
    ] = None,
    home: Home = None,
    port: Port = None,
) -> None:
    """Land input, run every domain's products, and print what they now hold.

    Starts the local AWS and Airflow if they do not run. Airflow ends with the run; the local AWS stays, with all data, until `down`. The same days run again give the same result.
    """
    with error_reporting():
        from local.mesh.run import Options
        from local.mesh.run import run as run_mesh
        from local.source_systems import SEED

        options = Options(
            root=ROOT,
            home=MeshHome((home or HOME).resolve()),
            domains=tuple(domain or ()),
            days=days,
            first_day=first,
            last_day=last,
            seed=SEED if seed is None else seed,
            scale=scale,
            input_folder=input_folder,
            port=port,
        )
        succeeded = run_mesh(options, console())
    raise typer.Exit(exits.OK if succeeded else exits.FAILED)
