"""`./interline up`: Airflow's UI and the local AWS, until `down`."""

from __future__ import annotations

from cli.console import console
from cli.errors import error_reporting
from cli.options import Home, Port
from cli.repository import HOME, ROOT
from interline.contracts import load_domains
from local.mesh.home import Home as MeshHome
from local.mesh.signals import interruptible, uninterrupted

EXAMPLES = """Examples:\n
\b
  ./interline up                  prints the address; open it in a browser
  ./interline up --port 8080      at a port of your choice
  ./interline run                 in the meantime: uses what is up
  ./interline down                stops everything
"""

_READING_SECONDS = 15
"""A changed DAG file shows in the UI after this long at most."""


def up(home: Home = None, port: Port = None) -> None:
    """Start the local AWS and Airflow, print the UI's address, and leave them running."""
    with error_reporting():
        from local.mesh.servers import Servers

        mesh_home = MeshHome((home or HOME).resolve())
        domains = load_domains(ROOT)
        mesh_home.make()
        screen = console()
        with interruptible(), mesh_home.alone("up"):
            servers = Servers(
                ROOT,
                mesh_home,
                port=port,
                domains=domains,
                say=screen.print,
                reading_seconds=_READING_SECONDS,
            )
            try:
                with screen.status("starting"):
                    _aws, airflow = servers.start(lambda _aws: None)
            except BaseException:
                with uninterrupted():
                    servers.stop()
                raise
    screen.print(
        f"\nAirflow's UI: [bold]{airflow.url}[/bold]   (no password: who opens it is the administrator)"
    )
    screen.print("Stop everything with ./interline down")
