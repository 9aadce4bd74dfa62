"""`./interline dbt`: dbt itself on one product, with its contract as model contract and tests."""

from __future__ import annotations

import subprocess
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cli import exits
from cli.console import console
from cli.errors import error_reporting
from cli.mesh_connection import connect_to_mesh
from cli.options import Home, PortAddress, data_day
from cli.repository import ROOT
from interline.build.dbt_project import DbtProjectError, write_project
from interline.contracts import load_product
from local.mesh.dbt import dbt_executable

EXAMPLES = """Examples:\n
\b
  ./interline dbt bookings.revenue --day 2013-01-02
  ./interline dbt bookings.revenue --day 2013-01-02 compile
  ./interline dbt bookings.revenue --day 2013-01-02 show --select revenue
\n
Exit codes: 0 dbt ended well · 1 a test or model failed, or nothing is up.
"""


def dbt(
    port: PortAddress,
    day: Annotated[
        date,
        typer.Option(
            "--day", parser=data_day, metavar="YYYY-MM-DD", help="The data day.", show_default=False
        ),
    ],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DBT]...", help="What dbt is to do: its command and options."),
    ] = None,
    home: Home = None,
) -> None:
    """Run dbt on a product as build does; without words, the contract's rules as dbt tests."""
    with (
        error_reporting(),
        connect_to_mesh(home),
        tempfile.TemporaryDirectory(prefix=f"dbt-{port.replace('/', '-')}-") as name,
    ):
        code = _run(port, day, words or ["test"], Path(name) / "project")
    if code != 0:
        raise typer.Exit(exits.FAILED)


def _run(address: str, day: date, words: list[str], folder: Path) -> int:
    from interline.airflow.operators.dbt_build import DbtBuildOperator

    product = load_product(ROOT, address)
    try:
        write_project(product, ROOT, folder, tests=True)
    except (DbtProjectError, ValueError) as error:
        console(stderr=True).print(f"interline: {error}", markup=False, soft_wrap=True)
        return exits.FAILED
    build = DbtBuildOperator(
        task_id="dbt",
        address=address,
        root=ROOT,
        data_day=day.isoformat(),
        aws_conn_id=f"aws_{product.domain.name}",
        region_name=product.domain.region,
    )
    command = [str(dbt_executable()), "--no-version-check", *words, f"--project-dir={folder}"]
    return subprocess.run(
        [*command, f"--target-path={folder / 'target'}", f"--log-path={folder / 'logs'}"],
        cwd=folder,
        env=build.environment(folder, day.isoformat()),
        check=False,
    ).returncode
