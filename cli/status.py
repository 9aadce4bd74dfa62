"""`./interline status`: what runs, where, and what the last run brought."""

from __future__ import annotations

from cli.console import console
from cli.errors import told
from cli.options import Home
from cli.repository import HOME

EXAMPLES = """Examples:\n
\b
  ./interline status
  ./interline status --home /tmp/other
"""


def status(home: Home = None) -> None:
    """Say what is running, at which address, and the last data day of every product."""
    with told():
        from rich.table import Table

        from local.airflow import airflow, aws, processes
        from local.airflow.home import Home as MeshHome
        from local.airflow.home import read_json

        mesh_home = MeshHome((home or HOME).resolve())
        screen = console()
        servers = processes.running(mesh_home)
        if not servers:
            screen.print("Nothing is running.")
        else:
            table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
            for column in ("server", "process", "address"):
                table.add_column(column)
            found_aws, found_airflow = aws.find(mesh_home), airflow.find(mesh_home)
            for server in servers:
                address = ""
                if server.name == aws.NAME and found_aws is not None:
                    address = found_aws.endpoint
                elif server.name == "api-server" and found_airflow is not None:
                    address = found_airflow.url
                table.add_row(server.name, str(server.pid), address)
            screen.print(table)
        holder = mesh_home.holder()
        if holder:
            screen.print(f"In use by {holder}.")
        last = read_json(mesh_home.last_run_file)
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
